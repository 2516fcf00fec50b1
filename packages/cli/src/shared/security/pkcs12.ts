/**
 * Reads PKCS#12 (RFC 7292), as keytool and openssl write it: sealed by PBES2 (AES), or by SHA-1 and triple DES as before. Node reads such a file
 * only when it has a key; trust stores have none.
 */
import { type DerValue, derValues, inside, integerOf, objectIdOf, Tag } from './der-reader.ts'
import { type KeyStore, KeyStoreError, WRONG_PASSWORD } from './key-store.ts'
import { crypto } from './lazy-crypto.ts'

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  pbeSha1TripleDes: '1.2.840.113549.1.12.1.3',
  pbeSha1Rc2: '1.2.840.113549.1.12.1.6',
} as const

const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
}

/** HMACs of PBKDF2, and digests of the check over the whole. */
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** A file may ask for any number of rounds; more than that only keeps the reader busy. */
const MAX_ITERATIONS = 5_000_000
const PURPOSE = { key: 1, iv: 2, mac: 3 } as const

interface Contents {
  readonly certificates: { readonly der: Buffer; readonly keyId: string | null }[]
  readonly keys: { readonly der: Buffer; readonly keyId: string | null }[]
}

/** Throws KeyStoreError, RangeError. */
export function readPkcs12(bytes: Buffer, password: string): KeyStore {
  const [, authSafe, mac] = inside(derValues(bytes)[0])
  const safe = plainContent(authSafe)
  if (mac !== undefined) checkMac(mac, safe, password)
  const contents: Contents = { certificates: [], keys: [] }
  for (const part of inside(derValues(safe)[0])) {
    for (const bag of inside(derValues(openPart(part, password))[0])) readBag(bag, password, contents)
  }
  const [key] = contents.keys
  if (key === undefined) return { trusted: contents.certificates.map(({ der }) => der), key: null, chain: [] }
  // The certificate of the key stands first; what is above it has no id, or one of its own.
  const own = contents.certificates.filter(({ keyId }) => keyId !== null && keyId === key.keyId)
  const rest = contents.certificates.filter((certificate) => !own.includes(certificate))
  return { trusted: rest.map(({ der }) => der), key: key.der, chain: [...own, ...rest].map(({ der }) => der) }
}

/** ContentInfo with `data` in it. */
function plainContent(part: DerValue | undefined): Buffer {
  const [type, wrapped] = inside(part)
  if (objectIdOf(type) !== OID.data) throw new KeyStoreError('it is signed, which is not supported')
  return joined(inside(wrapped)[0])
}

function openPart(part: DerValue, password: string): Buffer {
  const [type, wrapped] = inside(part)
  if (objectIdOf(type) !== OID.encryptedData) return plainContent(part)
  const [, content] = inside(inside(wrapped)[0])
  const [, algorithm, sealed] = inside(content)
  if (sealed === undefined) throw new RangeError('the content is not there')
  return unsealed(
    algorithm,
    sealed.tag === 0xa0 ? Buffer.concat(inside(sealed).map((piece) => piece.content)) : sealed.content,
    password,
  )
}

/** Octets that may come in pieces. */
function joined(value: DerValue | undefined): Buffer {
  if (value === undefined) throw new RangeError('the content is not there')
  return value.tag === Tag.octetString ? value.content : Buffer.concat(inside(value).map((piece) => piece.content))
}

function readBag(bag: DerValue, password: string, contents: Contents): void {
  const [type, wrapped, attributes] = inside(bag)
  const keyId = keyIdOf(attributes)
  const value = inside(wrapped)[0]
  switch (objectIdOf(type)) {
    case OID.certificateBag: {
      const [, certificate] = inside(value)
      contents.certificates.push({ der: joined(inside(certificate)[0]), keyId })
      return
    }
    case OID.keyBag:
      contents.keys.push({ der: value!.whole, keyId })
      return
    case OID.shroudedKeyBag: {
      const [algorithm, sealed] = inside(value)
      contents.keys.push({ der: unsealed(algorithm, joined(sealed), password), keyId })
      return
    }
    default:
  }
}

function keyIdOf(attributes: DerValue | undefined): string | null {
  if (attributes === undefined) return null
  for (const attribute of inside(attributes)) {
    const [type, values] = inside(attribute)
    if (objectIdOf(type) === OID.localKeyId) return inside(values)[0]!.content.toString('hex')
  }
  return null
}

