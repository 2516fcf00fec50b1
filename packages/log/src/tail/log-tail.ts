/**
 * The newest part of one log in memory: a gapless run of appends that ends at the written end. A read that begins in it is
 * answered at once, without a copy.
 *
 * Appends are held as they came. Only small ones are copied together into chunks: a piece for each would keep the whole slab of its
 * frame, and make a read of many.
 */
import { baseOffset, nextOffset, sizeInBytes } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import type { ReadOptions, Retainable } from '../types.ts'
import type { TailBudget, TailOwner } from './tail-budget.ts'
import { BASE_OFFSET, FLAGS, IS_CHUNK, IS_MANY, LENGTH, NEXT_OFFSET, PLACE, START, TailRows } from './tail-rows.ts'

/** An append that is in its file. */
export interface WrittenAppend {
  readonly records: Buffer
  readonly owner: Retainable | undefined
  readonly baseOffset: number
  readonly nextOffset: number
  /** Whether it holds more than one batch. */
  readonly isMany: boolean
}

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
  /** Null while nothing is held. */
  #rows: TailRows | null = null
  #chunkBytes = CHUNK_MIN_BYTES
  /** Bytes left in the chunk that is the last piece; 0 when that is none, or was cut. */
  #roomBytes = 0
  /** The last append copied there, and where it begins: most reads begin with it. */
  #lastOffset = 0
  #lastPosition = 0

  constructor(budget: TailBudget, counters: { copiedBytes: number }) {
    this.#budget = budget
    this.#counters = counters
  }

  get entryCount(): number {
    return this.#rows?.size ?? 0
  }

  /** First offset held; undefined when nothing is. */
  get startOffset(): number | undefined {
    return this.#rows?.get(0, BASE_OFFSET)
  }

  /** Takes over the caller's count on the owner. The append follows the last one. */
  add(append: WrittenAppend): void {
    this.#rows ??= new TailRows()
    const rows = this.#rows
    const last = rows.size - 1
    assert(last < 0 || append.baseOffset >= rows.get(last, NEXT_OFFSET), 'the tail grows at its end')
    const { length } = append.records
    if (length > COPY_MAX_BYTES) {
      this.#roomBytes = 0
      const row = hold(rows, append.records, append.owner)
      this.#describe(rows, row, append)
      this.#place(rows, row, length)
      return
    }
    this.#counters.copiedBytes += length
    if (length <= this.#roomBytes) this.#extend(rows, append)
    else this.#startChunk(rows, append)
    append.owner?.release()
  }

  evictOldest(): void {
    const rows = this.#rows
    assert(rows !== null, 'what is evicted is there')
    this.#drop(rows, 0)
    rows.popFront()
    // A log that is not written to any more begins small again.
    if (this.#forgetEmpty(rows)) this.#chunkBytes = CHUNK_MIN_BYTES
  }

  /** Whole batches from the one that holds `offset`; null when it is not in memory. Owners are retained for the caller. */
  read(offset: number, options: ReadOptions): TailRead | null {
    const rows = this.#rows
    if (rows === null || offset < rows.get(0, BASE_OFFSET)) return null
    const buffers: Buffer[] = []
    const owners: Retainable[] = []
    const read = { buffers, owners, sizeBytes: 0, firstOffset: offset, nextOffset: offset }
    for (let row = rowOf(rows, offset); row < rows.size; row++) {
      if (rows.get(row, BASE_OFFSET) >= options.upTo) break
      const isNewest = this.#roomBytes > 0 && row === rows.size - 1 && offset >= this.#lastOffset
      const isWhole = takeFrom(read, { rows, row, from: isNewest ? this.#lastPosition : 0 }, offset, options)
      this.#budget.used(rows.get(row, PLACE))
      if (!isWhole) break
    }
    for (const owner of owners) owner.retain()
    return read
  }

  /** Drops the batches that reach above `offset`. */
  truncateTo(offset: number): void {
    const rows = this.#rows
    if (rows === null) return
    // Readers may hold what is dropped of a chunk: it stays as it is.
    this.#roomBytes = 0
    while (rows.size > 0 && rows.get(rows.size - 1, NEXT_OFFSET) > offset) {
      const last = rows.size - 1
      if ((rows.get(last, FLAGS) & IS_CHUNK) !== 0 && cutChunk(rows, last, offset)) break
      this.#drop(rows, last)
      rows.popBack()
    }
    this.#forgetEmpty(rows)
  }

  /** Drops what begins below `offset`: the files have less there now. */
  dropBefore(offset: number): void {
    const rows = this.#rows
    if (rows === null) return
    while (rows.size > 0 && rows.get(0, BASE_OFFSET) < offset) {
      this.#drop(rows, 0)
      rows.popFront()
    }
    this.#forgetEmpty(rows)
  }

  clear(): void {
    this.truncateTo(-1)
  }

  #startChunk(rows: TailRows, append: WrittenAppend): void {
    const slice = this.#budget.slabs.allocate(this.#nextChunkBytes(append.records.length))
    const { length } = slice.buffer
    append.records.copy(slice.buffer)
    const row = hold(rows, slice.buffer, slice)
    this.#describe(rows, row, append)
    rows.set(row, FLAGS, rows.get(row, FLAGS) | IS_CHUNK)
    this.#roomBytes = length - append.records.length
    this.#lastOffset = append.baseOffset
    this.#lastPosition = 0
    this.#place(rows, row, length)
  }

  /** Copies the append behind the last one. */
  #extend(rows: TailRows, { records, baseOffset: offset, nextOffset: next }: WrittenAppend): void {
    const row = rows.size - 1
    const position = rows.get(row, LENGTH)
    records.copy(rows.memory(row), rows.get(row, START) + position)
    rows.set(row, LENGTH, position + records.length)
    rows.set(row, NEXT_OFFSET, next)
    rows.set(row, FLAGS, IS_CHUNK | IS_MANY)
    this.#roomBytes -= records.length
    this.#lastOffset = offset
    this.#lastPosition = position
  }

  #describe(rows: TailRows, row: number, append: WrittenAppend): void {
    rows.set(row, BASE_OFFSET, append.baseOffset)
    rows.set(row, NEXT_OFFSET, append.nextOffset)
    rows.set(row, LENGTH, append.records.length)
    rows.set(row, FLAGS, append.isMany ? IS_MANY : 0)
  }

  /** The last thing done with a new row: it may have to leave at once. */
  #place(rows: TailRows, row: number, heldBytes: number): void {
    rows.set(row, PLACE, this.#budget.take(this, heldBytes))
    this.#budget.makeRoom()
  }

  #drop(rows: TailRows, row: number): void {
    const owner = rows.owner(row)
    this.#budget.free(rows.get(row, PLACE))
    owner?.release()
  }

  #forgetEmpty(rows: TailRows): boolean {
    if (rows.size > 0) return false
    this.#rows = null
    this.#roomBytes = 0
    return true
  }

  #nextChunkBytes(atLeast: number): number {
    const bytes = Math.max(this.#chunkBytes, atLeast)
    this.#chunkBytes = Math.min(this.#chunkBytes * 2, CHUNK_MAX_BYTES)
    return bytes
  }
}

