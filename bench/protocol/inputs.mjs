/**
 * What is encoded, decoded and hashed: the same for all contestants. Bytes that are decoded come out of Ottla's encoder, which is
 * checked against golden bytes of Apache Kafka; the versions are those that all three speak.
 */
import {
  BatchBuilder,
  CompressionType,
  encodeMessage,
  FetchResponse,
  HeartbeatResponse,
  MetadataResponse,
  OffsetFetchResponse,
  ProduceResponse,
} from '@ottla/protocol'

export const TIMESTAMP = 1_700_000_000_000
export const GROUP = 'payments-processor'
export const MEMBER = 'consumer-payments-processor-1-0d1f3c5a-5b1e-4f66-9a8e-2f8f3d1f0c11'
export const TOPIC = 'payments.transactions'

export const topicNames = (count) => Array.from({ length: count }, (_, i) => `${TOPIC}.${i}`)
export const indexes = (count) => Array.from({ length: count }, (_, i) => i)

/** Bytes without a pattern that a compressor would find, but the same in every run. */
export function bytes(length, seed = 1) {
  const buffer = Buffer.alloc(length)
  for (let i = 0, state = seed; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    buffer[i] = state >>> 16
  }
  return buffer
}

const WORDS = 'account payment order shipped pending declined berlin lisbon oslo visa transfer refund invoice'.split(
  ' ',
)

/** JSON, as most records are, of exactly `length` bytes: what repeats in it is keys and words, not whole lines. */
function json(length, i) {
  const text = `{"id":${i},"user":"user-${(i * 7919) % 1000}","event":"${['click', 'view', 'buy'][i % 3]}","amount":${(i * 31) % 10007},"note":"`
  let note = ''
  for (let k = 0, state = i + 1; text.length + note.length < length; k++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    note += `${WORDS[(state >>> 16) % WORDS.length]} ${k % 3 === 0 ? state % 100_000 : ''} `
  }
  return Buffer.from(`${text.concat(note).slice(0, length - 2)}"}`)
}

/** `count` records with a key of about ten bytes, a value of `valueBytes` and one header. */
export function recordsOf(count, valueBytes) {
  return indexes(count).map((i) => ({
    key: Buffer.from(`account-${i}`),
    value: json(valueBytes, i),
    headers: [['trace', Buffer.from(`trace-${i}`)]],
  }))
}

export const hundred = recordsOf(100, 100)
export const thousand = recordsOf(1000, 1000)

/** Values of one to five bytes, as lengths and deltas are: most are short. */
export const varints = indexes(1000).map((i) => {
  const value = (i * 2654435761) % 2 ** 30
  return [value % 60, value % 60, value % 8000, value % 1_000_000, value][i % 5] * (i % 7 === 0 ? -1 : 1)
})

function batch(records, compression = CompressionType.none) {
  const builder = new BatchBuilder({ compression, timestamp: TIMESTAMP })
  for (const { key, value, headers } of records) {
    builder.append({ key, value, headers: headers.map(([name, content]) => ({ key: name, value: content })) })
  }
  return builder.build()
}

export const batches = {
  hundred: batch(hundred),
  thousand: batch(thousand),
  gzip: batch(hundred, CompressionType.gzip),
  snappy: batch(hundred, CompressionType.snappy),
  lz4: batch(hundred, CompressionType.lz4),
  zstd: batch(hundred, CompressionType.zstd),
  largeGzip: batch(thousand, CompressionType.gzip),
  largeSnappy: batch(thousand, CompressionType.snappy),
  largeLz4: batch(thousand, CompressionType.lz4),
  largeZstd: batch(thousand, CompressionType.zstd),
}

const brokers = [1, 2, 3].map((nodeId) => ({ nodeId, host: `broker-${nodeId}.kafka.internal`, port: 9092, rack: 'a' }))

export const responses = {
  produceV7: encodeMessage(ProduceResponse, 7, {
    responses: [
      {
        name: TOPIC,
        partitionResponses: indexes(6).map((index) => ({ index, baseOffset: 1_000_000 + index, logStartOffset: 0 })),
      },
    ],
  }),
  fetchV11: encodeMessage(FetchResponse, 11, {
    responses: [
      {
        topic: TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            highWatermark: 1_000_100,
            lastStableOffset: 1_000_100,
            logStartOffset: 0,
            abortedTransactions: [],
            records: batches.hundred,
          },
        ],
      },
    ],
  }),
  metadataV6: encodeMessage(MetadataResponse, 6, {
    brokers,
    clusterId: 'kVUYqsCGTWuPQhI3Jyvzqg',
    controllerId: 1,
    topics: topicNames(100).map((name) => ({
      name,
      partitions: indexes(6).map((partitionIndex) => ({
        partitionIndex,
        leaderId: 1 + (partitionIndex % 3),
        replicaNodes: [1, 2, 3],
        isrNodes: [1, 2, 3],
      })),
    })),
  }),
  heartbeatV3: encodeMessage(HeartbeatResponse, 3, {}),
  offsetFetchV4: encodeMessage(OffsetFetchResponse, 4, {
    topics: [
      {
        name: TOPIC,
        partitions: indexes(20).map((partitionIndex) => ({ partitionIndex, committedOffset: 1_000_000, metadata: '' })),
      },
    ],
  }),
}

export const crcInputs = {
  'crc32c 100 B': bytes(100),
  'crc32c 1 KB': bytes(1024),
  'crc32c 16 KB': bytes(16384),
  'crc32c 1 MB': bytes(1 << 20),
}
export const murmurInputs = { 'murmur2 10 B': bytes(10), 'murmur2 36 B': bytes(36), 'murmur2 1 KB': bytes(1024) }
