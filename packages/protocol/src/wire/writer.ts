/**
 * Writes the wire form. Small values go into one growing scratch buffer; large `bytes` and `records` are referenced, not copied, and
 * come out of {@link Writer.finish} as buffers of their own between the written pieces.
 *
 * The scratch buffer is handed from one writer to the next, so encoding a message allocates its result and nothing else. A writer
 * is used up by `finish`, `toBuffer` or `discard`.
 */

import { assert } from '@ottla/stdx'
import { ProtocolError } from './protocol-error.ts'
import type { UnknownTag } from './reader.ts'
import { writeUtf8 } from './utf8.ts'
import { UUID_BYTES, writeUuid } from './uuid.ts'
import { sizeOfUvarint, writeUvarint, writeVarint, writeVarlong } from './varint.ts'

/** From this size on, bytes are referenced: below it a copy costs less than one more buffer for the socket. */
export const REFERENCE_BYTES = 2048

const FIRST_SCRATCH_BYTES = 8 * 1024
/** A scratch buffer that had to grow beyond this is not kept. */
const KEPT_SCRATCH_BYTES = 1024 * 1024
const INT16_MAX = 0x7fff
const TWO_32 = 2 ** 32
const TWO_63 = 2 ** 63

interface Scratch {
  readonly buffer: Buffer
  readonly view: DataView
}

interface Reference {
  /** Bytes in the scratch buffer before it. */
  readonly after: number
  readonly bytes: Buffer
}

let spare: Scratch | undefined

export class Writer {
  buffer: Buffer
  view: DataView
  /** Bytes in the scratch buffer. With references, not the length of the message: see {@link length}. */
  position = 0
  #references: Reference[] | undefined
  #referencedBytes = 0
  #openTags = 0
  #finished = false

  constructor() {
    const scratch = spare ?? newScratch(FIRST_SCRATCH_BYTES)
    spare = undefined
    this.buffer = scratch.buffer
    this.view = scratch.view
  }

  /** Bytes written so far, referenced ones included. */
  get length(): number {
    return this.position + this.#referencedBytes
  }

  /** Makes room for `bytes` bytes and moves over them; gives the position where they begin. The caller fills all of them. */
  reserve(bytes: number): number {
    const start = this.position
    const end = start + bytes
    if (end > this.buffer.length) this.#grow(end)
    this.position = end
    return start
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.view.setInt8(at, value)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    this.view.setInt16(at, value)
  }

  uint16(value: number): void {
    const at = this.reserve(2)
    this.view.setUint16(at, value)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    this.view.setInt32(at, value)
  }

  uint32(value: number): void {
    const at = this.reserve(4)
    this.view.setUint32(at, value)
  }

  int64(value: number): void {
    const at = this.reserve(8)
    setInt64(this.view, at, value)
  }

  int64bits(value: bigint): void {
    const at = this.reserve(8)
    this.view.setBigInt64(at, value)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    this.view.setFloat64(at, value)
  }

  uvarint(value: number): void {
    const at = this.reserve(5)
    this.position = writeUvarint(this.buffer, at, value)
  }

  varint(value: number): void {
    const at = this.reserve(5)
    this.position = writeVarint(this.buffer, at, value)
  }

  varlong(value: number): void {
    const at = this.reserve(10)
    this.position = writeVarlong(this.buffer, at, value)
  }

  uuid(value: string): void {
    const at = this.reserve(UUID_BYTES)
    writeUuid(this.buffer, at, value)
  }

