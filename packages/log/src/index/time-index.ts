/**
 * The time index of one segment. An entry is int64 timestamp and int32 relative offset: no batch up to that offset has a
 * larger timestamp. Timestamps and offsets grow from entry to entry; the last entry of a sealed segment has its largest.
 */
import { assert } from '@ottla/stdx'
import { readInt64, writeInt64 } from '../bytes.ts'
import { Entries } from './entries.ts'

export const TIME_ENTRY_BYTES = 12
const NO_TIMESTAMP = -1

export interface TimestampOffset {
  readonly timestampMs: number
  readonly offset: number
}

export class TimeIndex {
  readonly baseOffset: number
  readonly #entries: Entries

  constructor(baseOffset: number, entries: Entries = new Entries(TIME_ENTRY_BYTES)) {
    this.baseOffset = baseOffset
    this.#entries = entries
  }

  /** The content of a file; null when it cannot be a time index. */
  static parse(baseOffset: number, content: Buffer): TimeIndex | null {
    if (content.length % TIME_ENTRY_BYTES !== 0) return null
    const index = new TimeIndex(baseOffset, new Entries(TIME_ENTRY_BYTES, content))
    const last = index.last
    if (last === null) return index
    const isZero = index.count > 1 && last.timestampMs === 0
    return !isZero && last.offset >= baseOffset && last.timestampMs >= index.at(0).timestampMs ? index : null
  }

  get count(): number {
    return this.#entries.count
  }

  get capacityBytes(): number {
    return this.#entries.capacityBytes
  }

  get last(): TimestampOffset | null {
    return this.count === 0 ? null : this.at(this.count - 1)
  }

  at(index: number): TimestampOffset {
    assert(index >= 0 && index < this.count, 'a time index is read where it has entries')
    return timeEntryAt(this.#entries.bytes, index * TIME_ENTRY_BYTES, this.baseOffset)
  }

  /** Adds the entry unless its timestamp is no larger than the last one's. */
  maybeAppend(timestampMs: number, offset: number): void {
    const last = this.last
    if (timestampMs <= (last === null ? NO_TIMESTAMP : last.timestampMs)) return
    assert(last === null || offset >= last.offset, 'a time index grows')
    const at = this.#entries.add()
    writeInt64(this.#entries.bytes, at, timestampMs)
    this.#entries.bytes.writeInt32BE(offset - this.baseOffset, at + 8)
  }

  /** The last entry with a timestamp ≤ `timestampMs`: what is larger comes after its offset. Without one: -1 and the base offset. */
  floor(timestampMs: number): TimestampOffset {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (readInt64(this.#entries.bytes, middle * TIME_ENTRY_BYTES) <= timestampMs) low = middle + 1
      else high = middle
    }
    return low === 0 ? { timestampMs: -1, offset: this.baseOffset } : this.at(low - 1)
  }

  /** Drops the entries at and above `offset`. */
  truncateTo(offset: number): void {
    let count = this.count
    while (count > 0 && this.at(count - 1).offset >= offset) count--
    this.#entries.cutTo(count)
  }

  content(): Buffer {
    return this.#entries.content()
  }
}

/** Reads the entry at a position, such as the last 12 bytes of a file. */
export function timeEntryAt(buf: Buffer, pos: number, baseOffset: number): TimestampOffset {
  return { timestampMs: readInt64(buf, pos), offset: baseOffset + buf.readInt32BE(pos + 8) }
}
