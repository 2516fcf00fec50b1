/**
 * What cleaning leaves of each batch. Offsets never change. A batch that loses nothing stays as it is, byte for byte.
 *
 * - Of each key the newest record stays; records without key go; aborted data go, even where they are the newest.
 * - A tombstone stays until the delete horizon of its batch, which the first cleaning that meets it sets (KIP-534): its value is
 *   the base timestamp then. The same holds for a marker from the cleaning on that finds no data of its transaction.
 * - A batch without records stays empty where it tells the last sequence of a producer, or the offset at which the round ends.
 *
 * What lies above the offsets that the map knows stays, and gets no horizon: older values of a tombstone's key may still be there.
 */
import {
  ATTRIBUTES_AT,
  attributes,
  BatchBuilder,
  type BatchOptions,
  baseOffset,
  baseSequence,
  baseTimestamp,
  COMPRESSION_MASK,
  CompressionType,
  compressionOf,
  HEADER_BYTES,
  hasDeleteHorizon,
  isControl,
  isCrcValid,
  isLogAppendTime,
  isTransactional,
  LENGTH_AT,
  LENGTH_PREFIX_BYTES,
  lastOffset,
  maxTimestamp,
  nextOffset,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  RecordCursor,
  recordCount,
  sizeInBytes,
  updateCrc,
} from '@ottla/protocol'
import { LogError } from '../log-error.ts'
import type { ProducerEntry } from '../producer/producer-entry.ts'
import { type CleaningWork, cursorOver, packed, RECORDS_PER_LOOK, REST } from './cleaning-step.ts'
import type { OffsetMap } from './offset-map.ts'
import type { TransactionTracker } from './transaction-tracker.ts'
import type { WorkSlices } from './work-slices.ts'

export interface FilterContext {
  readonly map: OffsetMap
  readonly transactions: TransactionTracker
  readonly slices: WorkSlices
  /** The time of this round. */
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** The round ends here: a batch that ends at it is kept, empty if need be. */
  readonly roundEnd: number
  /** What is known of a producer now. */
  readonly producer: (producerId: number) => ProducerEntry | undefined
  readonly counts: FilterCounts
}

export interface FilterCounts {
  recordsRead: number
  recordsKept: number
  /** Records without key, which a compacted topic should not have. */
  recordsWithoutKey: number
}

/** Which records of a batch go. */
interface Verdict {
  readonly keep: Uint8Array
  readonly kept: number
  readonly hasTombstone: boolean
}

/** Timestamps are stored as distances from the horizon: beyond this they would not be exact. */
const HORIZON_MAX_MS = Number.MAX_SAFE_INTEGER

interface Rebuilding {
  readonly cursor: RecordCursor
  readonly verdict: Verdict
  readonly horizonMs: number | null
  readonly slices: WorkSlices
}

/** The buffers to write for the whole batches in `buf[0, end)`, some of them cut out of it. */
export function* filterBatches(buf: Buffer, end: number, context: FilterContext): CleaningWork<Buffer[]> {
  const kept: Buffer[] = []
  let runStart = -1
  for (let pos = 0; pos < end; ) {
    const size = sizeInBytes(buf, pos)
    if (!isCrcValid(buf, pos)) {
      throw new LogError('CORRUPT', `the batch at offset ${baseOffset(buf, pos)} has a wrong checksum`)
    }
    const result = yield* filterBatch(buf, pos, context)
    if (result === 'unchanged') {
      if (runStart < 0) runStart = pos
    } else {
      if (runStart >= 0) kept.push(buf.subarray(runStart, pos))
      runStart = -1
      if (result !== null) kept.push(result)
    }
    pos += size
    if (context.slices.isOver) yield REST
  }
  if (runStart >= 0) kept.push(buf.subarray(runStart, end))
  return kept
}

/** Null: nothing of it stays. */
function* filterBatch(buf: Buffer, pos: number, context: FilterContext): CleaningWork<Buffer | 'unchanged' | null> {
  const { transactions, nowMs, deleteRetentionMs, map } = context
  context.counts.recordsRead += recordCount(buf, pos)
  const horizonMs = hasDeleteHorizon(buf, pos) ? baseTimestamp(buf, pos) : null
  const isKnown = lastOffset(buf, pos) <= map.latestOffset
  const newHorizonMs = horizonMs === null && isKnown ? Math.min(nowMs + deleteRetentionMs, HORIZON_MAX_MS) : null
  const isKeptEmpty = isNeeded(buf, pos, context)
  if (isControl(buf, pos)) {
    const isOfNothing = transactions.isMarkerOfNothing(buf, pos)
    if (isOfNothing && (recordCount(buf, pos) === 0 || (horizonMs !== null && horizonMs <= nowMs))) {
      return isKeptEmpty ? emptied(buf, pos) : null
    }
    context.counts.recordsKept += recordCount(buf, pos)
    return isOfNothing && newHorizonMs !== null ? withHorizon(buf, pos, newHorizonMs) : 'unchanged'
  }
  if (transactions.isAborted(buf, pos)) return isKeptEmpty ? emptied(buf, pos) : null
  const cursor = yield* cursorOver(buf, pos)
  const verdict = yield* judge(cursor, { horizonMs, context })
  context.counts.recordsKept += verdict.kept
  if (verdict.kept === 0) return isKeptEmpty ? emptied(buf, pos) : null
  const isMarked = verdict.hasTombstone && newHorizonMs !== null
  if (verdict.kept === cursor.count && !isMarked) return 'unchanged'
  const { slices } = context
  return yield* rebuilt(buf, pos, { cursor, verdict, horizonMs: isMarked ? newHorizonMs : horizonMs, slices })
}