function unsealed(algorithm: DerValue | undefined, sealed: Buffer, password: string): Buffer {
  const [type, parameters] = inside(algorithm)
  const { name, key, iv } = cipherOf(objectIdOf(type), parameters, password)
  try {
    const decipher = crypto().createDecipheriv(name, key, iv)
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch {
    throw new KeyStoreError(WRONG_PASSWORD)
  }
}

function cipherOf(type: string, parameters: DerValue | undefined, password: string) {
  switch (type) {
    case OID.pbes2: {
      const [derivation, scheme] = inside(parameters)
      const [kind, options] = inside(derivation)
      if (objectIdOf(kind) !== OID.pbkdf2)
        throw new KeyStoreError('its keys are derived in a way that is not supported')
      const [salt, iterations, ...more] = inside(options)
      const hash = more.find(({ tag }) => tag === Tag.sequence)
      const digest = hash === undefined ? 'sha1' : known(HASHES, objectIdOf(inside(hash)[0]))
      const [cipherType, iv] = inside(scheme)
      const { name, keyBytes } = known(CIPHERS, objectIdOf(cipherType))
      const key = crypto().pbkdf2Sync(
        Buffer.from(password, 'utf8'),
        salt!.content,
        rounds(iterations),
        keyBytes,
        digest,
      )
      return { name, key, iv: iv!.content }
    }
    case OID.pbeSha1TripleDes: {
      const [salt, iterations] = inside(parameters)
      const derive = (purpose: number, bytes: number) =>
        derived('sha1', { purpose, bytes, password, salt: salt!.content, iterations: rounds(iterations) })
      return { name: 'des-ede3-cbc', key: derive(PURPOSE.key, 24), iv: derive(PURPOSE.iv, 8) }
    }
    case OID.pbeSha1Rc2:
      throw new KeyStoreError(
        'it is sealed by 40 bits of RC2, which is not supported any more: make it again with `keytool -importkeystore` of a newer Java',
      )
    default:
      throw new KeyStoreError(`it is sealed by ${type}, which is not supported`)
  }
}

function checkMac(mac: DerValue, content: Buffer, password: string): void {
  const [info, salt, iterations] = inside(mac)
  const [algorithm, expected] = inside(info)
  const hash = known(HASHES, objectIdOf(inside(algorithm)[0]))
  const bytes = expected!.content.length
  const options = { purpose: PURPOSE.mac, bytes, password, salt: salt!.content }
  const key = derived(hash, { ...options, iterations: iterations === undefined ? 1 : rounds(iterations) })
  if (!crypto().createHmac(hash, key).update(content).digest().equals(expected!.content))
    throw new KeyStoreError(WRONG_PASSWORD)
}

interface Derivation {
  readonly purpose: number
  readonly bytes: number
  readonly password: string
  readonly salt: Buffer
  readonly iterations: number
}

/** RFC 7292, appendix B.2. */
function derived(hash: string, { purpose, bytes, password, salt, iterations }: Derivation): Buffer {
  const block = hash === 'sha1' || hash === 'sha256' ? 64 : 128
  const secret = Buffer.from(`${password}\0`, 'utf16le').swap16()
  let input = Buffer.concat([stretched(salt, block), stretched(secret, block)])
  const parts: Buffer[] = []
  for (let made = 0; made < bytes; made += parts.at(-1)!.length) {
    let part = crypto().createHash(hash).update(Buffer.alloc(block, purpose)).update(input).digest()
    for (let round = 1; round < iterations; round += 1) part = crypto().createHash(hash).update(part).digest()
    parts.push(part)
    input = advanced(input, stretched(part, block), block)
  }
  return Buffer.concat(parts).subarray(0, bytes)
}

/** Repeated up to a multiple of the block. */
function stretched(bytes: Buffer, block: number): Buffer {
  const length = Math.ceil(bytes.length / block) * block
  const result = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1) result[at] = bytes[at % bytes.length]!
  return result
}

/** Adds `step` + 1 to each block, as a number. */
function advanced(input: Buffer, step: Buffer, block: number): Buffer<ArrayBuffer> {
  const result = Buffer.from(input)
  for (let start = 0; start < result.length; start += block) {
    let carry = 1
    for (let at = block - 1; at >= 0; at -= 1) {
      carry += result[start + at]! + step[at]!
      result[start + at] = carry & 0xff
      carry >>= 8
    }
  }
  return result
}

function rounds(value: DerValue | undefined): number {
  const iterations = integerOf(value)
  if (iterations > MAX_ITERATIONS) throw new KeyStoreError(`it asks for ${iterations} iterations`)
  return iterations
}

function known<T>(table: Readonly<Record<string, T>>, type: string): T {
  const found = table[type]
  if (found === undefined) throw new KeyStoreError(`it uses ${type}, which is not supported`)
  return found
}