/** A new row for these bytes; takes over the count on their owner. Where they lie in a slab, that is held: it is there anyway. */
function hold(rows: TailRows, bytes: Buffer, owner: Retainable | undefined): number {
  const slab = owner?.slab
  if (slab === undefined || bytes.buffer !== slab.bytes.buffer) {
    const row = rows.pushBack(bytes, owner ?? null)
    rows.set(row, START, 0)
    return row
  }
  slab.retain()
  owner!.release()
  const row = rows.pushBack(slab.bytes, slab)
  rows.set(row, START, bytes.byteOffset - slab.bytes.byteOffset)
  return row
}

/** The row that holds `offset`; in a gap (compaction upstream) the one that comes next. */
function rowOf(rows: TailRows, offset: number): number {
  let low = 0
  let high = rows.size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows.get(middle, BASE_OFFSET) <= offset) low = middle + 1
    else high = middle
  }
  const row = Math.max(0, low - 1)
  return rows.get(row, NEXT_OFFSET) <= offset ? row + 1 : row
}

/** Keeps the batches of a chunk that end at or below `offset`. False when that is none. */
function cutChunk(rows: TailRows, row: number, offset: number): boolean {
  const memory = rows.memory(row)
  const start = rows.get(row, START)
  const length = rows.get(row, LENGTH)
  let kept = 0
  let end = rows.get(row, BASE_OFFSET)
  while (kept < length && nextOffset(memory, start + kept) <= offset) {
    end = nextOffset(memory, start + kept)
    kept += sizeInBytes(memory, start + kept)
  }
  rows.set(row, LENGTH, kept)
  rows.set(row, NEXT_OFFSET, end)
  return kept > 0
}

interface Growing {
  readonly buffers: Buffer[]
  readonly owners: Retainable[]
  sizeBytes: number
  firstOffset: number
  nextOffset: number
}

/** A row, and from where on in it what is sought may be. */
interface Piece {
  readonly rows: TailRows
  readonly row: number
  readonly from: number
}

/** Adds what is wanted of the piece to the read. False when something of it was left out: then the read ends. */
function takeFrom(read: Growing, { rows, row, from }: Piece, offset: number, options: ReadOptions): boolean {
  const memory = rows.memory(row)
  const first = rows.get(row, START)
  const last = first + rows.get(row, LENGTH)
  const base = rows.get(row, BASE_OFFSET)
  let start = first
  let end = last
  let next = rows.get(row, NEXT_OFFSET)
  if ((rows.get(row, FLAGS) & IS_MANY) === 0) {
    if (next > options.upTo || !fits(read.sizeBytes, end - start, options)) return false
  } else if (offset > base || next > options.upTo || read.sizeBytes + end - start > options.maxBytes) {
    start = first + from
    while (start < last && nextOffset(memory, start) <= offset) start += sizeInBytes(memory, start)
    end = start
    while (end < last) {
      const size = sizeInBytes(memory, end)
      const after = nextOffset(memory, end)
      if (after > options.upTo || !fits(read.sizeBytes + end - start, size, options)) break
      end += size
      next = after
    }
  }
  if (end === start) return false
  if (read.buffers.length === 0) read.firstOffset = start === first ? base : baseOffset(memory, start)
  read.buffers.push(memory.subarray(start, end))
  const owner = rows.owner(row)
  if (owner !== null) read.owners.push(owner)
  read.sizeBytes += end - start
  read.nextOffset = next
  return end === last
}

/** Whether a batch may be added: limits are soft for the first one only. */
function fits(already: number, bytes: number, options: ReadOptions): boolean {
  return already + bytes <= options.maxBytes || (already === 0 && options.minOneBatch)
}
