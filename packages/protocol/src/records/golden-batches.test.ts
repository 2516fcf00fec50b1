import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { BatchBuilder, type BatchOptions } from './batch-builder.ts'
import { errorOfFault } from './batch-fault-error.ts'
import * as header from './batch-header.ts'
import { batchesIn, checkBatch } from './check-batch.ts'
import { decompress } from './compression.ts'
import { COMPRESSION_NAMES, type CompressionType } from './compression-type.ts'
import {
  ControlRecordType,
  controlBatch,
  controlRecordTypeOf,
  coordinatorEpochOf,
  transactionMarkerBatch,
} from './control-record.ts'
import { crc32c } from './crc32c.ts'
import { readCursorHeaders, readRecords } from './record.ts'
import { RecordCursor } from './record-cursor.ts'

interface GoldenRecord {
  offset: number
  timestamp: number
  sequence: number
  key: string | null
  value: string | null
  headers: [string, string | null][]
  controlType?: string
  coordinatorEpoch?: number
}

interface GoldenBatch {
  magic: number
  sizeInBytes: number
  baseOffset: number
  lastOffset: number
  leaderEpoch: number
  crcValid: boolean
  crc: number
  compression: string
  timestampType: string
  baseTimestamp: number
  maxTimestamp: number
  deleteHorizonMs: number | null
  producerId: number
  producerEpoch: number
  baseSequence: number
  lastSequence: number
  transactional: boolean
  control: boolean
  count: number
  records: GoldenRecord[]
  plainLength?: number
  plainCrc32c?: number
  plainHex?: string
  recordsShown?: unknown
}

interface GoldenLine {
  name: string
  hex: string
  writer?: string
  decoded: { batches: GoldenBatch[] }
}

const CONTROL_NAMES = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
]

const all = readFileSync(new URL('../../golden/batches.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as GoldenLine)

const isV2 = (line: GoldenLine) => line.writer === undefined || line.decoded.batches.every((batch) => batch.magic === 2)
const lines = all.filter(isV2)
const oldLines = all.filter((line) => !isV2(line))

const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))

function unhex(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'hex')
}

function forEachBatch(visit: (batch: GoldenBatch, buf: Buffer, pos: number, line: GoldenLine) => void): void {
  for (const line of lines) {
    // Not at the start of the buffer, so that a position forgotten somewhere shows.
    const buf = Buffer.concat([Buffer.from([1, 2, 3]), Buffer.from(line.hex, 'hex')])
    let index = 0
    for (const pos of batchesIn(buf, 3)) visit(line.decoded.batches[index++]!, buf, pos, line)
    assert.equal(index, line.decoded.batches.length, line.name)
  }
}

function checkHeader(batch: GoldenBatch, buf: Buffer, pos: number): void {
  assert.equal(header.magic(buf, pos), batch.magic)
  assert.equal(header.sizeInBytes(buf, pos), batch.sizeInBytes)
  assert.equal(header.batchLength(buf, pos), batch.sizeInBytes - 12)
  assert.equal(header.baseOffset(buf, pos), batch.baseOffset)
  assert.equal(header.lastOffset(buf, pos), batch.lastOffset)
  assert.equal(header.nextOffset(buf, pos), batch.lastOffset + 1)
  assert.equal(header.crc(buf, pos), batch.crc)
  assert.equal(header.isCrcValid(buf, pos), batch.crcValid)
  assert.equal(COMPRESSION_NAMES[header.compressionOf(buf, pos)], batch.compression)
  assert.equal(header.isLogAppendTime(buf, pos), batch.timestampType === 'LogAppendTime')
  assert.equal(header.maxTimestamp(buf, pos), batch.maxTimestamp)
  if (batch.leaderEpoch === undefined) return
  assert.equal(header.partitionLeaderEpoch(buf, pos), batch.leaderEpoch)
  assert.equal(header.baseTimestamp(buf, pos), batch.baseTimestamp)
  assert.equal(header.hasDeleteHorizon(buf, pos), batch.deleteHorizonMs !== null)
  assert.equal(header.producerId(buf, pos), batch.producerId)
  assert.equal(header.producerEpoch(buf, pos), batch.producerEpoch)
  assert.equal(header.baseSequence(buf, pos), batch.baseSequence)
  assert.equal(header.lastSequence(buf, pos), batch.lastSequence)
  assert.equal(header.isTransactional(buf, pos), batch.transactional)
  assert.equal(header.isControl(buf, pos), batch.control)
  assert.equal(header.recordCount(buf, pos), batch.count)
}

