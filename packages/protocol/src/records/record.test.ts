import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ProtocolError } from '../wire/protocol-error.ts'
import { BatchBuilder, type BatchOptions, maxSizeOfRecord, type RecordBytes, type RecordInit } from './batch-builder.ts'
import {
  baseTimestamp,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  lastOffset,
  maxTimestamp,
  RECORD_COUNT_AT,
  recordCount,
  updateCrc,
} from './batch-header.ts'
import { checkBatch, checkProducedBatch } from './check-batch.ts'
import { CompressionError } from './compression-error.ts'
import { CompressionType } from './compression-type.ts'
import { controlRecordTypeOf, coordinatorEpochOf, UNKNOWN_CONTROL_RECORD } from './control-record.ts'
import { readRecords } from './record.ts'
import { RecordCursor } from './record-cursor.ts'

const bytes = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.uint8Array({ maxLength: 300 }),
) as fc.Arbitrary<RecordBytes>

const timestamp = fc.oneof(fc.integer({ min: 0, max: 2 ** 42 }), fc.constant(-1), fc.integer())

const record: fc.Arbitrary<RecordInit> = fc.record({
  key: bytes,
  value: bytes,
  timestamp,
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 40 }), value: bytes }), { maxLength: 4 }),
})

const options: fc.Arbitrary<BatchOptions> = fc.record({
  compression: fc.constantFrom(...Object.values(CompressionType)),
  baseOffset: fc.oneof(
    fc.constant(0),
    fc.maxSafeNat().map((n) => Math.floor(n / 2)),
  ),
  initialBytes: fc.constantFrom(0, 100, 10_000),
})

const toBuffer = (value: RecordBytes | undefined) => (value == null ? null : Buffer.from(value as Uint8Array))

function build(records: readonly RecordInit[], batchOptions: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(batchOptions)
  for (const one of records) builder.append(one)
  return builder.build()
}

/** Reads everything that can be read, so that every check is met. */
function readAll(batch: Buffer): number {
  let size = 0
  for (const { key, value, headers } of readRecords(batch, 0, { maxBytes: 100_000 })) {
    size += (key?.length ?? 0) + (value?.length ?? 0)
    for (const header of headers) size += header.key.length + (header.value?.length ?? 0)
  }
  return size
}

/** A batch whose records are these bytes. */
function withRecords(content: Buffer, count: number): Buffer {
  const batch = Buffer.concat([build([{}]).subarray(0, HEADER_BYTES), content])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(count, RECORD_COUNT_AT)
  batch.writeInt32BE(Math.max(count - 1, 0), LAST_OFFSET_DELTA_AT)
  updateCrc(batch, 0)
  return batch
}

