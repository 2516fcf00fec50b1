import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder, type BatchOptions } from './batch-builder.ts'
import { errorOfFault, messageOfFault } from './batch-fault-error.ts'
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  COMPRESSION_MASK,
  CONTROL_BIT,
  CRC_AT,
  DELETE_HORIZON_BIT,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LOG_APPEND_TIME_BIT,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  RECORD_COUNT_AT,
  setBaseOffset,
  setPartitionLeaderEpoch,
  stampProducer,
  TRANSACTIONAL_BIT,
  updateCrc,
} from './batch-header.ts'
import { type BatchFault, batchEnd, batchesIn, checkBatch, checkProducedBatch } from './check-batch.ts'

const CORRUPT_MESSAGE = 2
const INVALID_TIMESTAMP = 32
const UNSUPPORTED_COMPRESSION_TYPE = 76
const INVALID_RECORD = 87

function batchOf(options: BatchOptions = {}, records = 3): Buffer {
  const builder = new BatchBuilder({ timestamp: 1000, ...options })
  for (let i = 0; i < records; i++) builder.append({ key: `key-${i}`, value: 'value', timestamp: 1000 + i })
  return builder.build()
}

/** The batch with one change, and its checksum made right again. */
function changed(change: (batch: Buffer) => void, batch = batchOf()): Buffer {
  change(batch)
  updateCrc(batch, 0)
  return batch
}

const setAttributes = (bits: number) => (batch: Buffer) => {
  batch[ATTRIBUTES_AT + 1]! |= bits
}

function produced(batch: Buffer, bounds?: { earliest: number; latest: number }): BatchFault | null {
  return checkProducedBatch(batch, 0, batch.length, bounds)
}

function assertFault(fault: BatchFault | null, kind: BatchFault['kind'], error: number): void {
  assert.equal(fault?.kind, kind)
  assert.equal(errorOfFault(fault!), error)
  assert.ok(messageOfFault(fault!).length > 10)
}

