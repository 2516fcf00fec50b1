/**
 * SCRAM (RFC 5802) as Kafka speaks it: keys out of a password, and what client and server sign. Passwords are taken as UTF-8 and not
 * prepared in any other way, as in Kafka. Who exchanges the messages, and when, is not decided here.
 */
type Crypto = typeof import('node:crypto')

let loaded: Crypto | undefined

/** Loading it costs milliseconds, which a start that checks nobody does not owe. */
function crypto(): Crypto {
  loaded ??= process.getBuiltinModule('node:crypto')
  return loaded
}

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

const HASHES = {
  'SCRAM-SHA-256': { name: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { name: 'sha512', bytes: 64 },
} as const

export interface ScramKeys {
  readonly saltedPassword: Buffer
  readonly clientKey: Buffer
  /** What a server keeps to check clients. */
  readonly storedKey: Buffer
  /** What a server keeps to prove itself. */
  readonly serverKey: Buffer
}

/** The keys of a user. Slow on purpose: some ten microseconds per hundred iterations. */
export function scramKeys(
  mechanism: ScramMechanism,
  password: string,
  { salt, iterations }: { readonly salt: Uint8Array; readonly iterations: number },
): ScramKeys {
  const { name, bytes } = HASHES[mechanism]
  const saltedPassword = crypto().pbkdf2Sync(Buffer.from(password, 'utf8'), salt, iterations, bytes, name)
  return { saltedPassword, ...scramStoredKeys(mechanism, saltedPassword) }
}

/** The keys that follow from a salted password. */
export function scramStoredKeys(mechanism: ScramMechanism, saltedPassword: Buffer): Omit<ScramKeys, 'saltedPassword'> {
  const clientKey = hmac(mechanism, saltedPassword, 'Client Key')
  const storedKey = crypto().createHash(HASHES[mechanism].name).update(clientKey).digest()
  return { clientKey, storedKey, serverKey: hmac(mechanism, saltedPassword, 'Server Key') }
}

/** What both sides sign: the client's first message without its GS2 header, the server's first, the client's last without its proof. */
export function scramAuthMessage(
  clientFirstBare: string,
  serverFirst: string,
  clientFinalWithoutProof: string,
): string {
  return `${clientFirstBare},${serverFirst},${clientFinalWithoutProof}`
}

/** How a client proves that it knows the password. */
export function scramClientProof(mechanism: ScramMechanism, keys: ScramKeys, authMessage: string): Buffer {
  return xor(keys.clientKey, hmac(mechanism, keys.storedKey, authMessage))
}

/** Whether the proof belongs to the stored key. Takes the same time whatever the proof is. */
export function isScramProofOf(
  mechanism: ScramMechanism,
  storedKey: Buffer,
  { proof, authMessage }: { readonly proof: Buffer; readonly authMessage: string },
): boolean {
  if (proof.length !== storedKey.length) return false
  const clientKey = xor(proof, hmac(mechanism, storedKey, authMessage))
  return crypto().timingSafeEqual(crypto().createHash(HASHES[mechanism].name).update(clientKey).digest(), storedKey)
}

/** How a server proves that it has the user's key. */
export function scramServerSignature(mechanism: ScramMechanism, serverKey: Buffer, authMessage: string): Buffer {
  return hmac(mechanism, serverKey, authMessage)
}

/** A user's name as it stands in a message. */
export function scramName(user: string): string {
  return user.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

function hmac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return crypto().createHmac(HASHES[mechanism].name, key).update(text, 'utf8').digest()
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)))
}