describe('records', () => {
  it('any records come back from a batch of any codec as they were', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), options, (records, batchOptions) => {
        const batch = build(records, batchOptions)
        assert.equal(checkBatch(batch, 0, batch.length), null)
        assert.equal(recordCount(batch, 0), records.length)
        const base = batchOptions.baseOffset!
        assert.equal(lastOffset(batch, 0), base + records.length - 1)
        assert.equal(baseTimestamp(batch, 0), records[0]!.timestamp)
        assert.equal(maxTimestamp(batch, 0), Math.max(-1, ...records.map((one) => one.timestamp!)))
        let index = 0
        for (const got of readRecords(batch)) {
          const want = records[index]!
          assert.equal(got.offset, base + index++)
          assert.equal(got.timestamp, want.timestamp)
          assert.deepEqual(got.key, toBuffer(want.key))
          assert.deepEqual(got.value, toBuffer(want.value))
          assert.deepEqual(
            got.headers,
            want.headers!.map(({ key, value }) => ({ key, value: toBuffer(value) })),
          )
        }
        assert.equal(index, records.length)
      }),
      { numRuns: 150 },
    )
  })

  it('a record takes no more than maxSizeOfRecord says', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        const builder = new BatchBuilder()
        for (const one of records) {
          const before = builder.sizeInBytes
          builder.append(one)
          assert.ok(builder.sizeInBytes - before <= maxSizeOfRecord(one))
        }
      }),
    )
  })

  it('a batch with changed bytes is read within its bounds, or refused as malformed', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 6 }),
        options,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (records, batchOptions, changes) => {
          const batch = build(records, batchOptions)
          for (const [at, value] of changes) batch[HEADER_BYTES - 8 + (at % (batch.length - HEADER_BYTES + 8))] = value
          try {
            assert.ok(readAll(batch) <= 100_000)
          } catch (error) {
            assert.ok(
              error instanceof ProtocolError || error instanceof CompressionError,
              String((error as Error).stack),
            )
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('a count that the bytes cannot hold is refused before anything is read', () => {
    for (const count of [0x7fffffff, 1000, -1]) {
      assert.throws(() => new RecordCursor(withRecords(Buffer.alloc(20), count)), { code: 'MALFORMED' })
    }
  })

  it('a count that is not that of the records is refused', () => {
    const three = build([{ key: 'a' }, { key: 'b' }, { key: 'c' }]).subarray(HEADER_BYTES)
    assert.equal(readAll(withRecords(three, 3)), 3)
    assert.throws(() => readAll(withRecords(three, 2)), { code: 'MALFORMED' })
    assert.throws(() => readAll(withRecords(three, 4)), { code: 'MALFORMED' })
  })

  it('lengths that reach beyond the record, or leave bytes of it, are refused', () => {
    const malformed = [
      '0e00000002616101', // key and no room for the rest
      '0c0000000a6161', // key longer than the record
      '0c000001080000', // value longer than the record
      '0c000001010200', // a header and no room for it
      '0c00000101ffff', // number of headers is cut short
      '0c000001010000', // fits but for a byte that belongs to nothing
      '0a0000010100', // shorter than its parts
      'ffffffff0f00000101', // longer than anything
      '00', // no room for anything
      '0100000001010000', // negative length
    ]
    for (const hex of malformed) {
      const content = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(3)])
      assert.throws(() => readAll(withRecords(content, 1)), { name: 'ProtocolError' }, hex)
    }
  })

  it('headers that are longer or shorter than the record are refused', () => {
    const good = Buffer.from('14000000010102026b0276', 'hex')
    assert.equal(readAll(withRecords(good, 1)), 2)
    for (const [at, value] of [
      [7, 4],
      [7, 1],
      [9, 4],
      [9, 1],
      [6, 4],
    ] as const) {
      const bad = Buffer.from(good)
      bad[at] = value
      assert.throws(() => readAll(withRecords(bad, 1)), { name: 'ProtocolError' }, `${at}=${value}`)
    }
  })

  it('an offset outside of the batch is refused', () => {
    assert.throws(() => readAll(withRecords(Buffer.from('0c000001010100', 'hex'), 1)), { code: 'MALFORMED' })
    assert.throws(() => readAll(withRecords(Buffer.from('0c000002010100', 'hex'), 1)), { code: 'MALFORMED' })
  })

  it('records that unpack to more than the limit are refused', () => {
    for (const compression of [1, 2, 3, 4] as const) {
      const batch = build([{ value: Buffer.alloc(100_000) }], { compression })
      assert.throws(() => new RecordCursor(batch, 0, { maxBytes: 50_000 }), { code: 'TOO_LARGE' })
      assert.equal([...readRecords(batch, 0, { maxBytes: 101_000 })].length, 1)
    }
  })

  it('a batch that is cut short is refused', () => {
    const batch = build([{ value: 'x' }])
    for (const length of [0, 10, 60, batch.length - 1]) {
      assert.throws(() => new RecordCursor(batch.subarray(0, length)), { code: 'MALFORMED' })
    }
  })

  it('nothing is where nothing was: null, empty and absent keys, values and headers', () => {
    const batch = build([{}, { key: '', value: '' }, { key: null, value: null, headers: [] }])
    const records = [...readRecords(batch)]
    assert.deepEqual(
      records.map(({ key, value, headers }) => [key, value, headers]),
      [
        [null, null, []],
        [Buffer.alloc(0), Buffer.alloc(0), []],
        [null, null, []],
      ],
    )
    assert.equal(checkProducedBatch(batch, 0, batch.length), null)
  })
})

describe('BatchBuilder', () => {
  it('keeps gaps between offsets, and refuses offsets that do not ascend', () => {
    const builder = new BatchBuilder({ baseOffset: 10 })
    builder.append({ offset: 12 })
    builder.append({ offset: 20 })
    assert.throws(() => builder.append({ offset: 20 }), { name: 'AssertionError' })
    const batch = builder.build({ lastOffset: 30 })
    assert.deepEqual(
      [...readRecords(batch)].map(({ offset }) => offset),
      [12, 20],
    )
    assert.equal(lastOffset(batch, 0), 30)
    assert.throws(() => builder.build(), { name: 'AssertionError' })
  })

  it('refuses to build nothing without a last offset', () => {
    assert.throws(() => new BatchBuilder().build(), { name: 'AssertionError' })
  })
})

describe('control records', () => {
  it('types of newer releases are unknown, keys and values that are too short are refused', () => {
    assert.equal(controlRecordTypeOf(Buffer.from('00000007', 'hex')), UNKNOWN_CONTROL_RECORD)
    assert.equal(controlRecordTypeOf(Buffer.from('0000ffff', 'hex')), UNKNOWN_CONTROL_RECORD)
    for (const key of [null, Buffer.alloc(3), Buffer.from('ffff0000', 'hex')]) {
      assert.throws(() => controlRecordTypeOf(key), { code: 'MALFORMED' })
    }
    for (const value of [null, Buffer.alloc(5), Buffer.from('ffff00000000', 'hex')]) {
      assert.throws(() => coordinatorEpochOf(value), { code: 'MALFORMED' })
    }
  })
})
