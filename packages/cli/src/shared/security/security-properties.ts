/** Kafka's security.*, ssl.* and sasl.* properties as options of the client. */
import { resolve } from 'node:path'
import type { KafkaOptions, SaslOptions, TlsOptions } from '@ottla/client'
import type { Io } from '../../io.ts'
import { ToolError } from '../../options/usage-error.ts'
import type { Properties } from '../client-properties.ts'
import { type KeyStore, KeyStoreError, pemOf, readKeyStore } from './key-store.ts'
import { saslOptions } from './sasl-properties.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const PROTOCOLS = ['PLAINTEXT', 'SASL_PLAINTEXT', 'SASL_SSL', 'SSL']
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

/** Throws ToolError for what cannot be met. */
export function securityOptions(properties: Properties, io: Io): Pick<KafkaOptions, 'tls' | 'sasl'> {
  const given = properties.get('security.protocol') ?? 'PLAINTEXT'
  const protocol = given.toUpperCase()
  if (!PROTOCOLS.includes(protocol)) {
    const list = PROTOCOLS.join(', ')
    throw new ToolError(`Invalid value ${given} for configuration security.protocol: String must be one of: ${list}`)
  }
  const tls: TlsOptions | undefined = protocol.endsWith('SSL') ? tlsOptions(properties, io) : undefined
  const sasl: SaslOptions | undefined = protocol.startsWith('SASL') ? saslOptions(properties, io, tls) : undefined
  return { ...(tls !== undefined && { tls }), ...(sasl !== undefined && { sasl }) }
}

/** The ssl.* properties. Throws ToolError. */
export function tlsOptions(properties: Properties, io: Io): TlsOptions {
  const options: Writable<TlsOptions> = { ...trusted(properties, io), ...own(properties, io), ...versions(properties) }
  const suites = properties.get('ssl.cipher.suites')
  // OpenSSL knows the names of the standard, which are Java's, beside its own.
  if (suites !== undefined)
    options.ciphers = suites
      .split(',')
      .map((name) => name.trim())
      .join(':')
  const check = properties.get('ssl.endpoint.identification.algorithm') ?? 'https'
  if (check.trim() === '') options.verify = 'certificate'
  else if (check.toLowerCase() !== 'https') {
    throw new ToolError(`ssl.endpoint.identification.algorithm ${check} is not known, only https or the empty text`)
  }
  return options
}

function trusted(properties: Properties, io: Io): Pick<TlsOptions, 'ca'> {
  const inline = properties.get('ssl.truststore.certificates')
  if (inline !== undefined) return { ca: inline }
  const location = properties.get('ssl.truststore.location')
  if (location === undefined || location === '') return {}
  if (isPem(properties, 'ssl.truststore')) return { ca: readFile(location, io) }
  const store = openStore(location, properties.get('ssl.truststore.password'), io)
  if (store.trusted.length === 0) {
    throw new ToolError(
      `${location}: the trust store has no certificate (the trustAnchors parameter must be non-empty)`,
    )
  }
  return { ca: store.trusted.map((der) => pemOf(der, 'CERTIFICATE')) }
}

function own(properties: Properties, io: Io): Pick<TlsOptions, 'cert' | 'key' | 'passphrase'> {
  const keyPassword = properties.get('ssl.key.password')
  const passphrase = keyPassword === undefined ? {} : { passphrase: keyPassword }
  const [cert, key] = ['ssl.keystore.certificate.chain', 'ssl.keystore.key'].map((name) => properties.get(name))
  if (cert !== undefined && key !== undefined) return { cert, key, ...passphrase }
  if (cert !== undefined || key !== undefined) {
    throw new ToolError('ssl.keystore.certificate.chain and ssl.keystore.key go together')
  }
  const location = properties.get('ssl.keystore.location')
  if (location === undefined || location === '') return {}
  if (isPem(properties, 'ssl.keystore')) {
    const both = readFile(location, io)
    return { cert: both, key: both, ...passphrase }
  }
  const store = openStore(location, properties.get('ssl.keystore.password'), io, keyPassword)
  if (store.key === null) throw new ToolError(`${location}: there is no private key that the password opens`)
  return { cert: store.chain.map((der) => pemOf(der, 'CERTIFICATE')).join(''), key: pemOf(store.key, 'PRIVATE KEY') }
}

function versions(properties: Properties): Pick<TlsOptions, 'minVersion' | 'maxVersion'> {
  const enabled = properties.get('ssl.enabled.protocols')
  if (enabled === undefined) return {}
  const names = enabled.split(',').map((name) => name.trim())
  const usable = VERSIONS.filter((version) => names.includes(version))
  if (usable.length === 0)
    throw new ToolError(`ssl.enabled.protocols ${enabled}: only ${VERSIONS.join(' and ')} are there`)
  return { minVersion: usable[0]!, maxVersion: usable.at(-1)! }
}

function isPem(properties: Properties, prefix: string): boolean {
  return properties.get(`${prefix}.type`)?.toUpperCase() === 'PEM'
}

function openStore(location: string, password: string | undefined, io: Io, keyPassword?: string): KeyStore {
  const bytes = readFile(location, io)
  try {
    return readKeyStore(bytes, password, keyPassword)
  } catch (error) {
    if (error instanceof KeyStoreError) throw new ToolError(`Failed to load SSL keystore ${location}: ${error.message}`)
    throw error
  }
}

function readFile(location: string, io: Io): Buffer {
  try {
    return Buffer.from(io.env.files.readFileSync(resolve(io.workingDirectory, location)))
  } catch (error) {
    throw new ToolError(`Failed to load SSL keystore ${location}: ${(error as Error).message}`)
  }
}
