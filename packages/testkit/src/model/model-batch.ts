/** Batches of records that can be told apart for ever. */
import { BatchBuilder, CompressionType, HEADER_BYTES } from '@ottla/protocol'
import type { Prng } from '@ottla/stdx'
import type { SentRecord } from './history.ts'

export interface ProducerIdentity {
  readonly id: number
  readonly epoch: number
}

/** A batch that is sent until it is acknowledged. */
export interface ModelBatch {
  readonly records: readonly SentRecord[]
  /** Sequence of its first record. */
  readonly baseSequence: number
  readonly compression: CompressionType
}

const CODECS = [
  CompressionType.none,
  CompressionType.none,
  CompressionType.none,
  CompressionType.none,
  CompressionType.gzip,
  CompressionType.snappy,
  CompressionType.lz4,
  CompressionType.zstd,
]
const TIME_JITTER_MS = 5000
const FIRST_VERSION_WITH_ZSTD = 7
/** Length, times, offsets, key; and what a codec adds to bytes that it cannot pack. */
const RECORD_OVERHEAD_BYTES = 40

export interface RecordSource {
  readonly producer: string
  readonly isIdempotent: boolean
  readonly nowMs: number
  /** Of the first record. */
  readonly index: number
  readonly count: number
  /** Bytes of the batch, at most. */
  readonly maxBytes: number
  readonly values: ValueSizes
}

/** 'small': mostly within one sector. 'large': over several, so that a torn one shows in its middle. */
export type ValueSizes = 'small' | 'large'

/** Records with times that go back and forth, and some keys. */
export function drawRecords(random: Prng, source: RecordSource): SentRecord[] {
  const { producer, isIdempotent, nowMs, index, count, maxBytes, values } = source
  const records: SentRecord[] = []
  for (let at = 0, left = maxBytes - HEADER_BYTES; at < count; at++) {
    const id = `${producer}.${index + at}`
    const room = left - RECORD_OVERHEAD_BYTES - id.length
    if (room < 0 && at > 0) break
    const value = Buffer.concat([Buffer.from(`${id}|`), filler(random, values).subarray(0, Math.max(0, room))])
    left -= value.length + RECORD_OVERHEAD_BYTES
    const key = random.chance(0.3) ? Buffer.from(`key ${random.below(10)}`) : null
    const timestampMs = nowMs + random.between(-TIME_JITTER_MS, TIME_JITTER_MS)
    records.push({ id, producer, index: index + at, key, value, timestampMs, isIdempotent })
  }
  return records
}

/** zstd came with Produce version 7. */
export function drawCompression(random: Prng, produceVersion: number): CompressionType {
  const codec = random.pick(CODECS)
  return codec === CompressionType.zstd && produceVersion < FIRST_VERSION_WITH_ZSTD ? CompressionType.none : codec
}

/** The bytes on the wire: the same for each attempt. */
export function encodeBatch(batch: ModelBatch, identity: ProducerIdentity | null): Buffer {
  const builder = new BatchBuilder({
    compression: batch.compression,
    ...(identity === null
      ? {}
      : { producerId: identity.id, producerEpoch: identity.epoch, baseSequence: batch.baseSequence }),
  })
  for (const { key, value, timestampMs } of batch.records) builder.append({ key, value, timestamp: timestampMs })
  return builder.build()
}

function filler(random: Prng, values: ValueSizes): Buffer {
  if (values === 'large') return random.bytes(random.between(1500, 6000))
  const kind = random.below(20)
  if (kind === 0) return random.bytes(random.between(1000, 6000))
  if (kind < 4) return random.bytes(random.between(100, 1000))
  return random.bytes(random.below(40))
}
