/**
 * The file of a producer snapshot, in Kafka's format: int16 version, uint32 CRC-32C of all that follows, int32 count, then
 * per producer: int64 id, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta of the last batch, int64
 * timestamp, int32 coordinator epoch, int64 first offset of the open transaction or -1. Only the last batch is kept.
 */
import { crc32c, NO_SEQUENCE } from '@ottla/protocol'
import { readInt64, writeInt64 } from '../bytes.ts'
import { type ProducerEntry, sequenceBefore } from './producer-entry.ts'

const VERSION = 1
const CRC_AT = 2
const COUNT_AT = 6
const HEAD_BYTES = 10
const ENTRY_BYTES = 46

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>, count: number): Buffer {
  const buf = Buffer.allocUnsafe(HEAD_BYTES + count * ENTRY_BYTES)
  buf.writeInt16BE(VERSION, 0)
  buf.writeInt32BE(count, COUNT_AT)
  let pos = HEAD_BYTES
  for (const entry of entries) {
    const last = entry.batches.at(-1)
    writeInt64(buf, pos, entry.producerId)
    buf.writeInt16BE(entry.producerEpoch, pos + 8)
    buf.writeInt32BE(last?.lastSequence ?? NO_SEQUENCE, pos + 10)
    writeInt64(buf, pos + 14, last?.lastOffset ?? -1)
    buf.writeInt32BE(last === undefined ? 0 : last.lastOffset - last.baseOffset, pos + 22)
    writeInt64(buf, pos + 26, entry.lastTimestampMs)
    buf.writeInt32BE(entry.coordinatorEpoch, pos + 34)
    writeInt64(buf, pos + 38, entry.transactionStartOffset)
    pos += ENTRY_BYTES
  }
  buf.writeUInt32BE(crc32c(buf, COUNT_AT), CRC_AT)
  return buf
}

/** The producers of a snapshot; null when the file is damaged or of another version. */
export function decodeProducerSnapshot(buf: Buffer): ProducerEntry[] | null {
  if (buf.length < HEAD_BYTES || buf.readInt16BE(0) !== VERSION) return null
  if (buf.readUInt32BE(CRC_AT) !== crc32c(buf, COUNT_AT)) return null
  const count = buf.readInt32BE(COUNT_AT)
  if (count < 0 || buf.length !== HEAD_BYTES + count * ENTRY_BYTES) return null
  const entries: ProducerEntry[] = []
  for (let i = 0; i < count; i++) entries.push(decodeEntry(buf, HEAD_BYTES + i * ENTRY_BYTES))
  return entries
}

function decodeEntry(buf: Buffer, pos: number): ProducerEntry {
  const lastSequence = buf.readInt32BE(pos + 10)
  const lastOffset = readInt64(buf, pos + 14)
  const offsetDelta = buf.readInt32BE(pos + 22)
  const timestampMs = readInt64(buf, pos + 26)
  const batch = {
    baseSequence: sequenceBefore(lastSequence, offsetDelta),
    lastSequence,
    baseOffset: lastOffset - offsetDelta,
    lastOffset,
    timestampMs,
  }
  return {
    producerId: readInt64(buf, pos),
    producerEpoch: buf.readInt16BE(pos + 8),
    batches: lastOffset >= 0 ? [batch] : [],
    lastTimestampMs: timestampMs,
    coordinatorEpoch: buf.readInt32BE(pos + 34),
    transactionStartOffset: readInt64(buf, pos + 38),
  }
}
