/** The sticky assignors against the answers of Java's, in `golden/sticky-assignors.jsonl`, and what they promise for any group. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AssignableTopic, Assignment, Assignor, GroupMember } from './assignor.ts'
import { cooperativeStickyAssignor } from './cooperative-sticky-assignor.ts'
import { stickyAssignor } from './sticky-assignor.ts'
import { decodeGeneration, decodeStickyUserData, encodeGeneration, encodeStickyUserData } from './sticky-user-data.ts'

type ByTopic = Record<string, number[]>

interface Case {
  readonly assignor: string
  readonly case: number
  readonly input: {
    readonly topics: { name: string; partitions: number; racks?: string[][] }[]
    readonly members: {
      id: string
      instanceId: string | null
      rack: string | null
      topics: string[]
      owned: ByTopic
      generation: number
      userData: string | null
    }[]
  }
  readonly output: Record<string, ByTopic>
}

const file = new URL('../../../golden/sticky-assignors.jsonl', import.meta.url)
const cases: Case[] = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

/** Java's order of strings as keys of a HashMap with 16 buckets, in which its leader sees the members. */
function bucket(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 16)) & 15
}

function assigned(assignor: Assignor, { input }: Case): Case['output'] {
  const members = input.members.map(
    ({ id, instanceId, rack, topics, owned, generation, userData }): GroupMember => ({
      memberId: id,
      instanceId,
      rack,
      topics,
      ownedPartitions: Object.entries(owned).flatMap(([topic, numbers]) =>
        numbers.map((partition) => ({ topic, partition })),
      ),
      generation,
      userData: userData === null ? null : Buffer.from(userData, 'hex'),
    }),
  )
  members.sort((a, b) => bucket(a.memberId) - bucket(b.memberId))
  const topics = input.topics.map(({ name, partitions, racks }) => ({
    name,
    partitionCount: partitions,
    racks: racks ?? null,
  }))
  return Object.fromEntries([...assignor.assign(topics, members)].map(([id, partitions]) => [id, grouped(partitions)]))
}

function grouped(partitions: readonly { topic: string; partition: number }[]): ByTopic {
  const byTopic: ByTopic = {}
  for (const { topic, partition } of partitions) {
    byTopic[topic] = [...(byTopic[topic] ?? []), partition].sort((a, b) => a - b)
  }
  return byTopic
}

for (const [name, assignor] of [
  ['client-sticky', stickyAssignor],
  ['client-cooperative-sticky', cooperativeStickyAssignor],
] as const) {
  test(`${name} shares out as Java's does`, () => {
    const ofAssignor = cases.filter((one) => one.assignor === name)
    equal(ofAssignor.length, 45)
    for (const one of ofAssignor) deepEqual(assigned(assignor, one), one.output, `case ${one.case}`)
  })
}

test('user data are read and written with the bytes of Java', () => {
  let count = 0
  for (const one of cases) {
    for (const { userData, generation } of one.input.members) {
      if (userData === null) continue
      count += 1
      const bytes = Buffer.from(userData, 'hex')
      if (one.assignor === 'client-sticky') {
        const data = decodeStickyUserData(bytes)
        equal(data.generation, generation)
        equal(encodeStickyUserData(data).toString('hex'), userData)
      } else {
        equal(decodeGeneration(bytes), generation)
        equal(encodeGeneration(generation).toString('hex'), userData)
      }
    }
  }
  ok(count > 100)
})

test('user data of version 0 have no generation, and unreadable ones count as nothing', () => {
  const data = { partitions: [{ topic: 't', partition: 3 }], generation: null }
  deepEqual(decodeStickyUserData(encodeStickyUserData(data)), data)
  const cut = encodeStickyUserData(data).subarray(0, 8)
  throws(() => decodeStickyUserData(cut))
  for (const assignor of [stickyAssignor, cooperativeStickyAssignor]) {
    const answer = assignor.assign([topicOf('t', 4)], [member('a', ['t'], { userData: cut })])
    equal(answer.get('a')!.length, 4)
  }
})

function topicOf(name: string, partitionCount: number): AssignableTopic {
  return { name, partitionCount, racks: null }
}

function member(memberId: string, topics: readonly string[], more: Partial<GroupMember> = {}): GroupMember {
  const none = { instanceId: null, rack: null, ownedPartitions: [], generation: -1, userData: null }
  return { memberId, topics, ...none, ...more }
}

