/**
 * The offset index of one segment: where some of its batches begin. An entry is int32 last offset of a batch, relative to
 * the segment's base offset, and int32 position of that batch in the file. Sparse: about one per index.interval.bytes.
 */
import { assert } from '@ottla/stdx'
import { Entries } from './entries.ts'

export const OFFSET_ENTRY_BYTES = 8

export interface OffsetPosition {
  readonly offset: number
  readonly position: number
}

export class OffsetIndex {
  readonly baseOffset: number
  readonly #entries: Entries

  constructor(baseOffset: number, entries: Entries = new Entries(OFFSET_ENTRY_BYTES)) {
    this.baseOffset = baseOffset
    this.#entries = entries
  }

  /** The content of a file; null when it cannot be an index of a segment of `segmentBytes` bytes. */
  static parse(baseOffset: number, content: Buffer, segmentBytes: number): OffsetIndex | null {
    if (content.length % OFFSET_ENTRY_BYTES !== 0) return null
    const index = new OffsetIndex(baseOffset, new Entries(OFFSET_ENTRY_BYTES, content))
    const last = index.last
    if (last === null) return index
    const isSane = last.offset > baseOffset || (index.count === 1 && last.offset === baseOffset)
    return isSane && last.position >= 0 && last.position < segmentBytes ? index : null
  }

  get count(): number {
    return this.#entries.count
  }

  get capacityBytes(): number {
    return this.#entries.capacityBytes
  }

  get last(): OffsetPosition | null {
    return this.count === 0 ? null : this.at(this.count - 1)
  }

  at(index: number): OffsetPosition {
    assert(index >= 0 && index < this.count, 'an offset index is read where it has entries')
    return { offset: this.#offsetAt(index), position: this.#entries.bytes.readInt32BE(index * OFFSET_ENTRY_BYTES + 4) }
  }

  /** `offset` (last of the batch) and `position` grow. */
  append(offset: number, position: number): void {
    assert(this.count === 0 || offset > this.#offsetAt(this.count - 1), 'an offset index grows')
    const at = this.#entries.add()
    this.#entries.bytes.writeInt32BE(offset - this.baseOffset, at)
    this.#entries.bytes.writeInt32BE(position, at + 4)
  }

  /** A position at or before the batch that holds `offset`: that of the last entry at or below it, else 0. */
  floor(offset: number): OffsetPosition {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#offsetAt(middle) <= offset) low = middle + 1
      else high = middle
    }
    return low === 0 ? { offset: this.baseOffset, position: 0 } : this.at(low - 1)
  }

  /** Drops the entries at and above `offset`. */
  truncateTo(offset: number): void {
    let count = this.count
    while (count > 0 && this.#offsetAt(count - 1) >= offset) count--
    this.#entries.cutTo(count)
  }

  content(): Buffer {
    return this.#entries.content()
  }

  #offsetAt(index: number): number {
    return this.baseOffset + this.#entries.bytes.readInt32BE(index * OFFSET_ENTRY_BYTES)
  }
}