  string(value: string): void {
    const at = this.reserve(2 + value.length * 3)
    const bytes = writeUtf8(this.buffer, at + 2, value)
    if (bytes > INT16_MAX)
      throw new ProtocolError('INVALID_VALUE', `string of ${bytes} bytes, at most ${INT16_MAX} fit`)
    this.view.setInt16(at, bytes)
    this.position = at + 2 + bytes
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    if (value.length > INT16_MAX) tooLong(value.length)
    // Up to 42 characters the length takes one byte, whatever they are: the text can be written before its length is known.
    const at = this.reserve(5 + value.length * 3)
    if (value.length <= 42) {
      const bytes = writeUtf8(this.buffer, at + 1, value)
      this.buffer[at] = bytes + 1
      this.position = at + 1 + bytes
      return
    }
    const bytes = Buffer.byteLength(value)
    if (bytes > INT16_MAX)
      throw new ProtocolError('INVALID_VALUE', `string of ${bytes} bytes, at most ${INT16_MAX} fit`)
    const start = writeUvarint(this.buffer, at, bytes + 1)
    this.position = start + writeUtf8(this.buffer, start, value)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0)
    else this.compactString(value)
  }

  bytes(value: Buffer): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Buffer | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Buffer): void {
    this.uvarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Buffer | null): void {
    if (value === null) this.uvarint(0)
    else this.compactBytes(value)
  }

  /** Appends bytes as they are, without a length: copied when few, referenced from {@link REFERENCE_BYTES} on. */
  raw(bytes: Buffer): void {
    const count = bytes.length
    if (count >= REFERENCE_BYTES && this.#openTags === 0) {
      this.#references ??= []
      this.#references.push({ after: this.position, bytes })
      this.#referencedBytes += count
      return
    }
    const at = this.reserve(count)
    this.buffer.set(bytes, at)
  }

  /** Starts a tagged field: the tag, and one byte for the size. Gives the position that {@link endTag} wants. */
  beginTag(tag: number): number {
    this.uvarint(tag)
    this.#openTags++
    return this.reserve(1)
  }

  /** Ends a tagged field: its size is known now. When that takes more than one byte, the data moves up. */
  endTag(at: number): void {
    this.#openTags--
    const start = at + 1
    const size = this.position - start
    if (size > 0x7f) {
      const shift = sizeOfUvarint(size) - 1
      const end = this.position
      this.reserve(shift)
      this.buffer.copyWithin(start + shift, start, end)
    }
    writeUvarint(this.buffer, at, size)
  }

  /** Writes the unknown tags from `index` on that are below `tag`, each as it came; gives the index of the next. */
  unknownTags(tags: readonly UnknownTag[], index: number, tag: number): number {
    while (index < tags.length && tags[index]!.tag < tag) {
      const unknown = tags[index++]!
      this.uvarint(unknown.tag)
      this.uvarint(unknown.data.length)
      this.raw(unknown.data)
    }
    return index
  }

  /** Overwrites four bytes at scratch position `at`, as given by {@link reserve}; for lengths known only afterwards. */
  patchInt32(at: number, value: number): void {
    this.view.setInt32(at, value)
  }

  /** The message as buffers to be sent one after the other. Ends the writer. */
  finish(): Buffer[] {
    const written = this.#release()
    const references = this.#references
    return references === undefined ? [written] : piecesOf(written, references)
  }

  /** The message as one buffer; copies what was referenced. Ends the writer. */
  toBuffer(): Buffer {
    const pieces = this.finish()
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }

  /**
   * What was written, and an empty writer again: for message after message whose bytes are copied elsewhere anyway. Holds until the next
   * write; copied only where something was referenced.
   */
  take(): Buffer {
    assert(!this.#finished, 'writer is used up')
    const references = this.#references
    const written = this.buffer.subarray(0, this.position)
    const taken = references === undefined ? written : Buffer.concat(piecesOf(written, references))
    this.position = 0
    this.#references = undefined
    this.#referencedBytes = 0
    return taken
  }

  /** Ends the writer without a result. */
  discard(): void {
    assert(!this.#finished, 'writer is used up')
    this.#finished = true
    if (this.buffer.length <= KEPT_SCRATCH_BYTES) spare = { buffer: this.buffer, view: this.view }
  }

  #release(): Buffer {
    const written = Buffer.allocUnsafe(this.position)
    this.buffer.copy(written, 0, 0, this.position)
    this.discard()
    return written
  }

  #grow(bytes: number): void {
    const scratch = newScratch(Math.max(bytes, this.buffer.length * 2))
    this.buffer.copy(scratch.buffer, 0, 0, this.position)
    this.buffer = scratch.buffer
    this.view = scratch.view
  }
}

function piecesOf(written: Buffer, references: readonly Reference[]): Buffer[] {
  const pieces: Buffer[] = []
  let from = 0
  for (const { after, bytes } of references) {
    if (after > from) pieces.push(written.subarray(from, after))
    pieces.push(bytes)
    from = after
  }
  if (written.length > from) pieces.push(written.subarray(from))
  return pieces
}

/** Writes eight bytes by the int64 rule of stdx: 2^63 gives the largest int64. */
export function setInt64(view: DataView, position: number, value: number): void {
  if (value === (value | 0)) {
    view.setInt32(position, value >> 31)
    view.setInt32(position + 4, value)
    return
  }
  if (value >= TWO_63) {
    view.setInt32(position, 0x7fff_ffff)
    view.setUint32(position + 4, 0xffff_ffff)
    return
  }
  if (!(value >= -TWO_63)) throw new ProtocolError('INVALID_VALUE', `not an int64: ${value}`)
  const high = Math.floor(value / TWO_32)
  view.setInt32(position, high)
  view.setUint32(position + 4, value - high * TWO_32)
}

function tooLong(length: number): never {
  throw new ProtocolError('INVALID_VALUE', `string of ${length} bytes, at most ${INT16_MAX} fit`)
}

function newScratch(bytes: number): Scratch {
  const buffer = Buffer.allocUnsafeSlow(bytes)
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, bytes) }
}
