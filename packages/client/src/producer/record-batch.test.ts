import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { baseSequence, CompressionType, checkProducedBatch, producerEpoch, readRecords } from '@ottla/protocol'
import type { RecordMetadata } from './producer-record.ts'
import { type BatchForm, RecordBatch } from './record-batch.ts'
import { ManyRecords } from './record-waiter.ts'

const position = { topic: 'orders', partition: 3 }
const times = { number: 7, createdAt: 10, dueAt: 1000 }
const formOf = (type: CompressionType): BatchForm => ({
  type,
  level: undefined,
  isTransactional: false,
  initialBytes: 100,
})

function filled(type: CompressionType, waiter: ManyRecords, count: number): RecordBatch {
  const batch = new RecordBatch(position, formOf(type), times)
  for (let place = 0; place < count; place++) {
    const headers = place % 2 === 0 ? [] : [{ key: 'n', value: Buffer.from(`${place}`) }]
    const [key, value] = [place % 3 === 0 ? null : Buffer.from(`key ${place}`), Buffer.from(`value ${place}`)]
    batch.add({ key, value, headers, timestamp: 1_700_000_000_000 + place, sizeBytes: 101, waiter, place })
  }
  return batch
}

const valuesOf = (batch: RecordBatch) => [...readRecords(batch.bytes())].map(({ value }) => `${value}`)

for (const type of [CompressionType.none, CompressionType.lz4]) {
  test(`a batch in ${type} is split into halves that answer the same call`, async () => {
    const waiter = new ManyRecords(5)
    const whole = filled(type, waiter, 5)
    whole.setIdentity({ producerId: 9, producerEpoch: 1, baseSequence: 40 })
    whole.bytes()
    const parts = whole.split()
    deepEqual(parts.map(valuesOf), [
      ['value 0', 'value 1', 'value 2'],
      ['value 3', 'value 4'],
    ])
    deepEqual(
      parts.map(({ number, dueAt, identity }) => [number, dueAt, identity]),
      [
        [7, 1000, null],
        [7, 1000, null],
      ],
    )
    equal(parts[0].reservedBytes + parts[1].reservedBytes, whole.reservedBytes)
    const records = parts.flatMap((part) => [...readRecords(part.bytes())])
    deepEqual(
      records.map(({ key, timestamp, headers }) => [`${key}`, timestamp - 1_700_000_000_000, headers.length]),
      [
        ['null', 0, 0],
        ['key 1', 1, 1],
        ['key 2', 2, 0],
        ['null', 3, 1],
        ['key 4', 4, 0],
      ],
    )
    parts[1].succeed(103, -1)
    parts[0].succeed(100, -1)
    const metadata: RecordMetadata[] = await waiter.promise
    deepEqual(
      metadata.map(({ offset, timestamp }) => [offset, timestamp - 1_700_000_000_000]),
      [0, 1, 2, 3, 4].map((place) => [100 + place, place]),
    )
  })

  test(`a batch in ${type} that is sent under another identity holds its checksum`, () => {
    const batch = filled(type, new ManyRecords(2), 2)
    batch.setIdentity({ producerId: 9, producerEpoch: 1, baseSequence: 40 })
    const before = Buffer.from(batch.bytes())
    batch.setIdentity(null)
    batch.setIdentity({ producerId: 9, producerEpoch: 2, baseSequence: 0 })
    const after = batch.bytes()
    equal(checkProducedBatch(after, 0, after.length), null)
    deepEqual([producerEpoch(after, 0), baseSequence(after, 0)], [2, 0])
    equal(before.length, after.length)
    deepEqual(valuesOf(batch), ['value 0', 'value 1'])
  })
}
