/**
 * The newest part of one log in memory: a gapless run of appends that ends at the written end. A read that begins in it is
 * answered at once, with the very bytes that were appended.
 */
import { baseOffset, nextOffset, sizeInBytes } from '@ottla/protocol'
import { assert, Deque } from '@ottla/stdx'
import type { ReadOptions, Retainable } from '../types.ts'
import type { TailBudget, TailEntry, TailOwner, TailPlace } from './tail-budget.ts'

interface Stored extends TailEntry {
  readonly place: TailPlace
}

/** What was found: whole batches, and who must be released when they have left. */
export interface TailRead {
  readonly buffers: readonly Buffer[]
  readonly owners: readonly Retainable[]
  readonly sizeBytes: number
  readonly firstOffset: number
  readonly nextOffset: number
}

export class LogTail implements TailOwner {
  readonly #budget: TailBudget
  readonly #entries = new Deque<Stored>()

  constructor(budget: TailBudget) {
    this.#budget = budget
  }

  get entryCount(): number {
    return this.#entries.size
  }

  /** First offset held; undefined when nothing is. */
  get startOffset(): number | undefined {
    return this.#entries.peekFront()?.baseOffset
  }

  /** Takes over the caller's count on the owner. The entry follows the last one without a gap in the file. */
  add(entry: TailEntry): void {
    const last = this.#entries.peekBack()
    assert(last === undefined || entry.baseOffset >= last.nextOffset, 'the tail grows at its end')
    const place = this.#budget.add(this, entry.records.length)
    this.#entries.pushBack({ ...entry, place })
    this.#budget.trim()
  }

  evictOldest(): void {
    const entry = this.#entries.popFront()
    assert(entry !== undefined, 'what is evicted is there')
    entry.owner?.release()
  }

  /** Whole batches from the one that holds `offset`; null when it is not in memory. Owners are retained for the caller. */
  read(offset: number, options: ReadOptions): TailRead | null {
    const first = this.#entries.peekFront()
    if (first === undefined || offset < first.baseOffset) return null
    const index = this.#indexOf(offset)
    const buffers: Buffer[] = []
    const owners: Retainable[] = []
    const read = { buffers, owners, sizeBytes: 0, firstOffset: offset, nextOffset: offset }
    for (let i = index; i < this.#entries.size; i++) {
      const entry = this.#entries.at(i)
      if (entry.baseOffset >= options.upTo) break
      if (!entry.isMany) {
        if (entry.nextOffset > options.upTo || !fits(read.sizeBytes, entry.records.length, options)) break
        take(read, entry, entry.records)
      } else {
        const part = partOf(entry, offset, read.sizeBytes, options)
        if (part !== null) take(read, entry, part)
        if (part === null || part.byteOffset + part.length < entry.records.byteOffset + entry.records.length) break
      }
    }
    for (const owner of owners) owner.retain()
    return read
  }

  /** Drops the entries that reach to or above `offset`. */
  truncateTo(offset: number): void {
    for (let last = this.#entries.peekBack(); last !== undefined && last.nextOffset > offset; ) {
      this.#entries.popBack()
      this.#budget.free(last.place)
      last.owner?.release()
      last = this.#entries.peekBack()
    }
  }

  clear(): void {
    this.truncateTo(-1)
  }

  /** The last entry that begins at or before `offset`. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#entries.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries.at(middle).baseOffset <= offset) low = middle + 1
      else high = middle
    }
    // In a gap behind an entry (compaction upstream) the next one holds what comes first.
    const index = Math.max(0, low - 1)
    return this.#entries.at(index).nextOffset <= offset ? index + 1 : index
  }
}

interface Growing {
  readonly buffers: Buffer[]
  readonly owners: Retainable[]
  sizeBytes: number
  firstOffset: number
  nextOffset: number
}

function take(read: Growing, entry: TailEntry, bytes: Buffer): void {
  if (read.buffers.length === 0) read.firstOffset = offsetAt(bytes, entry)
  read.buffers.push(bytes)
  if (entry.owner !== undefined) read.owners.push(entry.owner)
  read.sizeBytes += bytes.length
  read.nextOffset = bytes.length === entry.records.length ? entry.nextOffset : endOf(bytes)
}

function offsetAt(bytes: Buffer, entry: TailEntry): number {
  return bytes.byteOffset === entry.records.byteOffset ? entry.baseOffset : baseOffset(bytes, 0)
}

/** Whether a batch may be added: limits are soft for the first one only. */
function fits(already: number, bytes: number, options: ReadOptions): boolean {
  return already + bytes <= options.maxBytes || (already === 0 && options.minOneBatch)
}

/** The batches of one append that are wanted; null when there are none. */
function partOf(entry: TailEntry, offset: number, already: number, options: ReadOptions): Buffer | null {
  const { records } = entry
  let start = 0
  while (start < records.length && nextOffset(records, start) <= offset) start += sizeInBytes(records, start)
  let end = start
  while (end < records.length) {
    const size = sizeInBytes(records, end)
    if (nextOffset(records, end) > options.upTo || !fits(already + end - start, size, options)) break
    end += size
  }
  return end > start ? records.subarray(start, end) : null
}

/** Offset after the last of these batches. */
function endOf(bytes: Buffer): number {
  let pos = 0
  let end = 0
  while (pos < bytes.length) {
    end = nextOffset(bytes, pos)
    pos += sizeInBytes(bytes, pos)
  }
  return end
}
