/**
 * The 61-byte header of a record batch (message format v2), read and stamped in place.
 *
 * All functions take the buffer and the position at which the batch begins, and do not check bounds: a caller first makes
 * sure that `HEADER_BYTES` bytes are there (see check-batch.ts and batchesIn), and nothing is ever allocated here.
 */

import { crc32c } from './crc32c.ts'
import { int16At, int32At, int64At, setInt16At, setInt32At, setInt64At, uint32At } from './int64-at.ts'

/** Size of the header of a v2 batch; the records come right after. */
export const HEADER_BYTES = 61
/** Bytes that the length field does not count: base offset and the length itself. */
export const LENGTH_PREFIX_BYTES = 12
/** The only message format that is written and served. */
export const MAGIC_V2 = 2

export const BASE_OFFSET_AT = 0
export const LENGTH_AT = 8
export const PARTITION_LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
export const CRC_AT = 17
/** The checksum covers everything from here to the end of the batch. */
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORD_COUNT_AT = 57

/** Bits of the attributes. */
export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20
export const DELETE_HORIZON_BIT = 0x40

/** "None" of producer id, producer epoch, sequence, partition leader epoch and timestamp. */
export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
export const NO_PARTITION_LEADER_EPOCH = -1
export const NO_TIMESTAMP = -1

const SEQUENCES = 2 ** 31

/** Offset of the first record; in a batch from a producer 0. After compaction records may begin later. */
export function baseOffset(buf: Uint8Array, pos: number): number {
  return int64At(buf, pos + BASE_OFFSET_AT)
}

/** The length field: bytes of the batch after the field itself. */
export function batchLength(buf: Uint8Array, pos: number): number {
  return int32At(buf, pos + LENGTH_AT)
}

/** Bytes of the whole batch, base offset and length field included. */
export function sizeInBytes(buf: Uint8Array, pos: number): number {
  return LENGTH_PREFIX_BYTES + batchLength(buf, pos)
}

/** Leader epoch at which the batch was appended; not covered by the checksum. */
export function partitionLeaderEpoch(buf: Uint8Array, pos: number): number {
  return int32At(buf, pos + PARTITION_LEADER_EPOCH_AT)
}

/** Message format version; at the same place in all formats. */
export function magic(buf: Uint8Array, pos: number): number {
  return (buf[pos + MAGIC_AT]! << 24) >> 24
}

/** The stored CRC-32C, unsigned. */
export function crc(buf: Uint8Array, pos: number): number {
  return uint32At(buf, pos + CRC_AT)
}

/** Whether the stored checksum is that of the bytes. The batch must lie in the buffer as a whole. */
export function isCrcValid(buf: Uint8Array, pos: number): boolean {
  return crc(buf, pos) === crc32c(buf, pos + ATTRIBUTES_AT, pos + sizeInBytes(buf, pos))
}

/** All attribute bits. */
export function attributes(buf: Uint8Array, pos: number): number {
  return int16At(buf, pos + ATTRIBUTES_AT)
}

/** Number of the codec, 0 to 7; only 0 to 4 are known (see CompressionType). */
export function compressionOf(buf: Uint8Array, pos: number): number {
  return buf[pos + ATTRIBUTES_AT + 1]! & COMPRESSION_MASK
}

/** Whether the records belong to a transaction. */
export function isTransactional(buf: Uint8Array, pos: number): boolean {
  return (buf[pos + ATTRIBUTES_AT + 1]! & TRANSACTIONAL_BIT) !== 0
}

/** Whether this is a control batch: a transaction marker or a record of the quorum. */
export function isControl(buf: Uint8Array, pos: number): boolean {
  return (buf[pos + ATTRIBUTES_AT + 1]! & CONTROL_BIT) !== 0
}

/** Whether the broker set the time: then every record has the max timestamp of the batch. */
export function isLogAppendTime(buf: Uint8Array, pos: number): boolean {
  return (buf[pos + ATTRIBUTES_AT + 1]! & LOG_APPEND_TIME_BIT) !== 0
}

/** Whether the base timestamp is the time from which tombstones and markers in it may be dropped (KIP-534). */
export function hasDeleteHorizon(buf: Uint8Array, pos: number): boolean {
  return (buf[pos + ATTRIBUTES_AT + 1]! & DELETE_HORIZON_BIT) !== 0
}

