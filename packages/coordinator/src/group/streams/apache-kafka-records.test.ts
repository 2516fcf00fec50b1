/**
 * What Apache Kafka 4.3.1 wrote to `__consumer_offsets` for a word count of two instances, from the first join to the last leave: it is
 * understood, and what is written here for the same state are the same bytes. golden/streams-records.jsonl has a record a line.
 */
import { deepEqual, equal } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StoredRecord } from '../../ports.ts'
import { decodeGroupRecord, encodeGroupRecord } from '../group-record-codec.ts'
import { GroupFixture } from '../testing/group-fixture.ts'
import type { StreamsGroup } from './streams-group.ts'
import { progressFrom, progressValue } from './streams-member.ts'
import { taskIdsOf } from './tasks.ts'

const GROUP = 'p-words'
const file = join(import.meta.dirname.replace(/dist[\\/]group[\\/]streams$/, 'golden'), 'streams-records.jsonl')
const records: StoredRecord[] = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line, offset) => {
    const { key, value } = JSON.parse(line) as { key: string; value: string | null }
    return { offset, key: Buffer.from(key, 'hex'), value: value === null ? null : Buffer.from(value, 'hex') }
  })

/** The group, as the log up to some record says it is. */
async function loaded(count: number): Promise<{ fixture: GroupFixture; group: StreamsGroup }> {
  const fixture = new GroupFixture()
  fixture.log.addBatch({ records: records.slice(0, count) }, count)
  await fixture.load()
  const group = fixture.partition.shard.groups.get(GROUP)
  equal(group?.kind, 'streams')
  return { fixture, group: group as StreamsGroup }
}

test('every record is written again as it was read', () => {
  for (const stored of records) {
    const record = decodeGroupRecord(stored)
    if (record.kind === 'skipped' || record.kind === 'offset') continue
    const { key, value } = encodeGroupRecord(record)
    deepEqual({ key, value }, { key: stored.key, value: stored.value }, record.kind)
    if (record.kind === 'StreamsGroupCurrentMemberAssignment' && record.value !== null)
      deepEqual(progressValue(progressFrom(record.value)), record.value)
  }
})

test('the group of two members is loaded as Kafka had it', async () => {
  const firstLeave = records.findIndex(({ key, value }) => value === null && key?.readInt16BE(0) === 22)
  const { fixture, group } = await loaded(firstLeave)
  equal(group.stateAt(fixture.committedOffset), 'Stable')
  const { groupEpoch, assignmentEpoch, validatedTopologyEpoch, lastAssignmentConfigs, topology } = group.state
  deepEqual([groupEpoch, assignmentEpoch, validatedTopologyEpoch], [4, 4, 0])
  deepEqual([...(lastAssignmentConfigs ?? [])], [['num.standby.replicas', '0']])
  deepEqual(
    topology?.subtopologies.map(({ subtopologyId }) => subtopologyId),
    ['0', '1'],
  )
  deepEqual(
    [...group.members.values()].map(({ memberEpoch, assigned }) => [memberEpoch, taskIdsOf(assigned.active)]),
    [[0, 1], [2, 3]].map((partitions) => [4, ['0', '1'].map((subtopologyId) => ({ subtopologyId, partitions }))]), // biome-ignore format: a table
  )
})

test('after the last leave the group is empty, and can be deleted', async () => {
  const { fixture, group } = await loaded(records.length)
  equal(group.stateAt(fixture.committedOffset), 'Empty')
  equal(group.state.groupEpoch, 6)
  const deletion = fixture.coordinator.deleteGroups({ groupsNames: [GROUP] })
  await fixture.turns()
  equal((await deletion).results?.[0]?.errorCode, 0)
})
