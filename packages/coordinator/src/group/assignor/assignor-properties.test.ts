/** What the assignors promise for any group: who gets what, balance, and that a group without changes stays as it is. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GroupAssignment, PartitionAssignor, SubscribedMember, SubscribedTopic } from './assignor.ts'
import { rangeAssignor } from './range.ts'
import { simpleAssignor } from './simple.ts'
import { uniformAssignor } from './uniform.ts'

interface Group {
  readonly counts: readonly number[]
  /** Topic numbers by member, in two states of the group. */
  readonly before: readonly (readonly number[])[]
  readonly after: readonly (readonly number[])[]
  readonly isAlike: boolean
}

const subscriptions = fc.array(fc.uniqueArray(fc.nat(5)), { minLength: 0, maxLength: 8 })
const groups: fc.Arbitrary<Group> = fc.record({
  counts: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
  before: subscriptions,
  after: subscriptions,
  isAlike: fc.boolean(),
})

function topicsOf({ counts }: Group): SubscribedTopic[] {
  return counts.map((partitionCount, at) => ({ topicId: `t${at}`, partitionCount, racks: null }))
}

function membersOf({ counts, isAlike }: Group, numbers: readonly (readonly number[])[]): SubscribedMember[] {
  const all = counts.map((_, at) => `t${at}`)
  return numbers.map((ofMember, at) => ({
    memberId: `m${at}`,
    instanceId: at % 3 === 2 ? `i${at}` : null,
    rack: null,
    topicIds: new Set(isAlike ? all : ofMember.map((number) => `t${number}`)),
    assigned: new Map(),
  }))
}

function after(members: readonly SubscribedMember[], assignment: GroupAssignment): SubscribedMember[] {
  return members.map((member) => ({ ...member, assigned: assignment.get(member.memberId) ?? new Map() }))
}

/** Second assignment of a group that changed after the first one, with one topic that has lost a partition. */
function reassigned(assignor: PartitionAssignor, group: Group) {
  const first = assignor.assign({ topics: topicsOf(group), members: membersOf(group, group.before) })
  const topics = topicsOf({
    ...group,
    counts: group.counts.map((count, at) => (at === 0 ? Math.max(0, count - 1) : count)),
  })
  const members = after(membersOf(group, group.after), first)
  return { topics, members, assignment: assignor.assign({ topics, members }) }
}

function loadOf(assignment: GroupAssignment, memberId: string): number {
  return [...assignment.get(memberId)!.values()].reduce((sum, partitions) => sum + partitions.length, 0)
}

/** How many members have each partition of the topic. */
function sharing(assignment: GroupAssignment, { topicId, partitionCount }: SubscribedTopic): number[] {
  const counts = new Array<number>(partitionCount).fill(0)
  for (const topics of assignment.values()) {
    for (const partition of topics.get(topicId) ?? []) counts[partition]! += 1
  }
  return counts
}

/** Every member is in the answer, with partitions that exist, of topics that it subscribes to, in order, and none twice. */
function checkShape(
  assignment: GroupAssignment,
  topics: readonly SubscribedTopic[],
  members: readonly SubscribedMember[],
) {
  deepEqual([...assignment.keys()].sort(), members.map(({ memberId }) => memberId).sort())
  for (const { memberId, topicIds } of members) {
    for (const [topicId, partitions] of assignment.get(memberId)!) {
      ok(topicIds.has(topicId))
      ok(partitions.length > 0)
      const { partitionCount } = topics.find((topic) => topic.topicId === topicId)!
      partitions.forEach((partition, at) => {
        ok(partition < partitionCount)
        ok(at === 0 || partition > partitions[at - 1]!)
      })
    }
  }
}

for (const assignor of [rangeAssignor, uniformAssignor]) {
  test(`${assignor.name} gives every partition to one subscriber, whatever the group was before`, () => {
    fc.assert(
      fc.property(groups, (group) => {
        const { topics, members, assignment } = reassigned(assignor, group)
        checkShape(assignment, topics, members)
        for (const topic of topics) {
          const expected = members.some(({ topicIds }) => topicIds.has(topic.topicId)) ? 1 : 0
          for (const count of sharing(assignment, topic)) equal(count, expected)
        }
      }),
    )
  })
}

test('uniform leaves no partition with a member that has two more than another subscriber', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const { members, assignment } = reassigned(uniformAssignor, group)
      for (const [memberId, topics] of assignment) {
        const load = loadOf(assignment, memberId)
        for (const topicId of topics.keys()) {
          for (const other of members) {
            if (other.topicIds.has(topicId)) ok(load <= loadOf(assignment, other.memberId) + 1)
          }
        }
      }
    }),
  )
})

for (const assignor of [uniformAssignor, simpleAssignor]) {
  test(`${assignor.name} leaves a group as it is when nothing changed`, () => {
    fc.assert(
      fc.property(groups, (group) => {
        const topics = topicsOf(group)
        const members = membersOf(group, group.before)
        const first = assignor.assign({ topics, members })
        deepEqual(assignor.assign({ topics, members: after(members, first) }), first)
      }),
    )
  })
}

test('uniform takes no more from the members of a group that grows than the new member needs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 }), (count, size) => {
      const topics = [{ topicId: 't', partitionCount: count, racks: null }]
      const group = { counts: [count], before: [], after: [], isAlike: true }
      const members = membersOf(group, new Array(size + 1).fill([0])).map((one) => ({
        ...one,
        topicIds: new Set(['t']),
      }))
      const first = uniformAssignor.assign({ topics, members: members.slice(0, size) })
      const second = uniformAssignor.assign({ topics, members: after(members, first) })
      let moved = 0
      for (const [memberId, ofMember] of first) {
        const now = second.get(memberId)!.get('t') ?? []
        moved += (ofMember.get('t') ?? []).filter((partition) => !now.includes(partition)).length
      }
      equal(moved, Math.floor(count / (size + 1)))
    }),
  )
})

test('simple lets equally many members share every partition, and members of one topic set differ by one at most', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const { topics, members, assignment } = reassigned(simpleAssignor, group)
      checkShape(assignment, topics, members)
      const subscribed = topics.filter(({ topicId }) => members.some(({ topicIds }) => topicIds.has(topicId)))
      const isAlike = subscribed.every(({ topicId }) => members.every(({ topicIds }) => topicIds.has(topicId)))
      if (isAlike) {
        const counts = subscribed.flatMap((topic) => sharing(assignment, topic))
        const expected = Math.ceil(members.length / Math.max(1, counts.length))
        for (const count of counts) equal(count, expected)
        const loads = members.map(({ memberId }) => loadOf(assignment, memberId))
        ok(loads.length === 0 || Math.max(...loads) - Math.min(...loads) <= 1)
        return
      }
      for (const topic of topics) {
        const subscribers = members.filter(({ topicIds }) => topicIds.has(topic.topicId))
        const expected = Math.ceil(subscribers.length / Math.max(1, topic.partitionCount))
        for (const count of sharing(assignment, topic)) equal(count, expected)
        const loads = subscribers.map(({ memberId }) => assignment.get(memberId)!.get(topic.topicId)?.length ?? 0)
        ok(loads.length === 0 || Math.max(...loads) - Math.min(...loads) <= 1)
      }
    }),
  )
})
