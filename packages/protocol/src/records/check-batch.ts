/**
 * What can be said of a batch from its header and checksum alone, without a look at its records.
 *
 * {@link checkBatch} holds for every batch that may lie in a log: recovery and followers use it. {@link checkProducedBatch} adds what
 * only holds for a batch fresh from a producer. Nothing is allocated unless something is wrong.
 */

import {
  ATTRIBUTES_AT,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchLength,
  compressionOf,
  crc,
  HEADER_BYTES,
  hasDeleteHorizon,
  isControl,
  isLogAppendTime,
  isTransactional,
  LENGTH_PREFIX_BYTES,
  lastOffsetDelta,
  MAGIC_AT,
  MAGIC_V2,
  magic,
  maxTimestamp,
  NO_TIMESTAMP,
  producerId,
  recordCount,
} from './batch-header.ts'
import { isKnownCompression } from './compression-type.ts'
import { crc32c } from './crc32c.ts'

/** Smallest length field that any message format allows: 14 bytes of the oldest record, after base offset and length. */
const MIN_LENGTH = 14

/** What is wrong with a batch, with the values that show it. {@link errorOfFault} gives the error code. */
export type BatchFault =
  /** No bytes at all where a batch should be. */
  | { readonly kind: 'no-batch' }
  /** The buffer ends before the batch does. `neededBytes` is 12 while the length itself is not there. */
  | { readonly kind: 'truncated'; readonly neededBytes: number; readonly availableBytes: number }
  /** The length field is less than any batch takes. */
  | { readonly kind: 'invalid-length'; readonly length: number }
  /** Not message format v2. 0 and 1 are the old formats, anything else is none. */
  | { readonly kind: 'unsupported-magic'; readonly magic: number }
  | { readonly kind: 'crc-mismatch'; readonly stored: number; readonly computed: number }
  /** Negative count, or fewer offsets than records. */
  | { readonly kind: 'invalid-count'; readonly count: number; readonly lastOffsetDelta: number }
  /** More bytes after the batch where one batch was allowed. */
  | { readonly kind: 'more-than-one-batch'; readonly bytes: number }
  /** A producer numbers from 0; the broker assigns the offset. */
  | { readonly kind: 'invalid-base-offset'; readonly baseOffset: number }
  /** A producer's batch has records, and as many as offsets. */
  | { readonly kind: 'count-mismatch'; readonly count: number; readonly lastOffsetDelta: number }
  /** Control batches are written by brokers only. */
  | { readonly kind: 'control-batch' }
  /** A delete horizon is set by log cleaning only. */
  | { readonly kind: 'delete-horizon' }
  /** With a producer id there must be a sequence; a transaction needs a producer id. */
  | { readonly kind: 'invalid-producer'; readonly producerId: number; readonly baseSequence: number }
  | { readonly kind: 'unsupported-compression'; readonly compression: number }
  /** Log append time is set by the broker only. */
  | { readonly kind: 'log-append-time' }
  | { readonly kind: 'timestamp-out-of-bounds'; readonly timestamp: number; readonly bounds: TimestampBounds }

/** Milliseconds; both inclusive. */
export interface TimestampBounds {
  readonly earliest: number
  readonly latest: number
}

/**
 * Checks one batch at `pos` that has to end at or before `end`: length, magic, checksum, sane count. Gives the first fault, or null.
 * Holds for control batches, compacted and empty ones.
 */
export function checkBatch(buf: Uint8Array, pos: number, end: number): BatchFault | null {
  return checkExtent(buf, pos, end) ?? checkContent(buf, pos)
}

/**
 * Checks that `buf[pos, end)` is exactly one batch as a producer may send it: {@link checkBatch}, and base offset 0, one offset per
 * record, no control batch, a known codec, create time, and with `bounds` timestamps within them. The bounds hold for the highest
 * timestamp and for that of the first record; those in between are not looked at. The order of the checks is Kafka's.
 */
export function checkProducedBatch(
  buf: Uint8Array,
  pos: number,
  end: number,
  bounds?: TimestampBounds,
): BatchFault | null {
  if (pos >= end) return { kind: 'no-batch' }
  const fault = checkExtent(buf, pos, end)
  if (fault !== null) return fault
  const batchEnd = pos + LENGTH_PREFIX_BYTES + batchLength(buf, pos)
  if (batchEnd !== end) return { kind: 'more-than-one-batch', bytes: end - batchEnd }
  if (baseOffset(buf, pos) !== 0) return { kind: 'invalid-base-offset', baseOffset: baseOffset(buf, pos) }
  return checkContent(buf, pos) ?? checkOrigin(buf, pos) ?? checkTimestamps(buf, pos, bounds)
}

