import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LOG_CONFIG, type LogConfig } from '@ottla/log'
import {
  BatchBuilder,
  CompressionType,
  compressionOf,
  ErrorCode,
  isCrcValid,
  type RecordInit,
  readRecords,
  setBaseOffset,
} from '@ottla/protocol'
import { checkProduced, type ProducedCheck } from './check-produced.ts'

const NOW = 1_700_000_000_000

function batch(records: RecordInit[], compression: number = CompressionType.none): Buffer {
  const builder = new BatchBuilder({ compression: compression as CompressionType, timestamp: NOW })
  for (const record of records) builder.append(record)
  return builder.build()
}

interface Setting {
  readonly config?: Partial<LogConfig>
  readonly validation?: 'header' | 'full'
  readonly apiVersion?: number
}

function check(records: Buffer, { config, validation = 'header', apiVersion = 9 }: Setting = {}): ProducedCheck {
  return checkProduced(records, {
    config: { ...DEFAULT_LOG_CONFIG, ...config },
    validation,
    nowMs: NOW,
    apiVersion,
    maxDecompressedBytes: 1 << 20,
  })
}

function errorOf(result: ProducedCheck): number {
  return result.kind === 'bad' ? result.error : ErrorCode.NONE
}

test('a good batch passes as it is', () => {
  const records = batch([{ value: 'a' }, { value: 'b' }])
  deepEqual(check(records), { kind: 'good', records, isRecompressed: false })
})

test('each fault of a header has its code', () => {
  const flipped = batch([{ value: 'a' }])
  flipped[flipped.length - 1]! ^= 1
  equal(errorOf(check(flipped)), ErrorCode.CORRUPT_MESSAGE)
  const two = Buffer.concat([batch([{ value: 'a' }]), batch([{ value: 'b' }])])
  equal(errorOf(check(two)), ErrorCode.INVALID_RECORD)
  const elsewhere = batch([{ value: 'a' }])
  setBaseOffset(elsewhere, 0, 5)
  equal(errorOf(check(elsewhere)), ErrorCode.INVALID_RECORD)
  equal(errorOf(check(Buffer.alloc(0))), ErrorCode.INVALID_RECORD)
  const old = batch([{ value: 'a' }])
  old[16] = 1
  equal(errorOf(check(old)), ErrorCode.INVALID_RECORD)
})

test('a record too far in the future is named', () => {
  const result = check(batch([{ value: 'a' }, { value: 'b', timestamp: NOW + 3_600_001 }]))
  equal(errorOf(result), ErrorCode.INVALID_TIMESTAMP)
  deepEqual(result.kind === 'bad' && result.recordErrors.map(({ batchIndex }) => batchIndex), [1])
})

test('a record too far in the past is refused where the topic says so', () => {
  const old = batch([{ value: 'a', timestamp: NOW - 5000 }])
  equal(check(old).kind, 'good')
  equal(errorOf(check(old, { config: { messageTimestampBeforeMaxMs: 1000 } })), ErrorCode.INVALID_TIMESTAMP)
})

test('with LogAppendTime the times of the client do not count', () => {
  const future = batch([{ value: 'a', timestamp: NOW + 10_000_000 }])
  equal(check(future, { config: { messageTimestampType: 'LogAppendTime' } }).kind, 'good')
})

test('on a compacted topic the records without key are named, compressed or not', () => {
  for (const codec of [CompressionType.none, CompressionType.gzip]) {
    const records = batch([{ key: 'k', value: 'a' }, { value: 'b' }, { value: 'c' }], codec)
    const result = check(records, { config: { cleanupCompact: true } })
    equal(errorOf(result), ErrorCode.INVALID_RECORD)
    deepEqual(result.kind === 'bad' && result.recordErrors.map(({ batchIndex }) => batchIndex), [1, 2])
  }
})

test('zstd needs Produce version 7', () => {
  const records = batch([{ value: 'a' }], CompressionType.zstd)
  equal(errorOf(check(records, { apiVersion: 6 })), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  equal(check(records, { apiVersion: 7 }).kind, 'good')
})

test('a forced codec rewrites the batch and keeps the records', () => {
  const wanted = { none: 'uncompressed', gzip: 'gzip', snappy: 'snappy', lz4: 'lz4', zstd: 'zstd' } as const
  for (const from of Object.values(CompressionType)) {
    for (const [name, compressionType] of Object.entries(wanted)) {
      const records = batch([{ key: 'k', value: 'v'.repeat(500) }, { value: null }], from)
      const result = check(records, { config: { compressionType } })
      equal(result.kind, 'good')
      if (result.kind !== 'good') continue
      equal(compressionOf(result.records, 0), CompressionType[name as keyof typeof CompressionType])
      equal(result.isRecompressed, compressionOf(records, 0) !== compressionOf(result.records, 0))
      equal(isCrcValid(result.records, 0), true)
      deepEqual(
        [...readRecords(result.records)].map(({ key, value }) => [key?.toString(), value?.length]),
        [
          ['k', 500],
          [undefined, undefined],
        ],
      )
    }
  }
})

test('full validation finds what the header does not show', () => {
  const records = batch([{ value: 'abc' }], CompressionType.gzip)
  records.fill(0, 61 + 12)
  const lying = new BatchBuilder({ timestamp: NOW })
  lying.append({ value: 'abc' })
  const bytes = lying.build()
  bytes[61] = 0x7e
  rewriteCrc(bytes)
  equal(check(bytes).kind, 'good')
  const result = check(bytes, { validation: 'full' })
  equal(errorOf(result), ErrorCode.INVALID_RECORD)
  match(result.kind === 'bad' ? result.message : '', /cannot be read/)
})

function rewriteCrc(bytes: Buffer): void {
  bytes.writeUInt32BE(crcOf(bytes.subarray(21)), 17)
}

/** CRC-32C, bit by bit. */
function crcOf(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

test('a batch that unpacks to more than is allowed is told as too large, so that producers split it', () => {
  const bomb = batch([{ value: 'x'.repeat((1 << 20) + 1) }], CompressionType.gzip)
  equal(bomb.length < 5000, true)
  equal(errorOf(check(bomb)), ErrorCode.NONE)
  equal(errorOf(check(bomb, { validation: 'full' })), ErrorCode.MESSAGE_TOO_LARGE)
  equal(errorOf(check(bomb, { config: { compressionType: 'zstd' } })), ErrorCode.MESSAGE_TOO_LARGE)
})
