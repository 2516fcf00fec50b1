/**
 * Uuids: 16 bytes on the wire, 22 characters of base64url in memory, as Kafka prints them.
 *
 * A broker meets the same few thousand topic ids over and over. Reading one twice gives the same string out of a small direct-mapped
 * table: no allocation, and a string whose hash is known already when it is looked up in a map.
 */

import { ProtocolError } from './protocol-error.ts'

/** The uuid of sixteen zero bytes: "none" wherever Kafka has a uuid. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

export const UUID_BYTES = 16

const UUID_CHARACTERS = 22
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const NOT_BASE64 = 64
const TABLE_BITS = 11

let sextets: Uint8Array | undefined
let seenWords: Int32Array | undefined
let seenStrings: string[] | undefined

/** Reads 16 bytes at `position`, which the caller has checked to be there. */
export function readUuid(view: DataView, position: number): string {
  const a = view.getInt32(position)
  const b = view.getInt32(position + 4)
  const c = view.getInt32(position + 8)
  const d = view.getInt32(position + 12)
  if ((a | b | c | d) === 0) return ZERO_UUID
  seenWords ??= new Int32Array(4 << TABLE_BITS)
  seenStrings ??= new Array<string>(1 << TABLE_BITS).fill('')
  const slot = Math.imul(a ^ b ^ c ^ d, 0x9e37_79b1) >>> (32 - TABLE_BITS)
  const at = slot * 4
  if (seenWords[at] === a && seenWords[at + 1] === b && seenWords[at + 2] === c && seenWords[at + 3] === d) {
    return seenStrings[slot]!
  }
  const text = Buffer.from(view.buffer, view.byteOffset + position, UUID_BYTES).toString('base64url')
  seenWords[at] = a
  seenWords[at + 1] = b
  seenWords[at + 2] = c
  seenWords[at + 3] = d
  seenStrings[slot] = text
  return text
}

/** Writes 16 bytes at `position`. Throws ProtocolError INVALID_VALUE when `uuid` is no 22 characters of base64url. */
export function writeUuid(buffer: Uint8Array, position: number, uuid: string): void {
  if (uuid.length !== UUID_CHARACTERS) throw notUuid(uuid)
  const table = (sextets ??= sextetTable())
  let bad = 0
  for (let index = 0; index < 20; index += 4) {
    const a = table[uuid.charCodeAt(index)] ?? NOT_BASE64
    const b = table[uuid.charCodeAt(index + 1)] ?? NOT_BASE64
    const c = table[uuid.charCodeAt(index + 2)] ?? NOT_BASE64
    const d = table[uuid.charCodeAt(index + 3)] ?? NOT_BASE64
    bad |= a | b | c | d
    buffer[position++] = (a << 2) | (b >> 4)
    buffer[position++] = (b << 4) | (c >> 2)
    buffer[position++] = (c << 6) | d
  }
  const a = table[uuid.charCodeAt(20)] ?? NOT_BASE64
  const b = table[uuid.charCodeAt(21)] ?? NOT_BASE64
  buffer[position] = (a << 2) | (b >> 4)
  if (((bad | a | b) & NOT_BASE64) !== 0) throw notUuid(uuid)
}

/** The 22 characters for 16 bytes. */
export function uuidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== UUID_BYTES) throw new ProtocolError('INVALID_VALUE', `a uuid has 16 bytes, not ${bytes.length}`)
  return readUuid(new DataView(bytes.buffer, bytes.byteOffset, UUID_BYTES), 0)
}

/** The 16 bytes for 22 characters. */
export function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.alloc(UUID_BYTES)
  writeUuid(bytes, 0, uuid)
  return bytes
}

/** True for 22 characters of base64url. */
export function isUuid(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text)
}

function sextetTable(): Uint8Array {
  const table = new Uint8Array(128).fill(NOT_BASE64)
  for (let index = 0; index < 64; index++) table[ALPHABET.charCodeAt(index)] = index
  return table
}

function notUuid(uuid: string): ProtocolError {
  return new ProtocolError('INVALID_VALUE', `not a uuid: ${JSON.stringify(uuid)}`)
}