/** Compares the fields that the golden record has: lines of old writers have fewer. */
function checkRecord(cursor: RecordCursor, golden: GoldenRecord): void {
  assert.equal(cursor.offset, golden.offset)
  assert.equal(cursor.timestamp, golden.timestamp)
  assert.equal(hex(cursor.key), golden.key)
  assert.equal(hex(cursor.value), golden.value)
  if (golden.sequence !== undefined) assert.equal(cursor.sequence, golden.sequence)
  if (golden.headers !== undefined) {
    assert.deepEqual(
      readCursorHeaders(cursor).map(({ key, value }) => [key, hex(value)]),
      golden.headers,
    )
  }
  if (golden.controlType === undefined) return
  const type = controlRecordTypeOf(cursor.key)
  assert.equal(CONTROL_NAMES[type], golden.controlType)
  if (golden.coordinatorEpoch !== undefined) assert.equal(coordinatorEpochOf(cursor.value), golden.coordinatorEpoch)
}

function checkRecords(batch: GoldenBatch, buf: Buffer, pos: number): void {
  const cursor = new RecordCursor(buf, pos, { maxBytes: 1_000_000 })
  const records = [...readRecords(buf, pos)]
  const shown = batch.records
  for (let i = 0; cursor.next(); i++) {
    const record = records[i]!
    assert.equal(record.offset, cursor.offset)
    assert.equal(record.timestamp, cursor.timestamp)
    assert.deepEqual(record.key, cursor.key)
    assert.deepEqual(record.value, cursor.value)
    assert.deepEqual(record.headers, readCursorHeaders(cursor))
    const golden = shown.find((one) => one.offset === cursor.offset)
    if (golden !== undefined) checkRecord(cursor, golden)
    else assert.ok(batch.recordsShown !== undefined)
  }
  assert.equal(records.length, batch.count ?? shown.length)
}

function optionsOf(batch: GoldenBatch): BatchOptions {
  return {
    compression: COMPRESSION_NAMES.indexOf(batch.compression as 'none') as CompressionType,
    baseOffset: batch.baseOffset,
    partitionLeaderEpoch: batch.leaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    transactional: batch.transactional,
    control: batch.control,
    ...(batch.timestampType === 'LogAppendTime' && { logAppendTime: batch.maxTimestamp }),
    ...(batch.deleteHorizonMs !== null && { deleteHorizon: batch.deleteHorizonMs }),
  }
}

/** Batches that can be written anew: whole, with all fields, and with offsets that a number holds (one has 2^63 - 2). */
function isRebuildable(batch: GoldenBatch): boolean {
  return batch.crcValid && batch.leaderEpoch !== undefined && Number.isSafeInteger(batch.baseOffset)
}

/** Builds the batch anew from what golden says of it; timestamps from the original, where log append time has hidden them. */
function rebuild(batch: GoldenBatch, buf: Buffer, pos: number): Buffer {
  const builder = new BatchBuilder(optionsOf(batch))
  const original = Buffer.from(buf)
  original[pos + header.ATTRIBUTES_AT + 1]! &= ~header.LOG_APPEND_TIME_BIT
  const cursor = new RecordCursor(original, pos)
  while (cursor.next()) {
    const golden = batch.records.find((one) => one.offset === cursor.offset)
    builder.append({
      key: golden === undefined ? cursor.key : unhex(golden.key),
      value: golden === undefined ? cursor.value : unhex(golden.value),
      headers:
        golden === undefined
          ? readCursorHeaders(cursor)
          : golden.headers.map(([key, value]) => ({ key, value: unhex(value) })),
      timestamp: cursor.timestamp,
      offset: cursor.offset,
    })
  }
  return builder.build({ lastOffset: batch.lastOffset, maxTimestamp: batch.maxTimestamp })
}