/** The batch tells the last sequence (or the epoch) of a producer, or where the round ends. */
function isNeeded(buf: Buffer, pos: number, { producer, roundEnd }: FilterContext): boolean {
  if (nextOffset(buf, pos) === roundEnd) return true
  const id = producerId(buf, pos)
  const entry = id < 0 ? undefined : producer(id)
  if (entry === undefined) return false
  const last = entry.batches.at(-1)
  if (last !== undefined) return last.lastOffset === lastOffset(buf, pos)
  return isControl(buf, pos) && producerEpoch(buf, pos) === entry.producerEpoch
}

function* judge(
  cursor: RecordCursor,
  { horizonMs, context }: { horizonMs: number | null; context: FilterContext },
): CleaningWork<Verdict> {
  const { map, nowMs, slices, counts } = context
  const keep = new Uint8Array(cursor.count)
  const isPastHorizon = horizonMs !== null && nowMs >= horizonMs
  let kept = 0
  let hasTombstone = false
  for (let i = 0; cursor.next(); i++) {
    if (i % RECORDS_PER_LOOK === RECORDS_PER_LOOK - 1 && slices.isOver) yield REST
    if (cursor.offset <= map.latestOffset) {
      if (cursor.keyLength < 0) {
        counts.recordsWithoutKey++
        continue
      }
      if (cursor.offset < map.offsetOf(cursor.buffer, cursor.keyStart, cursor.keyLength)) continue
      if (cursor.valueLength < 0 && isPastHorizon) continue
    }
    keep[i] = 1
    kept++
    if (cursor.valueLength < 0) hasTombstone = true
  }
  return { keep, kept, hasTombstone }
}

/** The batch with the records that stay. */
function* rebuilt(buf: Buffer, pos: number, { cursor, verdict, horizonMs, slices }: Rebuilding): CleaningWork<Buffer> {
  const type = compressionOf(buf, pos)
  const builder = new BatchBuilder({
    ...identityOf(buf, pos),
    initialBytes: type === CompressionType.none ? sizeInBytes(buf, pos) + 16 : cursor.buffer.length + HEADER_BYTES,
    ...(horizonMs === null ? {} : { deleteHorizon: horizonMs }),
  })
  const again = new RecordCursor(buf, pos, type === CompressionType.none ? {} : { unpacked: cursor.buffer })
  for (let i = 0; again.next(); i++) {
    if (verdict.keep[i] === 1) builder.appendFrom(again)
    if (i % RECORDS_PER_LOOK === RECORDS_PER_LOOK - 1 && slices.isOver) yield REST
  }
  const plain = builder.build({ lastOffset: lastOffset(buf, pos) })
  return type === CompressionType.none ? plain : yield* compressed(plain, type)
}

/** The batch with its records packed. */
function* compressed(plain: Buffer, type: number): CleaningWork<Buffer> {
  const records = yield* packed(type, plain.subarray(HEADER_BYTES))
  const batch = Buffer.allocUnsafeSlow(HEADER_BYTES + records.length)
  plain.copy(batch, 0, 0, HEADER_BYTES)
  records.copy(batch, HEADER_BYTES)
  batch.writeInt32BE(batch.length - LENGTH_PREFIX_BYTES, LENGTH_AT)
  batch.writeInt16BE((attributes(batch, 0) & ~COMPRESSION_MASK) | type, ATTRIBUTES_AT)
  updateCrc(batch, 0)
  return batch
}

/** The batch without its records. */
function emptied(buf: Buffer, pos: number): Buffer | 'unchanged' {
  if (recordCount(buf, pos) === 0) return 'unchanged'
  const builder = new BatchBuilder({ ...identityOf(buf, pos), initialBytes: HEADER_BYTES })
  return builder.build({ lastOffset: lastOffset(buf, pos), maxTimestamp: maxTimestamp(buf, pos) })
}

/** A control batch with its delete horizon, which takes the place of the base timestamp. */
function withHorizon(buf: Buffer, pos: number, horizonMs: number): Buffer {
  const cursor = new RecordCursor(buf, pos)
  const builder = new BatchBuilder({ ...identityOf(buf, pos), initialBytes: 128, deleteHorizon: horizonMs })
  while (cursor.next()) builder.appendFrom(cursor)
  return builder.build({ lastOffset: lastOffset(buf, pos) })
}

function identityOf(buf: Buffer, pos: number): BatchOptions {
  return {
    baseOffset: baseOffset(buf, pos),
    partitionLeaderEpoch: partitionLeaderEpoch(buf, pos),
    producerId: producerId(buf, pos),
    producerEpoch: producerEpoch(buf, pos),
    baseSequence: baseSequence(buf, pos),
    transactional: isTransactional(buf, pos),
    control: isControl(buf, pos),
    ...(isLogAppendTime(buf, pos) ? { logAppendTime: maxTimestamp(buf, pos) } : {}),
  }
}