/** The position after the batch at `pos`, or -1 when no whole batch of format v2 is there. Trust in the length alone: no checksum. */
export function batchEnd(buf: Uint8Array, pos: number, end: number): number {
  if (end - pos < HEADER_BYTES) return -1
  const length = batchLength(buf, pos)
  if (length < HEADER_BYTES - LENGTH_PREFIX_BYTES || length > end - pos - LENGTH_PREFIX_BYTES) return -1
  return magic(buf, pos) === MAGIC_V2 ? pos + LENGTH_PREFIX_BYTES + length : -1
}

/**
 * The positions of the whole batches that lie in a row in `buf[start, end)`. Ends quietly at the first that is cut short, as the last
 * one of a fetch response may be, or that is none; {@link checkBatch} tells why.
 */
export function* batchesIn(buf: Uint8Array, start = 0, end = buf.length): Generator<number, void, undefined> {
  for (let pos = start; ; ) {
    const next = batchEnd(buf, pos, end)
    if (next < 0) return
    yield pos
    pos = next
  }
}

/** The batch is all there, and of a format whose header this package knows. */
function checkExtent(buf: Uint8Array, pos: number, end: number): BatchFault | null {
  const available = end - pos
  if (available < LENGTH_PREFIX_BYTES) return truncated(LENGTH_PREFIX_BYTES, available)
  const length = batchLength(buf, pos)
  if (length < MIN_LENGTH) return { kind: 'invalid-length', length }
  if (available > MAGIC_AT && magic(buf, pos) !== MAGIC_V2) return { kind: 'unsupported-magic', magic: magic(buf, pos) }
  if (length < HEADER_BYTES - LENGTH_PREFIX_BYTES) return { kind: 'invalid-length', length }
  const needed = LENGTH_PREFIX_BYTES + length
  return needed > available ? truncated(needed, available) : null
}

function checkContent(buf: Uint8Array, pos: number): BatchFault | null {
  const computed = crc32c(buf, pos + ATTRIBUTES_AT, pos + LENGTH_PREFIX_BYTES + batchLength(buf, pos))
  const stored = crc(buf, pos)
  if (stored !== computed) return { kind: 'crc-mismatch', stored, computed }
  const count = recordCount(buf, pos)
  const delta = lastOffsetDelta(buf, pos)
  if (count < 0 || delta < 0 || count > delta + 1) return { kind: 'invalid-count', count, lastOffsetDelta: delta }
  return null
}

function checkOrigin(buf: Uint8Array, pos: number): BatchFault | null {
  const count = recordCount(buf, pos)
  const delta = lastOffsetDelta(buf, pos)
  if (count === 0 || count !== delta + 1) return { kind: 'count-mismatch', count, lastOffsetDelta: delta }
  if (isControl(buf, pos)) return { kind: 'control-batch' }
  if (hasDeleteHorizon(buf, pos)) return { kind: 'delete-horizon' }
  const id = producerId(buf, pos)
  const sequence = baseSequence(buf, pos)
  if (id >= 0 ? sequence < 0 : isTransactional(buf, pos)) {
    return { kind: 'invalid-producer', producerId: id, baseSequence: sequence }
  }
  const compression = compressionOf(buf, pos)
  return isKnownCompression(compression) ? null : { kind: 'unsupported-compression', compression }
}

function checkTimestamps(buf: Uint8Array, pos: number, bounds: TimestampBounds | undefined): BatchFault | null {
  if (isLogAppendTime(buf, pos)) return { kind: 'log-append-time' }
  if (bounds === undefined) return null
  const first = baseTimestamp(buf, pos)
  const highest = maxTimestamp(buf, pos)
  if (first !== NO_TIMESTAMP && first < bounds.earliest) return outOfBounds(first, bounds)
  if (highest !== NO_TIMESTAMP && highest > bounds.latest) return outOfBounds(highest, bounds)
  return null
}

function truncated(neededBytes: number, availableBytes: number): BatchFault {
  return { kind: 'truncated', neededBytes, availableBytes }
}

function outOfBounds(timestamp: number, bounds: TimestampBounds): BatchFault {
  return { kind: 'timestamp-out-of-bounds', timestamp, bounds }
}
