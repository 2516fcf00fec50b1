/** Kafka's sasl.* properties, and Java's login configuration, as options of the client. */
import { resolve } from 'node:path'
import type { OauthClientCredentials, OauthToken, SaslOptions, TlsOptions } from '@ottla/client'
import type { Io } from '../../io.ts'
import { ToolError } from '../../options/usage-error.ts'
import type { Properties } from '../client-properties.ts'
import { type LoginModule, parseJaasConfig, parseJaasFile } from './jaas.ts'

const EXTENSION = 'extension_'
const STRING_CLAIM = 'unsecuredLoginStringClaim_'
const DEFAULT_LIFETIME_S = 3600

/** Throws ToolError for what cannot be met. */
export function saslOptions(properties: Properties, io: Io, tls: TlsOptions | undefined): SaslOptions {
  const mechanism = properties.get('sasl.mechanism') ?? 'GSSAPI'
  switch (mechanism) {
    case 'PLAIN': {
      const login = loginModule(properties, io)
      return { mechanism, username: required(login, 'username'), password: required(login, 'password') }
    }
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512': {
      const login = loginModule(properties, io)
      const [username, password] = [required(login, 'username'), required(login, 'password')]
      if (login.options.get('tokenauth')?.toLowerCase() !== 'true') return { mechanism, username, password }
      return { mechanism, delegationToken: { tokenId: username, hmac: Buffer.from(password, 'base64') } }
    }
    case 'OAUTHBEARER':
      return oauthOptions(properties, io, tls)
    default:
      throw new ToolError(
        `sasl.mechanism ${mechanism} is not supported, only PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER`,
      )
  }
}

function loginModule(properties: Properties, io: Io): LoginModule {
  const inline = properties.get('sasl.jaas.config')
  if (inline !== undefined) return parseJaasConfig(inline)
  const file = /-Djava\.security\.auth\.login\.config=(\S+)/.exec(io.variables['KAFKA_OPTS'] ?? '')?.[1]
  if (file === undefined) {
    throw new ToolError(
      "Could not find a 'KafkaClient' entry in the JAAS configuration. System property 'java.security.auth.login.config' is not set",
    )
  }
  return parseJaasFile(readText(file, io), 'KafkaClient')
}

function required({ options, name }: LoginModule, key: string): string {
  const value = options.get(key)
  if (value === undefined) throw new ToolError(`${key} is not in the options of ${name} in the JAAS configuration`)
  return value
}

function oauthOptions(properties: Properties, io: Io, tls: TlsOptions | undefined): SaslOptions {
  const mechanism = 'OAUTHBEARER'
  const url = properties.get('sasl.oauthbearer.token.endpoint.url')
  const hasLogin = properties.has('sasl.jaas.config') || (io.variables['KAFKA_OPTS'] ?? '').includes('login.config')
  const login = hasLogin ? loginModule(properties, io).options : new Map<string, string>()
  const extensions = extensionsOf(login)
  if (url === undefined) return { mechanism, token: unsecuredToken(login, extensions, io) }
  if (url.startsWith('file:')) {
    return { mechanism, token: async () => ({ value: readText(new URL(url).pathname, io).trim(), ...extensions }) }
  }
  const clientId = properties.get('sasl.oauthbearer.client.credentials.client.id') ?? login.get('clientId')
  const clientSecret = properties.get('sasl.oauthbearer.client.credentials.client.secret') ?? login.get('clientSecret')
  if (clientId === undefined || clientSecret === undefined) {
    throw new ToolError('The OAuth login needs sasl.oauthbearer.client.credentials.client.id and …client.secret')
  }
  const scope = properties.get('sasl.oauthbearer.scope') ?? login.get('scope')
  const clientCredentials: OauthClientCredentials = {
    tokenEndpoint: url,
    clientId,
    clientSecret,
    authentication: properties.get('sasl.oauthbearer.header.urlencode') === 'true' ? 'basic' : 'basic-unencoded',
    ...(scope !== undefined && { scope }),
    ...(tls !== undefined && { tls: withoutOwn(tls) }),
    ...extensions,
  }
  return { mechanism, clientCredentials }
}

/** For the token endpoint: whom to trust is the same, who the client is to brokers is not said. */
function withoutOwn({ cert: _cert, key: _key, passphrase: _passphrase, ...trust }: TlsOptions): TlsOptions {
  return trust
}

function extensionsOf(login: ReadonlyMap<string, string>): Pick<OauthToken, 'extensions'> {
  const pairs = [...login].filter(([name]) => name.startsWith(EXTENSION))
  if (pairs.length === 0) return {}
  return { extensions: Object.fromEntries(pairs.map(([name, value]) => [name.slice(EXTENSION.length), value])) }
}

/** Nobody has signed it: for trying things out, as in Kafka. */
function unsecuredToken(
  login: ReadonlyMap<string, string>,
  extensions: Pick<OauthToken, 'extensions'>,
  { env }: Io,
): () => Promise<OauthToken> {
  const claims = [...login].filter(([name]) => name.startsWith(STRING_CLAIM))
  if (!claims.some(([name]) => name === `${STRING_CLAIM}sub`)) {
    throw new ToolError(
      'OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url, or unsecuredLoginStringClaim_sub in sasl.jaas.config',
    )
  }
  const lifetimeS = Number(login.get('unsecuredLoginLifetimeSeconds') ?? DEFAULT_LIFETIME_S)
  return async () => {
    const nowS = env.clock.now() / 1000
    const texts = Object.fromEntries(claims.map(([name, value]) => [name.slice(STRING_CLAIM.length), value]))
    const body = { ...texts, iat: nowS, exp: nowS + lifetimeS }
    const value = `${base64url({ alg: 'none' })}.${base64url(body)}.`
    return { value, lifetimeMs: lifetimeS * 1000, ...extensions }
  }
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function readText(path: string, io: Io): string {
  try {
    return io.env.files.readFileSync(resolve(io.workingDirectory, path)).toString('utf8')
  } catch (error) {
    throw new ToolError(`${path}: ${(error as Error).message}`)
  }
}
