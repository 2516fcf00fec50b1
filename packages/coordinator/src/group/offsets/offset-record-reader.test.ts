import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { encodeCoordinatorRecord, GROUP_RECORDS, ZERO_UUID } from '@ottla/protocol'
import fc from 'fast-check'
import type { NewRecord } from '../../ports.ts'
import { decodeGroupRecord, encodeGroupRecord } from '../group-record-codec.ts'
import { OffsetRecordReader } from './offset-record-reader.ts'

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', 'orders', 'orders-1', 'grüße'))
const int64 = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })
const offsetRecord = fc.record({
  groupId: text,
  topic: text,
  partition: fc.nat(1000),
  offset: fc.option(
    fc.record({
      offset: int64,
      leaderEpoch: fc.integer({ min: -1, max: 100 }),
      metadata: fc.oneof(text, fc.string({ minLength: 120, maxLength: 300 })),
      commitTimestampMs: int64,
      expireTimestampMs: fc.oneof(fc.constant(-1), int64),
      topicId: fc.constantFrom(ZERO_UUID, 'Zm9vYmFyYmF6cXV4MTIzNA', 'AAECAwQFBgcICQoLDA0ODw'),
    }),
  ),
})

/** What the reader gives, or what stands in for it. */
function read(reader: OffsetRecordReader, { key, value }: NewRecord) {
  return reader.read(key, value, undefined) ?? decodeGroupRecord({ offset: 0, key, value })
}

test('records read by hand are those that the schema reads, one after the other with one reader', () => {
  fc.assert(
    fc.property(fc.array(offsetRecord, { maxLength: 20 }), (records) => {
      const reader = new OffsetRecordReader()
      for (const record of records) {
        const encoded = encodeGroupRecord({ kind: 'offset', ...record })
        deepEqual(read(reader, encoded), decodeGroupRecord({ offset: 0, ...encoded }))
      }
    }),
  )
})

test('every version of an offset is read, and short ones by hand', () => {
  const key = { group: 'g', topic: 't', partition: 3 }
  const value = { offset: 2 ** 40, metadata: 'm', commitTimestamp: 1_700_000_000_000 }
  for (const version of [1, 2, 3, 4] as const) {
    const encoded = encodeCoordinatorRecord(GROUP_RECORDS, { kind: 'OffsetCommit', key, version, value })
    const byHand = new OffsetRecordReader().read(encoded.key, encoded.value, undefined)
    deepEqual(byHand, decodeGroupRecord({ offset: 0, ...encoded }))
  }
})

test('what is cut off, longer or of another type is left to the schema, and nothing is read beyond its end', () => {
  const encoded = encodeGroupRecord({
    kind: 'offset',
    groupId: 'group',
    topic: 'topic',
    partition: 1,
    offset: {
      offset: 5,
      leaderEpoch: 1,
      metadata: 'abc',
      commitTimestampMs: 1,
      expireTimestampMs: -1,
      topicId: 'Zm9vYmFyYmF6cXV4MTIzNA',
    },
  })
  const { key } = encoded
  const value = encoded.value!
  const reader = new OffsetRecordReader()
  for (let length = 0; length < key.length; length++)
    equal(reader.read(key.subarray(0, length), value, undefined), undefined)
  for (let length = 0; length < value.length; length++) {
    equal(reader.read(key, value.subarray(0, length), undefined), undefined)
  }
  equal(reader.read(Buffer.concat([key, Buffer.alloc(1)]), value, undefined), undefined)
  equal(reader.read(key, Buffer.concat([value, Buffer.alloc(1)]), undefined), undefined)
  for (let at = 0; at < value.length; at++) {
    for (const byte of [0, 1, 0x7f, 0x80, 0xff]) {
      const damaged = Buffer.from(value)
      damaged[at] = byte
      const byHand = reader.read(key, damaged, undefined)
      if (byHand !== undefined) deepEqual(byHand, decodeGroupRecord({ offset: 0, key, value: damaged }))
    }
  }
})