describe('golden batches', () => {
  it('there are those of the new writer and of the old one', () => {
    assert.ok(lines.length >= 50, String(lines.length))
    assert.ok(oldLines.length >= 10, String(oldLines.length))
  })

  it('headers read as Kafka reads them', () => {
    forEachBatch(checkHeader)
  })

  it('checkBatch accepts what Kafka wrote, cleaned, emptied and control batches too, and refuses the wrong checksum', () => {
    forEachBatch((batch, buf, pos, line) => {
      const fault = checkBatch(buf, pos, buf.length)
      if (batch.crcValid) assert.equal(fault, null, line.name)
      else assert.equal(fault?.kind, 'crc-mismatch')
    })
  })

  it('a batch that is cut short is not given out, and the check says how much is missing', () => {
    const line = lines.find((one) => one.name.includes('cut short'))!
    const buf = Buffer.from(line.hex, 'hex')
    const positions = [...batchesIn(buf)]
    assert.equal(positions.length, 1)
    const second = header.sizeInBytes(buf, 0)
    assert.deepEqual(checkBatch(buf, second, buf.length), {
      kind: 'truncated',
      neededBytes: header.sizeInBytes(buf, second),
      availableBytes: buf.length - second,
    })
  })

  it('records, headers, sequences and control records decode as Kafka decodes them', () => {
    forEachBatch((batch, buf, pos) => {
      if (batch.crcValid) checkRecords(batch, buf, pos)
    })
  })

  it('compressed records unpack to the bytes that were compressed', () => {
    let seen = 0
    forEachBatch((batch, buf, pos) => {
      if (batch.plainLength === undefined) return
      seen++
      const packed = buf.subarray(pos + header.HEADER_BYTES, pos + header.sizeInBytes(buf, pos))
      const plain = decompress(header.compressionOf(buf, pos), packed, { maxBytes: batch.plainLength })
      assert.equal(plain.length, batch.plainLength)
      assert.equal(crc32c(plain), batch.plainCrc32c)
      if (batch.plainHex !== undefined) assert.equal(hex(plain), batch.plainHex)
      assert.throws(() => decompress(header.compressionOf(buf, pos), packed, { maxBytes: batch.plainLength! - 1 }), {
        name: 'CompressionError',
        code: 'TOO_LARGE',
      })
    })
    assert.ok(seen > 25)
  })

  it('uncompressed batches are rebuilt byte for byte', () => {
    let seen = 0
    forEachBatch((batch, buf, pos, line) => {
      if (!isRebuildable(batch) || batch.compression !== 'none') return
      seen++
      assert.equal(hex(rebuild(batch, buf, pos)), hex(buf.subarray(pos, pos + batch.sizeInBytes)), line.name)
    })
    assert.ok(seen >= 18, String(seen))
  })

  it('compressed batches are rebuilt to the same header and records', () => {
    let seen = 0
    forEachBatch((batch, buf, pos) => {
      if (!isRebuildable(batch) || batch.compression === 'none') return
      seen++
      const rebuilt = rebuild(batch, buf, pos)
      const again = { ...batch, sizeInBytes: rebuilt.length, crc: header.crc(rebuilt, 0) }
      checkHeader(again, rebuilt, 0)
      checkRecords(again, rebuilt, 0)
      assert.equal(checkBatch(rebuilt, 0, rebuilt.length), null)
    })
    assert.ok(seen > 25, String(seen))
  })

  it('a batch copied record by record, without a look into them, is the same', () => {
    forEachBatch((batch, buf, pos, line) => {
      if (!isRebuildable(batch) || batch.compression !== 'none') return
      if (batch.timestampType === 'LogAppendTime') return
      const builder = new BatchBuilder(optionsOf(batch))
      const cursor = new RecordCursor(buf, pos)
      while (cursor.next()) builder.appendFrom(cursor)
      const copy = builder.build({ lastOffset: batch.lastOffset, maxTimestamp: batch.maxTimestamp })
      assert.equal(hex(copy), hex(buf.subarray(pos, pos + batch.sizeInBytes)), line.name)
    })
  })

  it('what a producer sent becomes what Kafka stored by stamping it in place', () => {
    const named = (part: string) => Buffer.from(lines.find((line) => line.name.startsWith(part))!.hex, 'hex')
    const stamped = named('sent by a producer')
    header.setBaseOffset(stamped, 0, 5000)
    header.setPartitionLeaderEpoch(stamped, 0, 12)
    assert.equal(hex(stamped), hex(named('the same, stored with base offset 5000')))
    const appendTime = named('the same, stored with log-append time')
    header.stampLogAppendTime(stamped, 0, 1700000999999)
    header.setBaseOffset(stamped, 0, header.baseOffset(appendTime, 0))
    header.setPartitionLeaderEpoch(stamped, 0, header.partitionLeaderEpoch(appendTime, 0))
    assert.equal(hex(stamped), hex(appendTime))
  })

  it('transaction markers and other control batches are written as Kafka writes them', () => {
    let seen = 0
    forEachBatch((batch, buf, pos) => {
      const record = batch.records?.[0]
      if (!batch.control || record?.controlType === undefined) return
      seen++
      const type = CONTROL_NAMES.indexOf(record.controlType) as ControlRecordType
      const at = { baseOffset: batch.baseOffset, partitionLeaderEpoch: batch.leaderEpoch }
      const { producerId, producerEpoch, transactional } = batch
      const horizon = batch.deleteHorizonMs === null ? {} : { deleteHorizon: batch.deleteHorizonMs }
      const value = unhex(record.value)!
      const timestamp = record.timestamp
      const control = controlBatch({
        ...at,
        ...horizon,
        type,
        value,
        timestamp,
        producerId,
        producerEpoch,
        transactional,
      })
      assert.equal(hex(control), hex(buf.subarray(pos, pos + batch.sizeInBytes)))
      if (type > ControlRecordType.commit || batch.deleteHorizonMs !== null) return
      const marker = {
        type: type as 0 | 1,
        coordinatorEpoch: record.coordinatorEpoch!,
        producerId,
        producerEpoch,
        timestamp,
      }
      assert.equal(hex(transactionMarkerBatch(marker, at)), hex(control))
    })
    assert.ok(seen >= 8, String(seen))
  })

  it('message sets of the old formats are refused by their magic', () => {
    for (const line of oldLines) {
      const buf = Buffer.from(line.hex, 'hex')
      assert.deepEqual([...batchesIn(buf)], [])
      const fault = checkBatch(buf, 0, buf.length)
      assert.deepEqual(fault, { kind: 'unsupported-magic', magic: line.decoded.batches[0]!.magic })
      assert.equal(errorOfFault(fault), 87)
    }
  })
})
