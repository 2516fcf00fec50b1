/**
 * One segment: a file of batches and its indexes. Knows sizes and indexes; reads and writes are done by others.
 *
 *   assignedBytes   the file as it will be when all that was appended is written
 *   writtenBytes    what the kernel has
 *   syncedBytes     what survives a loss of power
 */
import {
  baseOffset as batchBaseOffset,
  lastOffset as batchLastOffset,
  maxTimestamp as batchMaxTimestamp,
  sizeInBytes as batchSize,
} from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { OFFSET_ENTRY_BYTES } from '../index/offset-index.ts'
import { SegmentIndexes } from '../index/segment-indexes.ts'
import { TIME_ENTRY_BYTES } from '../index/time-index.ts'
import {
  fileName,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './file-names.ts'

const RELATIVE_OFFSET_MAX = 2 ** 31 - 1

/**
 * 'active': the last one, appended to. 'rolled': another follows, its indexes are only in memory.
 * 'sealed': its indexes are in their files (not yet synced). 'closed': everything is synced; indexes may leave memory.
 */
export type SegmentState = 'active' | 'rolled' | 'sealed' | 'closed'

export interface SegmentOptions {
  readonly folder: string
  readonly baseOffset: number
  readonly createdMs: number
  readonly rollJitterMs: number
}

export class Segment {
  readonly baseOffset: number
  readonly folder: string
  readonly createdMs: number
  readonly rollJitterMs: number
  /** Changes only while a cleaned segment takes the place of another. */
  logPath: string
  state: SegmentState = 'active'
  assignedBytes = 0
  writtenBytes = 0
  syncedBytes = 0
  /** The files exist. */
  isCreated = false
  /** Its name in the folder is durable. */
  isNamed = false
  /** Removed from the log: whoever still reads or syncs it stops. */
  isRemoved = false
  /** In memory while the segment is not closed. */
  indexes: SegmentIndexes | null = null
  /** No aborted transaction ends in the segment, as its files say; false while nobody has looked. Only of a closed one. */
  isFreeOfAborts = false
  /** Largest timestamp written, -1 without one; undefined until it was looked up in a closed segment. */
  maxTimestampMs: number | undefined = -1
  /** Last offset of the batch that has it. */
  maxTimestampOffset = -1
  /** Max timestamp of the first batch assigned: the clock of segment.ms. -1 without one. */
  firstTimestampMs = -1
  /** Producer state at the base offset, until it is in its file. */
  snapshotAtBase: Buffer | null = null
  #bytesSinceIndexEntry = 0
  #nameSuffix = ''

  constructor(options: SegmentOptions) {
    this.folder = options.folder
    this.baseOffset = options.baseOffset
    this.createdMs = options.createdMs
    this.rollJitterMs = options.rollJitterMs
    this.logPath = this.#path(LOG_SUFFIX)
  }

  /** A segment without files yet. */
  static create(options: SegmentOptions): Segment {
    const segment = new Segment(options)
    segment.indexes = SegmentIndexes.empty(options.baseOffset)
    return segment
  }

  /** A segment whose file is there. */
  static found(options: SegmentOptions, sizeBytes: number): Segment {
    const segment = new Segment(options)
    segment.setSize(sizeBytes)
    segment.isCreated = true
    segment.isNamed = true
    segment.state = 'closed'
    segment.maxTimestampMs = undefined
    return segment
  }

  /** The file was found, or cut, to be this long, and is synced. */
  setSize(sizeBytes: number): void {
    this.assignedBytes = sizeBytes
    this.writtenBytes = sizeBytes
    this.syncedBytes = sizeBytes
  }

  get offsetIndexPath(): string {
    return this.#path(OFFSET_INDEX_SUFFIX)
  }

  get timeIndexPath(): string {
    return this.#path(TIME_INDEX_SUFFIX)
  }

  get transactionIndexPath(): string {
    return this.#path(TRANSACTION_INDEX_SUFFIX)
  }

  /** Producer state at the base offset. */
  get snapshotPath(): string {
    return this.#path(SNAPSHOT_SUFFIX)
  }

  /** Files that go with the segment; some may not exist. */
  get paths(): readonly string[] {
    return [this.logPath, this.offsetIndexPath, this.timeIndexPath, this.transactionIndexPath, this.snapshotPath]
  }

  canHold(lastOffset: number): boolean {
    return lastOffset - this.baseOffset <= RELATIVE_OFFSET_MAX
  }

  /** An index would pass segment.index.bytes; the time index keeps room for the entry that sealing adds. */
  isIndexFull(segmentIndexBytes: number): boolean {
    if (this.indexes === null) return false
    return (
      this.indexes.offset.count >= Math.floor(segmentIndexBytes / OFFSET_ENTRY_BYTES) ||
      this.indexes.time.count >= Math.floor(segmentIndexBytes / TIME_ENTRY_BYTES) - 1
    )
  }

  /** Takes note of batches that are now in the file, at `writtenBytes`. */
  noteWritten(records: Buffer, indexIntervalBytes: number): void {
    let pos = 0
    while (pos < records.length) pos += this.noteBatch(records, pos, indexIntervalBytes)
    assert(pos === records.length, 'appends are whole batches')
  }

  /** Takes note of one batch that is in the file at `writtenBytes`; returns its size. */
  noteBatch(buf: Buffer, pos: number, indexIntervalBytes: number): number {
    const indexes = this.indexes
    assert(indexes !== null, 'a segment that grows has its indexes in memory')
    const lastOffset = batchLastOffset(buf, pos)
    assert(batchBaseOffset(buf, pos) >= this.baseOffset, 'a batch lies in its segment')
    const timestampMs = batchMaxTimestamp(buf, pos)
    if (timestampMs > (this.maxTimestampMs ?? -1)) {
      this.maxTimestampMs = timestampMs
      this.maxTimestampOffset = lastOffset
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      indexes.offset.append(lastOffset, this.writtenBytes)
      indexes.time.maybeAppend(this.maxTimestampMs ?? -1, this.maxTimestampOffset)
      this.#bytesSinceIndexEntry = 0
    }
    const size = batchSize(buf, pos)
    this.#bytesSinceIndexEntry += size
    this.writtenBytes += size
    return size
  }

  /** The last entry of the time index says the largest timestamp, so that a sealed segment's is known from its file. */
  finishTimeIndex(): void {
    this.indexes?.time.maybeAppend(this.maxTimestampMs ?? -1, this.maxTimestampOffset)
  }

  /**
   * Makes ready to take note of the batches from `position` on: the place of the last entry of `indexes`, or 0. What was
   * noted of batches behind it is dropped.
   */
  restartAt(position: number, indexes: SegmentIndexes): void {
    this.indexes = indexes
    this.isFreeOfAborts = false
    this.setSize(position)
    this.#bytesSinceIndexEntry = 0
    this.firstTimestampMs = -1
    const last = indexes.time.last
    this.maxTimestampMs = last?.timestampMs ?? -1
    this.maxTimestampOffset = last?.offset ?? -1
  }

  /** The files have (or are about to get) names with this behind them: .cleaned, .swap, or nothing. */
  nameAs(suffix: string): void {
    this.#nameSuffix = suffix
    this.logPath = this.#path(LOG_SUFFIX)
  }

  #path(suffix: string): string {
    return `${this.folder}/${fileName(this.baseOffset, suffix)}${this.#nameSuffix}`
  }
}
