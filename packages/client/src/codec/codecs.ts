/** The codecs that most topics need. Numbers are big-endian, as Java's serializers write them. */
import { ArgumentError } from '../errors.ts'
import type { Codec } from './codec.ts'

/** Bytes as they are. The default. */
export const bytesCodec: Codec<Buffer> = {
  encode: (value) => value,
  decode: (bytes) => bytes,
}

/** UTF-8 text. */
export const stringCodec: Codec<string> = {
  encode: (value) => Buffer.from(value, 'utf8'),
  decode: (bytes) => bytes.toString('utf8'),
}

/** A 32-bit whole number in four bytes (Java's IntegerSerializer). */
export const int32Codec: Codec<number> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(value)
    return bytes
  },
  decode(bytes) {
    sized('int32', bytes, 4)
    return bytes.readInt32BE()
  },
}

/** A 64-bit whole number in eight bytes (Java's LongSerializer), as bigint: users' values may use all bits. */
export const int64Codec: Codec<bigint> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(8)
    new DataView(bytes.buffer, bytes.byteOffset, 8).setBigInt64(0, value)
    return bytes
  },
  decode(bytes) {
    sized('int64', bytes, 8)
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0)
  },
}

/** A double in eight bytes (Java's DoubleSerializer). */
export const float64Codec: Codec<number> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeDoubleBE(value)
    return bytes
  },
  decode(bytes) {
    sized('float64', bytes, 8)
    return bytes.readDoubleBE()
  },
}

/** JSON in UTF-8. The type is the caller's word; nothing checks it. */
export function jsonCodec<T>(): Codec<T> {
  return {
    encode: (value) => Buffer.from(JSON.stringify(value), 'utf8'),
    decode: (bytes) => JSON.parse(bytes.toString('utf8')) as T,
  }
}

function sized(type: string, bytes: Buffer, expected: number): void {
  if (bytes.length !== expected) throw new ArgumentError(`${type} takes ${expected} bytes, not ${bytes.length}`)
}
