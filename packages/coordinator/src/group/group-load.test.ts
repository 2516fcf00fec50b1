/** Logs that others wrote: other types of groups, transactions, compaction, size. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, encodeCoordinatorRecord, GROUP_RECORDS, ZERO_UUID } from '@ottla/protocol'
import type { NewRecord, StoredBatch } from '../ports.ts'
import { encodeGroupRecord } from './group-record-codec.ts'
import { GroupFixture } from './testing/group-fixture.ts'

const now = 1_700_000_000_000

function commit(groupId: string, partition: number, offset: number, topic = 't'): NewRecord {
  return encodeGroupRecord({
    kind: 'offset',
    groupId,
    topic,
    partition,
    offset: {
      offset,
      leaderEpoch: -1,
      metadata: '',
      commitTimestampMs: now,
      expireTimestampMs: -1,
      topicId: ZERO_UUID,
    },
  })
}

function add(fixture: GroupFixture, records: readonly NewRecord[], batch: Partial<StoredBatch> = {}): void {
  const base = fixture.log.endOffset
  const stored = records.map((record, index) => ({ offset: base + index, ...record }))
  fixture.log.addBatch({ ...batch, records: stored }, Math.max(records.length, 1))
}

async function committedOffsets(fixture: GroupFixture, groupId: string): Promise<Record<string, number>> {
  const request = {
    groupId: '',
    topics: null,
    groups: [{ groupId, memberId: null, memberEpoch: -1, topics: null }],
    requireStable: false,
  }
  const context = { apiVersion: 9, clientId: '', clientHost: '' }
  const answer = fixture.coordinator.offsetFetch(request, context)
  await fixture.turns()
  const { groups = [] } = await answer
  const entries = (groups[0]?.topics ?? []).flatMap(({ name, partitions = [] }) =>
    partitions.map((each): [string, number] => [`${name}-${each.partitionIndex}`, each.committedOffset ?? 0]),
  )
  return Object.fromEntries(entries)
}

async function stableError(fixture: GroupFixture, groupId: string): Promise<number | undefined> {
  const groups = [{ groupId, memberId: null, memberEpoch: -1, topics: null }]
  const request = { groupId: '', topics: null, groups, requireStable: true }
  const answer = fixture.coordinator.offsetFetch(request, { apiVersion: 9, clientId: '', clientHost: '' })
  await fixture.turns()
  return (await answer).groups?.[0]?.topics?.[0]?.partitions?.[0]?.errorCode
}

test('unknown records are skipped with one warning, and what is known is loaded', async () => {
  const fixture = new GroupFixture()
  add(fixture, [
    commit('g', 0, 5),
    { key: Buffer.from([0, 99, 1]), value: Buffer.from([0]) },
    { key: Buffer.from([0, 99, 2]), value: null },
    commit('g', 1, 6),
  ])
  await fixture.load()
  deepEqual(await committedOffsets(fixture, 'g'), { 't-0': 5, 't-1': 6 })
  const warnings = fixture.lines.filter((line) => line.startsWith('warn'))
  equal(warnings.length, 1)
  ok(warnings[0]?.includes('"count":2'), warnings[0])
})

test('a group of another type keeps its id: classic members are refused, its offsets can be read and tools can delete it', async () => {
  const fixture = new GroupFixture()
  const group = encodeCoordinatorRecord(GROUP_RECORDS, {
    kind: 'ShareGroupMetadata',
    key: { groupId: 'g' },
    version: 0,
    value: { epoch: 1 },
  })
  const member = encodeCoordinatorRecord(GROUP_RECORDS, {
    kind: 'ShareGroupMemberMetadata',
    key: { groupId: 'g', memberId: 'm' },
    version: 0,
    value: {},
  })
  add(fixture, [commit('g', 0, 5), group, member])
  await fixture.load()
  const { coordinator } = fixture
  const join = coordinator.joinGroup(
    {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      reason: null,
    },
    { apiVersion: 9, clientId: 'c', clientHost: '' },
  )
  equal((await join).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  deepEqual(await committedOffsets(fixture, 'g'), { 't-0': 5 })
  deepEqual(coordinator.listGroups({ statesFilter: [], typesFilter: [] }).groups, [
    { groupId: 'g', protocolType: 'share', groupState: 'Stable', groupType: 'share' },
  ])
  equal((await coordinator.deleteGroups({ groupsNames: ['g'] })).results?.[0]?.errorCode, ErrorCode.NON_EMPTY_GROUP)

  add(fixture, [{ key: member.key, value: null }])
  await fixture.restart()
  const deletion = fixture.coordinator.deleteGroups({ groupsNames: ['g'] })
  await fixture.turns()
  equal((await deletion).results?.[0]?.errorCode, ErrorCode.NONE)
  await fixture.restart()
  deepEqual(fixture.coordinator.listGroups({ statesFilter: [], typesFilter: [] }).groups, [])
})

test('offsets of transactions count when their marker says so', async () => {
  const fixture = new GroupFixture()
  const of = (producerId: number) => ({ isTransactional: true, producerId, producerEpoch: 0 })
  add(fixture, [commit('g', 0, 1)])
  add(fixture, [commit('g', 0, 2), commit('g', 1, 2)], of(7))
  add(fixture, [commit('g', 2, 3)], of(8))
  add(fixture, [commit('g', 3, 4)], of(9))
  add(fixture, [commit('g', 1, 9)])
  add(fixture, [], { ...of(7), marker: 'commit' })
  add(fixture, [], { ...of(8), marker: 'abort' })
  await fixture.load()
  deepEqual(await committedOffsets(fixture, 'g'), { 't-0': 2, 't-1': 9 })
  equal(fixture.partition.shard.offsets.isPending({ groupId: 'g', topic: 't', partition: 3 }), true)
  equal(fixture.partition.shard.offsets.isPending({ groupId: 'g', topic: 't', partition: 2 }), false)
})

test('an offset that an open transaction may change is not stable', async () => {
  const fixture = new GroupFixture()
  add(fixture, [commit('g', 0, 1)])
  add(fixture, [commit('g', 0, 2)], { isTransactional: true, producerId: 7, producerEpoch: 0 })
  await fixture.load()
  deepEqual(await committedOffsets(fixture, 'g'), { 't-0': 1 })
  equal(await stableError(fixture, 'g'), ErrorCode.UNSTABLE_OFFSET_COMMIT)
  add(fixture, [], { isTransactional: true, producerId: 7, producerEpoch: 0, marker: 'commit' })
  await fixture.restart()
  equal(await stableError(fixture, 'g'), ErrorCode.NONE)
  deepEqual(await committedOffsets(fixture, 'g'), { 't-0': 2 })
})

test('a log whose beginning was compacted away loads', async () => {
  const fixture = new GroupFixture()
  const { key } = commit('g', 0, 0)
  fixture.log.addBatch({ records: [{ offset: 40, key, value: null }] }, 50)
  fixture.log.addBatch({ records: [{ offset: 60, ...commit('g', 1, 6) }] }, 20)
  await fixture.load()
  deepEqual(await committedOffsets(fixture, 'g'), { 't-1': 6 })
  const { groups, offsets } = fixture.coordinator.counts()
  deepEqual({ groups, offsets }, { groups: 1, offsets: 1 })
})

test('many offsets of one group are deleted in batches that the log takes', async () => {
  const fixture = new GroupFixture()
  add(
    fixture,
    Array.from({ length: 2_500 }, (_, partition) => commit('g', partition, 1)),
  )
  await fixture.load()
  const sizes: number[] = []
  fixture.log.onAppend = (records) => sizes.push(records.length)
  const deletion = fixture.coordinator.deleteGroups({ groupsNames: ['g'] })
  await fixture.turns()
  equal((await deletion).results?.[0]?.errorCode, ErrorCode.NONE)
  deepEqual(sizes, [1_000, 1_000, 501])
  deepEqual(await committedOffsets(fixture, 'g'), {})
})