/** Offset of the last record, less the base offset. Compaction keeps it even when that record is gone. */
export function lastOffsetDelta(buf: Uint8Array, pos: number): number {
  return int32At(buf, pos + LAST_OFFSET_DELTA_AT)
}

/** Offset of the last record. */
export function lastOffset(buf: Uint8Array, pos: number): number {
  return baseOffset(buf, pos) + lastOffsetDelta(buf, pos)
}

/** Offset after the last record. */
export function nextOffset(buf: Uint8Array, pos: number): number {
  return baseOffset(buf, pos) + lastOffsetDelta(buf, pos) + 1
}

/** Milliseconds to which the deltas of the records are added; the delete horizon when {@link hasDeleteHorizon}. */
export function baseTimestamp(buf: Uint8Array, pos: number): number {
  return int64At(buf, pos + BASE_TIMESTAMP_AT)
}

/** Highest timestamp of the records in milliseconds; -1 when there is none. */
export function maxTimestamp(buf: Uint8Array, pos: number): number {
  return int64At(buf, pos + MAX_TIMESTAMP_AT)
}

/** Producer id; -1 when the producer is not idempotent. */
export function producerId(buf: Uint8Array, pos: number): number {
  return int64At(buf, pos + PRODUCER_ID_AT)
}

/** Producer epoch; -1 when the producer is not idempotent. */
export function producerEpoch(buf: Uint8Array, pos: number): number {
  return int16At(buf, pos + PRODUCER_EPOCH_AT)
}

/** Sequence of the first record; -1 when the producer is not idempotent, and in control batches. */
export function baseSequence(buf: Uint8Array, pos: number): number {
  return int32At(buf, pos + BASE_SEQUENCE_AT)
}

/** Sequence of the last record; -1 when there are none. */
export function lastSequence(buf: Uint8Array, pos: number): number {
  const base = baseSequence(buf, pos)
  return base === NO_SEQUENCE ? NO_SEQUENCE : addSequence(base, lastOffsetDelta(buf, pos))
}

/** `sequence + increment`, where 0 comes after 2^31-1. */
export function addSequence(sequence: number, increment: number): number {
  const sum = sequence + increment
  return sum >= SEQUENCES ? sum - SEQUENCES : sum
}

/** Number of records; 0 in a batch that compaction emptied. */
export function recordCount(buf: Uint8Array, pos: number): number {
  return int32At(buf, pos + RECORD_COUNT_AT)
}

/** Sets the base offset; not covered by the checksum. */
export function setBaseOffset(buf: Uint8Array, pos: number, offset: number): void {
  setInt64At(buf, pos + BASE_OFFSET_AT, offset)
}

/** Sets the leader epoch; not covered by the checksum. */
export function setPartitionLeaderEpoch(buf: Uint8Array, pos: number, epoch: number): void {
  setInt32At(buf, pos + PARTITION_LEADER_EPOCH_AT, epoch)
}

/** Marks the batch as one with log append time, sets the max timestamp to it and recomputes the checksum. */
export function stampLogAppendTime(buf: Uint8Array, pos: number, timestamp: number): void {
  setInt16At(buf, pos + ATTRIBUTES_AT, attributes(buf, pos) | LOG_APPEND_TIME_BIT)
  setInt64At(buf, pos + MAX_TIMESTAMP_AT, timestamp)
  updateCrc(buf, pos)
}

/** What an idempotent or transactional producer stamps into a batch. */
export interface ProducerFields {
  readonly producerId: number
  readonly producerEpoch: number
  /** Sequence of the first record. */
  readonly baseSequence: number
}

/** Sets producer id, epoch and base sequence, and recomputes the checksum: a batch that waits is stamped again after a new epoch. */
export function stampProducer(buf: Uint8Array, pos: number, fields: ProducerFields): void {
  setInt64At(buf, pos + PRODUCER_ID_AT, fields.producerId)
  setInt16At(buf, pos + PRODUCER_EPOCH_AT, fields.producerEpoch)
  setInt32At(buf, pos + BASE_SEQUENCE_AT, fields.baseSequence)
  updateCrc(buf, pos)
}

/** Recomputes and stores the checksum, after something that it covers was changed. */
export function updateCrc(buf: Uint8Array, pos: number): void {
  setInt32At(buf, pos + CRC_AT, crc32c(buf, pos + ATTRIBUTES_AT, pos + sizeInBytes(buf, pos)))
}
