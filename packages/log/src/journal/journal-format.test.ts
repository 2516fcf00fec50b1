import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf } from '../testing/batch-fixture.ts'
import {
  encodeJournalHeader,
  type JournalHeader,
  journalRecordsOf,
  parseJournalRecord,
  readJournalVersion,
} from './journal-format.ts'
import { chooseSyncWay, PIECE_BYTES_MAX, roundsBeforeJournal } from './sync-way.ts'

const GENERATION = Buffer.from('aaaaaaaa')
const HEADER: JournalHeader = {
  kind: 'piece',
  topicId: 'abcdefghijklmnopqrstuQ',
  topic: 'orders.é',
  partition: 3,
  segmentBase: 2 ** 40,
  position: 3_000_000_000,
  nextOffset: 2 ** 40 + 7,
}

function record(sequence: number, generation = GENERATION, header: Partial<JournalHeader> = {}): Buffer {
  const bytes = [batchOf({ label: `r${sequence}` }), batchOf({ count: 2 })]
  return Buffer.concat([encodeJournalHeader({ ...HEADER, ...header }, { generation, sequence }, bytes), ...bytes])
}

const sequencesOf = (buf: Buffer): number[] => [...journalRecordsOf(buf)].map(({ sequence }) => sequence)

test('a record says what was written, and where its bytes are', () => {
  const buf = record(12)
  const parsed = parseJournalRecord(buf, 0)!
  const { bytesAt, length, ...rest } = parsed
  deepEqual(rest, { ...HEADER, generation: GENERATION, sequence: 12 })
  deepEqual(buf.subarray(bytesAt, bytesAt + length), Buffer.concat([batchOf({ label: 'r12' }), batchOf({ count: 2 })]))
  const below = Number.POSITIVE_INFINITY
  const forgotten = encodeJournalHeader(
    { ...HEADER, kind: 'void', segmentBase: below },
    { generation: GENERATION, sequence: 1 },
    [],
  )
  equal(parseJournalRecord(forgotten, 0)?.kind, 'void')
  equal(parseJournalRecord(forgotten, 0)?.segmentBase, below)
})

test('a record of which any byte is wrong, or the end is missing, is none', () => {
  const buf = record(1)
  for (let at = 0; at < buf.length; at++) {
    const damaged = Buffer.from(buf)
    damaged[at]! ^= 1
    equal(parseJournalRecord(damaged, 0), null, `byte ${at}`)
  }
  for (let end = 0; end < buf.length; end++) equal(parseJournalRecord(buf.subarray(0, end), 0), null)
  equal(parseJournalRecord(Buffer.alloc(1000), 0), null)
})

test('what an earlier pass over the file left behind does not count', () => {
  deepEqual(sequencesOf(Buffer.concat([record(5), record(6), record(7)])), [5, 6, 7])
  // Another generation, though its sequence would follow.
  deepEqual(sequencesOf(Buffer.concat([record(5), record(6), record(7, Buffer.from('bbbbbbbb'))])), [5, 6])
  deepEqual(sequencesOf(Buffer.concat([record(5), record(7)])), [5])
  deepEqual(sequencesOf(Buffer.concat([record(5), record(6).subarray(0, 50), record(7)])), [5])
  deepEqual(sequencesOf(Buffer.concat([Buffer.alloc(512), record(5)])), [])
})

test('another version is told from no record', () => {
  const buf = record(1)
  buf[4] = 9
  equal(readJournalVersion(buf, 0), 9)
  equal(parseJournalRecord(buf, 0), null)
  equal(readJournalVersion(Buffer.alloc(100), 0), null)
})

test('little goes to the journal, much to its own file', () => {
  const recordBytesMax = 8 << 20
  const table: [number, number, 'journal' | 'file'][] = [
    [100, recordBytesMax, 'journal'],
    [16 << 10, recordBytesMax, 'journal'],
    [PIECE_BYTES_MAX, recordBytesMax, 'journal'],
    [PIECE_BYTES_MAX + 1, recordBytesMax, 'file'],
    [2000, 1000, 'file'],
  ]
  for (const [bytes, max, way] of table) equal(chooseSyncWay({ bytes, recordBytesMax: max }), way, `${bytes} of ${max}`)
})

test('a journal of little room is made at once, a large one when it was missed for a while', () => {
  equal(roundsBeforeJournal(4000), 0)
  equal(roundsBeforeJournal(32 << 20), 256)
})