/** Subscriptions of members, as sets of topic numbers. */
const groups = fc.record({
  counts: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
  before: fc.array(fc.uniqueArray(fc.nat(4)), { minLength: 1, maxLength: 7 }),
  after: fc.array(fc.uniqueArray(fc.nat(4)), { minLength: 1, maxLength: 7 }),
  isAlike: fc.boolean(),
})

interface Group {
  readonly counts: readonly number[]
  readonly before: readonly (readonly number[])[]
  readonly after: readonly (readonly number[])[]
  readonly isAlike: boolean
}

function topicsOf({ counts }: Group): AssignableTopic[] {
  return counts.map((count, at) => topicOf(`t${at}`, count))
}

function membersOf({ counts, isAlike }: Group, subscriptions: readonly (readonly number[])[]): GroupMember[] {
  const all = counts.map((_, at) => `t${at}`)
  return subscriptions.map((numbers, at) => member(`m${at}`, isAlike ? all : numbers.map((number) => `t${number}`)))
}

/** The members with what an earlier assignment gave them, told in both ways. */
function after(members: readonly GroupMember[], assignment: Assignment): GroupMember[] {
  return members.map((one) => {
    const partitions = assignment.get(one.memberId)
    if (partitions === undefined) return one
    return {
      ...one,
      ownedPartitions: partitions,
      generation: 1,
      userData: encodeStickyUserData({ partitions, generation: 1 }),
    }
  })
}

function checkComplete(
  assignment: Assignment,
  topics: readonly AssignableTopic[],
  members: readonly GroupMember[],
): void {
  const owners = new Map<string, string>()
  for (const { memberId, topics: subscribed } of members) {
    for (const { topic, partition } of assignment.get(memberId)!) {
      ok(subscribed.includes(topic), `${memberId} does not subscribe to ${topic}`)
      ok(!owners.has(`${topic}-${partition}`), `${topic}-${partition} is given out twice`)
      owners.set(`${topic}-${partition}`, memberId)
    }
  }
  for (const { name, partitionCount } of topics) {
    if (!members.some(({ topics: subscribed }) => subscribed.includes(name))) continue
    for (let partition = 0; partition < partitionCount; partition += 1) ok(owners.has(`${name}-${partition}`))
  }
}

/** No partition could go to a subscriber that has two less. */
function checkBalanced(assignment: Assignment, members: readonly GroupMember[]): void {
  const load = (memberId: string) => assignment.get(memberId)!.length
  for (const [memberId, partitions] of assignment) {
    for (const { topic } of partitions) {
      for (const other of members) {
        if (other.topics.includes(topic)) ok(load(memberId) <= load(other.memberId) + 1)
      }
    }
  }
}

test('sticky gives every partition to one subscriber and no move would balance better, whatever the group was before', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const topics = topicsOf(group)
      const first = stickyAssignor.assign(topics, membersOf(group, group.before))
      const members = after(membersOf(group, group.after), first)
      const second = stickyAssignor.assign(topics, members)
      checkComplete(second, topics, members)
      checkBalanced(second, members)
    }),
  )
})

test('sticky leaves a group as it is when nothing changed', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const topics = topicsOf(group)
      const members = membersOf(group, group.before)
      const first = stickyAssignor.assign(topics, members)
      const second = stickyAssignor.assign(topics, after(members, first))
      for (const [memberId, partitions] of first) deepEqual(grouped(second.get(memberId)!), grouped(partitions))
    }),
  )
})

test('cooperative-sticky gives nobody what another still has, and settles within a few generations', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const topics = topicsOf(group)
      const first = cooperativeStickyAssignor.assign(topics, membersOf(group, group.before))
      const members = after(membersOf(group, group.after), first)
      const second = cooperativeStickyAssignor.assign(topics, members)
      for (const { memberId, ownedPartitions } of members) {
        const owned = new Set(ownedPartitions.map(({ topic, partition }) => `${topic}-${partition}`))
        for (const [other, partitions] of second) {
          if (other === memberId) continue
          for (const { topic, partition } of partitions) ok(!owned.has(`${topic}-${partition}`))
        }
      }
      let last = second
      for (let generation = 3; generation <= 6; generation += 1) {
        last = cooperativeStickyAssignor.assign(topics, after(members, last))
      }
      checkComplete(last, topics, members)
      checkBalanced(last, members)
    }),
  )
})
