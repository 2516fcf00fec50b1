import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodeCoordinatorKey,
  encodeCoordinatorRecord,
  encodeCoordinatorValue,
  GROUP_RECORDS,
  GroupMetadataValue,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  OffsetCommitKey,
  OffsetCommitValue,
  ZERO_UUID,
} from '@ottla/protocol'
import type { CommittedOffset, GroupRecord } from './group-record.ts'
import { decodeGroupRecord, encodeGroupRecord } from './group-record-codec.ts'

const plain: CommittedOffset = {
  offset: 5,
  leaderEpoch: 3,
  metadata: 'm',
  commitTimestampMs: 1_700_000_000_000,
  expireTimestampMs: -1,
  topicId: ZERO_UUID,
}

function offsetRecord(offset: CommittedOffset | null): GroupRecord {
  return { kind: 'offset', groupId: 'g', topic: 't', partition: 7, offset }
}

function checkRoundTrip(record: GroupRecord): Buffer | null {
  const { key, value } = encodeGroupRecord(record)
  deepEqual(decodeGroupRecord({ offset: 0, key, value }), record)
  return value
}

test('a commit is written as Kafka writes it: key of type 1, value of version 3', () => {
  const { key, value } = encodeGroupRecord(offsetRecord(plain))
  equal(key.toString('hex'), '000100016700017400000007')
  equal(value?.toString('hex'), '000300000000000000050000000300016d0000018bcfe56800')
})

test('what a commit says decides on its version', () => {
  equal(checkRoundTrip(offsetRecord(plain))?.readInt16BE(0), 3)
  equal(checkRoundTrip(offsetRecord({ ...plain, leaderEpoch: -1, expireTimestampMs: 99 }))?.readInt16BE(0), 1)
  equal(checkRoundTrip(offsetRecord({ ...plain, topicId: 'tttttttttttttttttttttA' }))?.readInt16BE(0), 4)
  equal(checkRoundTrip(offsetRecord(null)), null)
})

test('a group is written in version 3, with its members', () => {
  const member = {
    memberId: 'c-1',
    groupInstanceId: 'i',
    clientId: 'c',
    clientHost: '/192.0.2.1',
    rebalanceTimeout: 60_000,
    sessionTimeout: 10_000,
    subscription: Buffer.from('s'),
    assignment: Buffer.from('a'),
  }
  const group = {
    protocolType: 'consumer',
    generation: 4,
    protocol: 'range',
    leader: 'c-1',
    currentStateTimestamp: 1_700_000_000_000,
    members: [member],
  }
  const value = checkRoundTrip({ kind: 'group', groupId: 'g', group })
  equal(value?.readInt16BE(0), 3)
  checkRoundTrip({ kind: 'group', groupId: 'g', group: null })
})

test('all versions of values are read', () => {
  const key = encodeCoordinatorKey(OffsetCommitKey, { group: 'g', topic: 't', partition: 7 })
  for (const version of [0, 1, 2, 3, 4]) {
    const value = encodeCoordinatorValue(OffsetCommitValue, version, {
      offset: 5,
      leaderEpoch: 3,
      metadata: 'm',
      commitTimestamp: plain.commitTimestampMs,
    })
    const expected = version < 3 ? { ...plain, leaderEpoch: -1 } : plain
    deepEqual(decodeGroupRecord({ offset: 0, key, value }), offsetRecord(expected))
  }
  for (const version of [0, 1, 2, 3, 4]) {
    const record = encodeCoordinatorRecord(GROUP_RECORDS, {
      kind: 'GroupMetadata',
      key: { group: 'g' },
      version,
      value: { protocolType: 'consumer', generation: 1, protocol: null, leader: null },
    })
    const decoded = decodeGroupRecord({ offset: 0, ...record })
    equal(decoded?.kind === 'group' && decoded.group?.generation, 1)
  }
})

test('commits of the oldest kind are read, with the values of either kind', () => {
  const key = encodeCoordinatorKey(LegacyOffsetCommitKey, { group: 'g', topic: 't', partition: 7 })
  const legacy = encodeCoordinatorValue(LegacyOffsetCommitValue, 0, {
    offset: 5,
    metadata: 'm',
    commitTimestamp: plain.commitTimestampMs,
  })
  deepEqual(decodeGroupRecord({ offset: 0, key, value: legacy }), offsetRecord({ ...plain, leaderEpoch: -1 }))
  const { value } = encodeGroupRecord(offsetRecord(plain))
  deepEqual(decodeGroupRecord({ offset: 0, key, value }), offsetRecord(plain))
})

test('the records of other group types are read as they were written', () => {
  const group = {
    kind: 'ConsumerGroupMetadata',
    key: { groupId: 'g' },
    value: { epoch: 3, metadataHash: -(2n ** 63n) },
  } as const
  deepEqual(decodeGroupRecord({ offset: 0, ...encodeGroupRecord(group) }), group)
  const member = { kind: 'ShareGroupMemberMetadata', key: { groupId: 'g', memberId: 'm' }, value: null } as const
  deepEqual(decodeGroupRecord({ offset: 0, ...encodeGroupRecord(member) }), member)
})

test('what is not known is skipped, with a reason', () => {
  const skipped = (key: Buffer | null, value: Buffer | null) => {
    const record = decodeGroupRecord({ offset: 0, key, value })
    return record?.kind === 'skipped' ? record.reason : record
  }
  equal(skipped(Buffer.from([0, 99, 1, 2]), null), 'type 99')
  equal(skipped(null, null), 'no key')
  const key = encodeCoordinatorKey(OffsetCommitKey, { group: 'g', topic: 't', partition: 7 })
  equal(typeof skipped(key, Buffer.from([0, 77])), 'string')
  equal(typeof skipped(key, Buffer.from([0, 3, 1])), 'string')
  equal(typeof skipped(Buffer.from([0]), null), 'string')
  const { value } = encodeCoordinatorRecord(GROUP_RECORDS, {
    kind: 'GroupMetadata',
    key: { group: 'g' },
    version: GroupMetadataValue.versions.max,
    value: { protocolType: 'x', generation: 1, protocol: null, leader: null },
  })
  equal(typeof skipped(key, value), 'string')
})
