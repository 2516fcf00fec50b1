/** Java's own key store format (JKS, version 2): certificates as they are, private keys under Sun's protection. */
import { derValues, inside, Tag } from './der-reader.ts'
import { type KeyStore, KeyStoreError, WRONG_PASSWORD } from './key-store.ts'
import { crypto } from './lazy-crypto.ts'

const MAGIC = 0xfeedfeed
const KEY_ENTRY = 1
const CERTIFICATE_ENTRY = 2
const SHA1_BYTES = 20
/** Stands between the password and the content when they are digested. */
const WHITENER = Buffer.from('Mighty Aphrodite', 'utf8')

export function isJavaKeyStore(bytes: Buffer): boolean {
  return bytes.length > 12 && bytes.readUInt32BE(0) === MAGIC
}

/** Without a password nothing is checked, as in Java, and keys cannot be read. Throws KeyStoreError, RangeError. */
export function readJavaKeyStore(bytes: Buffer, password: string | undefined, keyPassword = password): KeyStore {
  const content = bytes.subarray(0, -SHA1_BYTES)
  if (password !== undefined) {
    const digest = crypto().createHash('sha1').update(utf16(password)).update(WHITENER).update(content).digest()
    if (!digest.equals(bytes.subarray(-SHA1_BYTES))) throw new KeyStoreError(WRONG_PASSWORD)
  }
  if (content.readUInt32BE(4) !== 2) throw new KeyStoreError('only version 2 of JKS is known')
  const trusted: Buffer[] = []
  let key: Buffer | null = null
  let chain: Buffer[] = []
  const cursor = new Cursor(content, 12)
  for (let left = content.readUInt32BE(8); left > 0; left -= 1) {
    const kind = cursor.uint32()
    cursor.text()
    cursor.skip(8)
    if (kind === CERTIFICATE_ENTRY) trusted.push(certificate(cursor))
    else if (kind === KEY_ENTRY) {
      const isFirst = key === null && keyPassword !== undefined
      const sealed = cursor.bytes(cursor.uint32())
      if (isFirst) key = unsealed(sealed, keyPassword)
      const certificates: Buffer[] = []
      for (let count = cursor.uint32(); count > 0; count -= 1) certificates.push(certificate(cursor))
      if (isFirst) chain = certificates
    } else throw new KeyStoreError(`an entry of kind ${kind} is not known`)
  }
  return { trusted, key, chain }
}

function certificate(cursor: Cursor): Buffer {
  cursor.text()
  return cursor.bytes(cursor.uint32())
}

/** The private key (PKCS#8) out of salt, the key combined with digests that follow from the password, and a check. */
function unsealed(sealed: Buffer, password: string): Buffer {
  const [, data] = inside(derValues(sealed)[0])
  if (data?.tag !== Tag.octetString) throw new RangeError('a key is not there')
  const secret = utf16(password)
  let digest: Buffer = data.content.subarray(0, SHA1_BYTES)
  const covered = data.content.subarray(SHA1_BYTES, -SHA1_BYTES)
  const key = Buffer.alloc(covered.length)
  for (let at = 0; at < covered.length; at += 1) {
    if (at % SHA1_BYTES === 0) digest = crypto().createHash('sha1').update(secret).update(digest).digest()
    key[at] = covered[at]! ^ digest[at % SHA1_BYTES]!
  }
  const check = crypto().createHash('sha1').update(secret).update(key).digest()
  if (!check.equals(data.content.subarray(-SHA1_BYTES))) throw new KeyStoreError('the password of the key is wrong')
  return key
}

function utf16(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16()
}

class Cursor {
  readonly #content: Buffer
  #at: number

  constructor(content: Buffer, at: number) {
    this.#content = content
    this.#at = at
  }

  uint32(): number {
    const value = this.#content.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  bytes(count: number): Buffer {
    if (this.#at + count > this.#content.length) throw new RangeError('an entry is cut off')
    this.#at += count
    return this.#content.subarray(this.#at - count, this.#at)
  }

  text(): void {
    this.skip(2 + this.#content.readUInt16BE(this.#at))
  }

  skip(count: number): void {
    this.bytes(count)
  }
}
