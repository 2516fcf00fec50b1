import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { encodeCoordinatorRecord, TRANSACTION_RECORDS, type TransactionLogValue } from '@ottla/protocol'
import fc from 'fast-check'
import { partitionSet } from './partition-set.ts'
import type { Transaction } from './transaction.ts'
import { decodeTransactionRecord, encodeTransactionRecord } from './transaction-record-codec.ts'
import { bumped, completed, created, ongoing, prepared, renewed, rotated } from './transitions.ts'

const initialized = { timeoutMs: 60_000, nowMs: 5 }

/** Any state that decisions can lead to. */
const steps = fc.array(
  fc.oneof(
    fc.constantFrom('bump-holder', 'bump-newcomer', 'rotate-holder', 'rotate-newcomer', 'renew', 'add', 'add-old'),
    fc.constantFrom('commit', 'abort', 'commit-old', 'exhausted', 'complete'),
  ),
  { maxLength: 12 },
)

function walk(names: readonly string[]): Transaction {
  let now: Transaction = created('T', { ...initialized, producerId: 7 })
  let nextId = 8
  for (const name of names) {
    const isDecided = now.status === 'PrepareAbort' || now.status === 'PrepareCommit'
    const isOpen = now.status === 'Ongoing'
    const [what, by] = name.split('-')
    const who = by === 'holder' ? 'holder' : 'newcomer'
    if (what === 'complete' && isDecided) now = completed(now, 9)
    else if (isDecided) continue
    else if (what === 'bump' && !isOpen) now = bumped(now, who, initialized)
    else if (what === 'rotate' && !isOpen) now = rotated(now, who, { ...initialized, producerId: nextId++ })
    else if (what === 'renew' && !isOpen) now = renewed(now, initialized)
    else if (what === 'add') {
      const clientTransactionVersion = by === 'old' ? 0 : 2
      const partitions = partitionSet([{ topic: 't', partitions: [1, 0] }])
      now = ongoing(now, partitions, { clientTransactionVersion, nowMs: 6 })
    } else if (what === 'commit' || what === 'abort' || what === 'exhausted') {
      const nextProducerId = what === 'exhausted' ? nextId++ : -1
      const outcome = what === 'commit' ? 'commit' : 'abort'
      now = prepared(now, { outcome, clientTransactionVersion: by === 'old' ? 0 : 2, nextProducerId, nowMs: 7 })
    }
  }
  return now
}

test('a flexible record says all of a transaction, also who may ask again', () => {
  fc.assert(
    fc.property(steps, (names) => {
      const transaction = walk(names)
      const stored = encodeTransactionRecord({ kind: 'transaction', transaction }, 2)
      deepEqual(decodeTransactionRecord({ offset: 0, ...stored }), { kind: 'transaction', transaction })
    }),
    { numRuns: 500 },
  )
})

test('a record of version 0 says what Kafka before 4.0 knows', () => {
  fc.assert(
    fc.property(steps, (names) => {
      const transaction = walk(names)
      const stored = encodeTransactionRecord({ kind: 'transaction', transaction }, 0)
      const decoded = decodeTransactionRecord({ offset: 0, ...stored })
      const unsaid = { previousProducerId: -1, lastProducerEpoch: -1, nextProducerId: -1, clientTransactionVersion: 0 }
      deepEqual(decoded, { kind: 'transaction', transaction: { ...transaction, ...unsaid } })
    }),
  )
})

test('values have the bytes that Kafka writes', () => {
  const partitions = partitionSet([{ topic: 't', partitions: [1] }])
  const begun = ongoing(created('T', { ...initialized, producerId: 7 }), partitions, {
    clientTransactionVersion: 2,
    nowMs: 6,
  })
  const hex = (version: number) => encodeTransactionRecord({ kind: 'transaction', transaction: begun }, version).value
  equal(
    hex(0)?.toString('hex'),
    '0000' +
      '0000000000000007' +
      '0000' +
      '0000ea60' +
      '01' +
      '00000001' +
      '000174' +
      '00000001' +
      '00000001' +
      '0000000000000006' +
      '0000000000000006',
  )
  // One tag: number 2, of two bytes, the client's transaction version.
  equal(
    hex(1)?.toString('hex'),
    '0001' +
      '0000000000000007' +
      '0000' +
      '0000ea60' +
      '01' +
      '02' +
      '0274' +
      '02' +
      '00000001' +
      '00' +
      '0000000000000006' +
      '0000000000000006' +
      '01' +
      '02' +
      '02' +
      '0002',
  )
})

test('a tombstone is one', () => {
  const stored = encodeTransactionRecord({ kind: 'tombstone', transactionalId: 'T' }, 2)
  equal(stored.value, null)
  deepEqual(decodeTransactionRecord({ offset: 0, ...stored }), { kind: 'tombstone', transactionalId: 'T' })
})

function ofKafka(value: Partial<TransactionLogValue>) {
  const stored = encodeCoordinatorRecord(TRANSACTION_RECORDS, {
    kind: 'TransactionLog',
    key: { transactionalId: 'T' },
    version: 1,
    value: { producerId: 7, producerEpoch: 3, transactionPartitions: null, ...value },
  })
  const decoded = decodeTransactionRecord({ offset: 0, ...stored })
  return decoded.kind === 'transaction' ? decoded.transaction : decoded
}

test('of a record that Kafka wrote nobody is taken for the holder of the epoch before, unless it must be', () => {
  const holder = (value: Partial<TransactionLogValue>) => {
    const { previousProducerId, lastProducerEpoch } = ofKafka(value) as Transaction
    return [previousProducerId, lastProducerEpoch]
  }
  deepEqual(holder({ transactionStatus: 0, previousProducerId: 7 }), [-1, -1])
  deepEqual(holder({ transactionStatus: 1, previousProducerId: 7, clientTransactionVersion: 2 }), [-1, -1])
  deepEqual(holder({ transactionStatus: 4, previousProducerId: 7 }), [-1, -1])
  deepEqual(holder({ transactionStatus: 4, previousProducerId: 7, clientTransactionVersion: 2 }), [-1, 2])
  const rotated = { producerEpoch: 0, previousProducerId: 6, clientTransactionVersion: 2 }
  deepEqual(holder({ transactionStatus: 5, ...rotated }), [6, 32_766])
  deepEqual(holder({ transactionStatus: 1, ...rotated }), [-1, -1])
})

test('records that are not understood are left alone', () => {
  deepEqual(ofKafka({ transactionStatus: 6 }), { kind: 'skipped', reason: 'state 6' })
  const key = encodeTransactionRecord({ kind: 'tombstone', transactionalId: 'T' }, 2).key
  const skipped = (key: Buffer | null, value: Buffer | null) => decodeTransactionRecord({ offset: 0, key, value }).kind
  equal(skipped(null, null), 'skipped')
  equal(skipped(Buffer.from([0, 9]), null), 'skipped')
  equal(skipped(Buffer.from([0]), null), 'skipped')
  equal(skipped(key, Buffer.from([0, 1, 2])), 'skipped')
  equal(skipped(key, Buffer.from([0, 99])), 'skipped')
})
