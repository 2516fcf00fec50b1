/**
 * An authority that lives as long as a test, and the certificates that it signs (X.509 v3, ECDSA on P-256). Made here and not by openssl, so
 * that tests of TLS need npm alone.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { bits, context, der, integer, objectId, octets, sequence, smallInteger, TRUE, text, time } from './der.ts'

export interface CertificateRequest {
  /** Common name of the subject. */
  readonly name: string
  /** Names and IPv4 addresses that the certificate is for. */
  readonly hosts?: readonly string[]
  /** Default: in 2020. */
  readonly notBefore?: Date
  /** Default: in 2049. */
  readonly notAfter?: Date
}

/** PEM. */
export interface IssuedCertificate {
  readonly cert: string
  /** PKCS#8. */
  readonly key: string
}

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
} as const

const LONG_AGO = new Date('2020-01-01T00:00:00Z')
const FAR_AWAY = new Date('2049-01-01T00:00:00Z')
const SIGNATURE = sequence(objectId(OID.ecdsaWithSha256))
/** Bit 5 and 6 from the left: signs certificates and revocation lists. */
const SIGNS_CERTIFICATES = bits(Buffer.from([0x06]), 1)

interface Keys {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export class CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly cert: string
  readonly #name: string
  readonly #keys: Keys
  #issued = 0

  constructor(name = 'Test Authority') {
    this.#name = name
    this.#keys = newKeys()
    const extensions = [
      extension(OID.basicConstraints, sequence(TRUE), 'critical'),
      extension(OID.keyUsage, SIGNS_CERTIFICATES, 'critical'),
      extension(OID.subjectKeyIdentifier, octets(keyIdentifier(this.#keys.publicKey))),
    ]
    this.cert = this.#sign({ name }, this.#keys.publicKey, extensions)
  }

  issue(request: CertificateRequest): IssuedCertificate {
    const keys = newKeys()
    const identifier = der(0x80, keyIdentifier(this.#keys.publicKey))
    const extensions = [
      extension(OID.basicConstraints, sequence(), 'critical'),
      extension(OID.authorityKeyIdentifier, sequence(identifier)),
      ...(request.hosts === undefined ? [] : [extension(OID.subjectAltName, alternativeNames(request.hosts))]),
    ]
    const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    return { cert: this.#sign(request, keys.publicKey, extensions), key }
  }

  #sign(request: CertificateRequest, publicKey: KeyObject, extensions: readonly Buffer[]): string {
    const { name, notBefore, notAfter } = request
    this.#issued += 1
    const serial = Buffer.from([1, this.#issued >> 8, this.#issued & 0xff])
    const content = sequence(
      context(0, smallInteger(2)),
      integer(serial),
      SIGNATURE,
      distinguishedName(this.#name),
      sequence(time(notBefore ?? LONG_AGO), time(notAfter ?? FAR_AWAY)),
      distinguishedName(name),
      publicKey.export({ type: 'spki', format: 'der' }),
      context(3, sequence(...extensions)),
    )
    const signature = sign('sha256', content, this.#keys.privateKey)
    return pem(sequence(content, SIGNATURE, bits(signature)))
  }
}

function newKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId(OID.commonName), text(commonName))))
}

function alternativeNames(hosts: readonly string[]): Buffer {
  return sequence(
    ...hosts.map((host) =>
      isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host, 'latin1')),
    ),
  )
}

function extension(id: string, value: Buffer, weight: 'critical' | 'plain' = 'plain'): Buffer {
  return sequence(objectId(id), ...(weight === 'critical' ? [TRUE] : []), octets(value))
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