describe('checkProducedBatch', () => {
  it('accepts what a builder builds, wherever it lies in the buffer', () => {
    for (const options of [{}, { producerId: 5, producerEpoch: 0, baseSequence: 0 }, { compression: 4 as const }]) {
      const batch = batchOf(options)
      assert.equal(produced(batch), null)
      const around = Buffer.concat([Buffer.alloc(7, 0xff), batch, Buffer.alloc(5, 0xff)])
      assert.equal(checkProducedBatch(around, 7, 7 + batch.length), null)
    }
  })

  it('no bytes are no batch', () => {
    assertFault(produced(Buffer.alloc(0)), 'no-batch', INVALID_RECORD)
  })

  it('a batch cut anywhere is truncated, or too short for its magic', () => {
    const batch = batchOf()
    for (let end = 1; end < batch.length; end++) {
      assertFault(checkProducedBatch(batch, 0, end), 'truncated', INVALID_RECORD)
    }
  })

  it('a length that no batch has is corrupt: negative, and less than a header', () => {
    for (const length of [-1, -2147483648, 0, 13, 14, HEADER_BYTES - 13]) {
      const batch = batchOf()
      batch.writeInt32BE(length, LENGTH_AT)
      assertFault(produced(batch), 'invalid-length', CORRUPT_MESSAGE)
    }
  })

  it('a length beyond the bytes is truncated, whatever the sum would overflow to', () => {
    const batch = batchOf()
    batch.writeInt32BE(0x7fffffff, LENGTH_AT)
    assertFault(produced(batch), 'truncated', INVALID_RECORD)
  })

  it('the old formats are invalid records, other magics are corrupt', () => {
    for (const [magic, error] of [
      [0, INVALID_RECORD],
      [1, INVALID_RECORD],
      [3, CORRUPT_MESSAGE],
      [255, CORRUPT_MESSAGE],
    ] as const) {
      const batch = batchOf()
      batch[MAGIC_AT] = magic
      assertFault(produced(batch), 'unsupported-magic', error)
    }
  })

  it('every bit that the checksum covers is covered', () => {
    const batch = batchOf()
    for (let bit = CRC_AT * 8; bit < batch.length * 8; bit++) {
      batch[bit >>> 3]! ^= 1 << (bit & 7)
      assertFault(produced(batch), 'crc-mismatch', CORRUPT_MESSAGE)
      batch[bit >>> 3]! ^= 1 << (bit & 7)
    }
    setPartitionLeaderEpoch(batch, 0, 77)
    assert.equal(produced(batch), null)
  })

  it('a base offset other than 0 is refused, before the checksum is looked at', () => {
    const batch = batchOf()
    setBaseOffset(batch, 0, 1)
    batch[HEADER_BYTES]! ^= 1
    assertFault(produced(batch), 'invalid-base-offset', INVALID_RECORD)
  })

  it('more than one batch is refused', () => {
    assertFault(produced(Buffer.concat([batchOf(), batchOf()])), 'more-than-one-batch', INVALID_RECORD)
  })

  it('the count of records is that of the offsets, and not 0', () => {
    for (const count of [2, 0]) {
      assertFault(
        produced(changed((batch) => batch.writeInt32BE(count, RECORD_COUNT_AT))),
        'count-mismatch',
        INVALID_RECORD,
      )
    }
    for (const count of [-1, 4, 0x7fffffff]) {
      assertFault(
        produced(changed((batch) => batch.writeInt32BE(count, RECORD_COUNT_AT))),
        'invalid-count',
        INVALID_RECORD,
      )
    }
    for (const delta of [-1, -2147483648, 1]) {
      const batch = changed((one) => one.writeInt32BE(delta, LAST_OFFSET_DELTA_AT))
      assertFault(produced(batch), 'invalid-count', INVALID_RECORD)
    }
  })

  it('control batches, delete horizons and log append time are the broker’s alone', () => {
    assertFault(produced(changed(setAttributes(CONTROL_BIT))), 'control-batch', INVALID_RECORD)
    assertFault(produced(changed(setAttributes(DELETE_HORIZON_BIT))), 'delete-horizon', INVALID_RECORD)
    assertFault(produced(changed(setAttributes(LOG_APPEND_TIME_BIT))), 'log-append-time', INVALID_TIMESTAMP)
  })

  it('a producer id needs a sequence, and a transaction a producer id', () => {
    const batch = batchOf({ producerId: 5, producerEpoch: 0, baseSequence: 0 })
    assertFault(
      produced(changed((one) => one.writeInt32BE(-1, BASE_SEQUENCE_AT), batch)),
      'invalid-producer',
      INVALID_RECORD,
    )
    stampProducer(batch, 0, { producerId: 5, producerEpoch: 1, baseSequence: 7 })
    assert.equal(produced(batch), null)
    assertFault(produced(changed(setAttributes(TRANSACTIONAL_BIT))), 'invalid-producer', INVALID_RECORD)
  })

  it('codecs that do not exist are refused', () => {
    for (const codec of [5, 6, COMPRESSION_MASK]) {
      const batch = changed(setAttributes(codec))
      assertFault(produced(batch), 'unsupported-compression', UNSUPPORTED_COMPRESSION_TYPE)
    }
  })

  it('timestamps are held against the bounds, but none is no timestamp', () => {
    const bounds = { earliest: 1000, latest: 1002 }
    assert.equal(produced(batchOf(), bounds), null)
    assertFault(produced(batchOf(), { earliest: 1001, latest: 9999 }), 'timestamp-out-of-bounds', INVALID_TIMESTAMP)
    assertFault(produced(batchOf(), { earliest: 0, latest: 1001 }), 'timestamp-out-of-bounds', INVALID_TIMESTAMP)
    const extreme = changed((batch) => batch.writeBigInt64BE(2n ** 63n - 1n, MAX_TIMESTAMP_AT))
    assertFault(produced(extreme, bounds), 'timestamp-out-of-bounds', INVALID_TIMESTAMP)
    assert.equal(produced(extreme, { earliest: 0, latest: 2 ** 63 }), null)
    const without = changed((batch) => {
      batch.writeBigInt64BE(-1n, BASE_TIMESTAMP_AT)
      batch.writeBigInt64BE(-1n, MAX_TIMESTAMP_AT)
    })
    assert.equal(produced(without, bounds), null)
  })
})

describe('checkBatch', () => {
  it('accepts what only brokers write, and refuses what nobody does', () => {
    for (const bits of [CONTROL_BIT, DELETE_HORIZON_BIT, LOG_APPEND_TIME_BIT]) {
      const batch = changed(setAttributes(bits))
      setBaseOffset(batch, 0, 500)
      assert.equal(checkBatch(batch, 0, batch.length), null)
    }
    const emptied = new BatchBuilder({ baseOffset: 20 }).build({ lastOffset: 29 })
    assert.equal(checkBatch(emptied, 0, emptied.length), null)
    const batch = changed((one) => one.writeInt32BE(4, RECORD_COUNT_AT))
    assertFault(checkBatch(batch, 0, batch.length), 'invalid-count', INVALID_RECORD)
  })

  it('says of any bytes what is wrong, and never reads beyond them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, from) => {
        const buf = Buffer.from(bytes)
        const pos = Math.min(from, buf.length)
        const fault = checkBatch(buf, pos, buf.length) ?? produced(buf)
        if (fault !== null) assert.ok(messageOfFault(fault).length > 0)
        for (const at of batchesIn(buf, pos)) assert.ok(batchEnd(buf, at, buf.length) <= buf.length)
      }),
    )
  })
})

describe('batchesIn', () => {
  it('gives the positions of whole batches, and ends quietly at what is none', () => {
    const one = batchOf()
    const two = batchOf({ compression: 3 })
    const both = Buffer.concat([one, two])
    assert.deepEqual([...batchesIn(both)], [0, one.length])
    assert.deepEqual([...batchesIn(both, one.length)], [one.length])
    assert.deepEqual([...batchesIn(both, 0, both.length - 1)], [0])
    assert.deepEqual([...batchesIn(Buffer.concat([both, Buffer.alloc(100)]))], [0, one.length])
    assert.deepEqual([...batchesIn(Buffer.alloc(0))], [])
  })
})
