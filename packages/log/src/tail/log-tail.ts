/**
 * The newest part of one log in memory: a gapless run of appends that ends at the written end. A read that begins in it is
 * answered at once, without a copy.
 *
 * Appends are held as they came. Only small ones are copied together: a slice of its own for each would cost more memory
 * and collection than its bytes, keep the whole slab of its frame, and make a read of many.
 */
import { nextOffset, sizeInBytes } from '@ottla/protocol'
import { assert, Deque } from '@ottla/stdx'
import type { ReadOptions, Retainable } from '../types.ts'
import type { TailBudget, TailOwner } from './tail-budget.ts'
import { TailEntry, type WrittenAppend } from './tail-entry.ts'

/** What was found: whole batches, and who must be released when they have left. */
export interface TailRead {
  readonly buffers: readonly Buffer[]
  readonly owners: readonly Retainable[]
  readonly sizeBytes: number
  readonly firstOffset: number
  readonly nextOffset: number
}

/** Appends up to this are copied: to the socket of each reader, one more buffer costs more than that. */
const COPY_MAX_BYTES = 4096
/** A chunk is as large as the log is lively: twice the one before it, between these. */
const CHUNK_MIN_BYTES = 1024
const CHUNK_MAX_BYTES = 64 << 10

export class LogTail implements TailOwner {
  readonly #budget: TailBudget
  readonly #counters: { copiedBytes: number }
  readonly #entries = new Deque<TailEntry>()
  #chunkBytes = CHUNK_MIN_BYTES

  constructor(budget: TailBudget, counters: { copiedBytes: number }) {
    this.#budget = budget
    this.#counters = counters
  }

  get entryCount(): number {
    return this.#entries.size
  }

  /** First offset held; undefined when nothing is. */
  get startOffset(): number | undefined {
    return this.#entries.peekFront()?.baseOffset
  }

  /** Takes over the caller's count on the owner. The append follows the last one. */
  add(append: WrittenAppend): void {
    const last = this.#entries.peekBack()
    assert(last === undefined || append.baseOffset >= last.nextOffset, 'the tail grows at its end')
    const { length } = append.records
    if (length > COPY_MAX_BYTES) {
      this.#push(TailEntry.holding(this, append))
      return
    }
    this.#counters.copiedBytes += length
    if (last?.hasRoomFor(length)) last.extend(append)
    else this.#push(TailEntry.chunk(this, append, this.#budget.slabs.allocate(this.#nextChunkBytes(length))))
    append.owner?.release()
  }

  evictOldest(): void {
    const entry = this.#entries.popFront()
    assert(entry !== undefined, 'what is evicted is there')
    this.#drop(entry)
    // A log that is not written to any more begins small again.
    if (this.#entries.size === 0) this.#chunkBytes = CHUNK_MIN_BYTES
  }

  /** Whole batches from the one that holds `offset`; null when it is not in memory. Owners are retained for the caller. */
  read(offset: number, options: ReadOptions): TailRead | null {
    const first = this.#entries.peekFront()
    if (first === undefined || offset < first.baseOffset) return null
    const buffers: Buffer[] = []
    const owners: Retainable[] = []
    const read = { buffers, owners, sizeBytes: 0, firstOffset: offset, nextOffset: offset }
    for (let i = this.#indexOf(offset); i < this.#entries.size; i++) {
      const entry = this.#entries.at(i)
      if (entry.baseOffset >= options.upTo) break
      const isWhole = takeFrom(read, entry, offset, options)
      this.#budget.used(entry)
      if (!isWhole) break
    }
    for (const owner of owners) owner.retain()
    return read
  }

  /** Drops the batches that reach above `offset`. */
  truncateTo(offset: number): void {
    for (let last = this.#entries.peekBack(); last !== undefined && last.nextOffset > offset; ) {
      if (last.truncateTo(offset)) break
      this.#entries.popBack()
      this.#drop(last)
      last = this.#entries.peekBack()
    }
  }

  /** Drops what begins below `offset`: the files have less there now. */
  dropBefore(offset: number): void {
    for (let first = this.#entries.peekFront(); first !== undefined && first.baseOffset < offset; ) {
      this.#entries.popFront()
      this.#drop(first)
      first = this.#entries.peekFront()
    }
  }

  clear(): void {
    this.truncateTo(-1)
  }

  #push(entry: TailEntry): void {
    this.#entries.pushBack(entry)
    this.#budget.take(entry)
  }

  #drop(entry: TailEntry): void {
    this.#budget.free(entry)
    entry.owner?.release()
  }

  #nextChunkBytes(atLeast: number): number {
    const bytes = Math.max(this.#chunkBytes, atLeast)
    this.#chunkBytes = Math.min(this.#chunkBytes * 2, CHUNK_MAX_BYTES)
    return bytes
  }

  /** The entry that holds `offset`; in a gap (compaction upstream) the one that comes next. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#entries.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries.at(middle).baseOffset <= offset) low = middle + 1
      else high = middle
    }
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

/** Adds what is wanted of the entry to the read. False when something of it was left out: then the read ends. */
function takeFrom(read: Growing, entry: TailEntry, offset: number, options: ReadOptions): boolean {
  const { bytes } = entry
  let start = 0
  let end = bytes.length
  let next = entry.nextOffset
  if (!entry.isMany) {
    if (next > options.upTo || !fits(read.sizeBytes, end, options)) return false
  } else if (offset > entry.baseOffset || next > options.upTo || read.sizeBytes + end > options.maxBytes) {
    while (start < bytes.length && nextOffset(bytes, start) <= offset) start += sizeInBytes(bytes, start)
    end = start
    while (end < bytes.length) {
      const size = sizeInBytes(bytes, end)
      const after = nextOffset(bytes, end)
      if (after > options.upTo || !fits(read.sizeBytes + end - start, size, options)) break
      end += size
      next = after
    }
  }
  if (end === start) return false
  if (read.buffers.length === 0) read.firstOffset = entry.offsetAt(start)
  read.buffers.push(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
  if (entry.owner !== undefined) read.owners.push(entry.owner)
  read.sizeBytes += end - start
  read.nextOffset = next
  return end === bytes.length
}

/** Whether a batch may be added: limits are soft for the first one only. */
function fits(already: number, bytes: number, options: ReadOptions): boolean {
  return already + bytes <= options.maxBytes || (already === 0 && options.minOneBatch)
}
