/** Reads the wire format of Protocol Buffers, field by field. Whatever is cut off or makes no sense throws {@link ProtobufError}. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5
const VARINT_BITS_MAX = 63
const WORD = 2 ** 32

export class ProtobufReader {
  readonly #buffer: Buffer
  #at: number
  #wireType = VARINT

  constructor(buffer: Buffer) {
    this.#buffer = buffer
    this.#at = 0
  }

  /** The number of the next field; 0 at the end. Its value is to be read, or skipped, before the next call. */
  next(): number {
    if (this.#at >= this.#buffer.length) return 0
    const key = this.#varint()
    this.#wireType = key & 7
    const field = Math.floor(key / 8)
    if (field === 0) throw new ProtobufError('a field has the number 0')
    return field
  }

  skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#varint()
        break
      case FIXED64:
        this.#take(8)
        break
      case BYTES:
        this.#take(this.#varint())
        break
      case FIXED32:
        this.#take(4)
        break
      default:
        throw new ProtobufError(`unknown wire type ${this.#wireType}`)
    }
  }

  /** A message within this one. */
  message(): ProtobufReader {
    return new ProtobufReader(this.#bytes())
  }

  string(): string {
    return this.#bytes().toString('utf8')
  }

  /** Beyond 2^53 it is not exact. */
  integer(): number {
    this.#expect(VARINT)
    return this.#varint()
  }

  double(): number {
    this.#expect(FIXED64)
    return this.#buffer.readDoubleLE(this.#take(8))
  }

  /** Beyond 2^53 it is not exact. */
  fixed64(): number {
    this.#expect(FIXED64)
    const at = this.#take(8)
    return this.#buffer.readUInt32LE(at + 4) * WORD + this.#buffer.readUInt32LE(at)
  }

  /** Beyond 2^53 it is not exact. */
  sfixed64(): number {
    this.#expect(FIXED64)
    const at = this.#take(8)
    return this.#buffer.readInt32LE(at + 4) * WORD + this.#buffer.readUInt32LE(at)
  }

  #bytes(): Buffer {
    this.#expect(BYTES)
    const length = this.#varint()
    const start = this.#take(length)
    return this.#buffer.subarray(start, start + length)
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw new ProtobufError(`wire type ${this.#wireType} instead of ${wireType}`)
  }

  #take(bytes: number): number {
    const start = this.#at
    if (bytes > this.#buffer.length - start) throw new ProtobufError('the message is cut off')
    this.#at += bytes
    return start
  }

  #varint(): number {
    let value = 0
    for (let bits = 0; bits <= VARINT_BITS_MAX; bits += 7) {
      const byte = this.#buffer[this.#take(1)]!
      value += (byte & 0x7f) * 2 ** bits
      if (byte < 0x80) return value
    }
    throw new ProtobufError('a number is too long')
  }
}
