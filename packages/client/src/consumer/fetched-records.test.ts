import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchBuilder,
  type BatchOptions,
  CompressionType,
  ControlRecordType,
  transactionMarkerBatch,
} from '@ottla/protocol'
import { SlabPool } from '@ottla/stdx'
import { bytesCodec, int32Codec, stringCodec } from '../codec/codecs.ts'
import { CodecError, CorruptRecordError } from '../errors.ts'
import { FetchedRecords, type FetchedRecordsOptions } from './fetched-records.ts'
import { ResponseMemory } from './response-memory.ts'

function batch(baseOffset: number, values: readonly string[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder({ ...options, baseOffset })
  for (const value of values) builder.append({ value, timestamp: 5 })
  return builder.build()
}

const transaction = (producerId: number) => ({ producerId, producerEpoch: 0, baseSequence: 0, transactional: true })

function marker(baseOffset: number, producerId: number, type: 'abort' | 'commit'): Buffer {
  const parts = { coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp: 5 }
  return transactionMarkerBatch({ type: ControlRecordType[type], ...parts }, { baseOffset })
}

function fetched(
  batches: readonly Buffer[],
  options: Partial<FetchedRecordsOptions> & { aborted?: { producerId: number; firstOffset: number }[] } = {},
): FetchedRecords {
  const { aborted, ...given } = options
  const data = { records: Buffer.concat([...batches]), abortedTransactions: aborted ?? null }
  return new FetchedRecords(data as never, {
    topic: 't',
    partition: 0,
    fetchOffset: 0,
    isReadCommitted: false,
    checkCrcs: true,
    key: bytesCodec as never,
    value: stringCodec as never,
    ...given,
  })
}

function values(records: FetchedRecords): unknown[] {
  const all: unknown[] = []
  for (let record = records.next(); record !== null; record = records.next()) all.push(record.value)
  return all
}

test('records before the position are left out: a batch is sent whole', () => {
  const records = fetched([batch(10, ['a', 'b', 'c'])], { fetchOffset: 12 })
  const record = records.next()!
  deepEqual([record.offset, record.value, record.timestamp, record.timestampType], [12, 'c', 5, 'CreateTime'])
  equal(records.next(), null)
  equal(records.nextOffset, 13)
})

test('the position moves over offsets that compaction has taken away', () => {
  const builder = new BatchBuilder({ baseOffset: 0 })
  builder.append({ value: 'a', offset: 2 })
  const records = fetched([builder.build({ lastOffset: 9 })])
  equal(records.endOffset(), 10)
  deepEqual(values(records), ['a'])
  equal(records.nextOffset, 10)
})

test('a batch that is cut off at the end is not an error', () => {
  const whole = batch(0, ['a'])
  const records = fetched([whole, batch(1, ['b']).subarray(0, 40)])
  equal(records.endOffset(), 1)
  deepEqual(values(records), ['a'])
})

test('read_uncommitted hands out all but control records', () => {
  const batches = [batch(0, ['a'], transaction(1)), marker(1, 1, 'abort'), batch(2, ['b'])]
  deepEqual(values(fetched(batches)), ['a', 'b'])
})

test('read_committed leaves out exactly the aborted transactions', () => {
  const batches = [
    batch(0, ['aborted 1'], transaction(1)),
    batch(1, ['kept 2'], transaction(2)),
    batch(2, ['plain']),
    marker(3, 1, 'abort'),
    marker(4, 2, 'commit'),
    batch(5, ['kept 1'], transaction(1)),
    marker(6, 1, 'commit'),
    batch(7, ['aborted 1 again'], transaction(1)),
    marker(8, 1, 'abort'),
  ]
  const aborted = [
    { producerId: 1, firstOffset: 7 },
    { producerId: 1, firstOffset: 0 },
  ]
  const records = fetched(batches, { isReadCommitted: true, aborted })
  deepEqual(values(records), ['kept 2', 'plain', 'kept 1'])
  equal(records.nextOffset, 9)
})

test('a wrong checksum stops before the batch, again and again', () => {
  const bad = batch(1, ['b'])
  bad[bad.length - 1]! ^= 1
  const records = fetched([batch(0, ['a']), bad])
  equal(records.next()?.value, 'a')
  throws(() => records.next(), CorruptRecordError)
  throws(() => records.next(), CorruptRecordError)
  equal(records.nextOffset, 1)
})

test('a record that its codec cannot read stays the next one', () => {
  const records = fetched([batch(0, ['abcde'])], { value: int32Codec as never })
  throws(() => records.next(), CodecError)
  throws(() => records.next(), CodecError)
  equal(records.nextOffset, 0)
})

for (const compression of [CompressionType.none, CompressionType.lz4]) {
  test(`records in codec ${compression} outlast the memory of the response that brought them`, () => {
    const pool = new SlabPool({ poison: true })
    const builder = new BatchBuilder({ compression })
    const sizes = [10, 60_000, 3, 100_000, 0, 500]
    for (const [index, size] of sizes.entries()) {
      const headers = [{ key: 'h', value: `header ${index}` }]
      builder.append({ key: `key ${index}`, value: Buffer.alloc(size, 65 + index), headers, timestamp: 5 })
    }
    const built = builder.build()
    const memory = new ResponseMemory(pool)
    const { buffer } = memory.allocate(built.length)
    built.copy(buffer)
    const records = fetched([], { memory: memory.retain(), value: bytesCodec as never })
    const handedOut = new FetchedRecords(
      { records: buffer, abortedTransactions: null },
      {
        topic: 't',
        partition: 0,
        fetchOffset: 0,
        isReadCommitted: false,
        checkCrcs: true,
        key: bytesCodec as never,
        value: bytesCodec as never,
        memory,
      },
    )
    const all = sizes.map(() => handedOut.next()!)
    equal(pool.counters.inUseBytes > 0, true)
    handedOut.release()
    records.release()
    equal(pool.counters.inUseBytes, 0)
    equal(buffer[100], 0xdb, 'the memory is used again')
    equal(handedOut.next(), null)
    for (const [index, size] of sizes.entries()) {
      const { key, value, headers } = all[index]!
      deepEqual([`${key}`, `${headers[0]!.value}`], [`key ${index}`, `header ${index}`])
      equal((value as Buffer).equals(Buffer.alloc(size, 65 + index)), true)
    }
  })
}
