/** The assignors against the answers of Kafka 4.4.0, in `golden/assignors.jsonl`. */
import { deepEqual, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { AssignorInput, PartitionAssignor } from './assignor.ts'
import { rangeAssignor } from './range.ts'
import { simpleAssignor } from './simple.ts'
import { uniformAssignor } from './uniform.ts'

type Output = Record<string, Record<string, number[]>>

interface Case {
  readonly assignor: string
  readonly case: number
  readonly input: {
    readonly topics: { name: string; id: string; partitions: number; racks?: string[][] }[]
    readonly members: {
      id: string
      instanceId: string | null
      rack: string | null
      topics: string[]
      owned: Output[string]
    }[]
  }
  readonly output: Output
  readonly orderSensitive: boolean
}

const file = new URL('../../../golden/assignors.jsonl', import.meta.url)
const cases: Case[] = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

/** Java's order of strings as keys of a HashMap with 16 buckets. */
function bucket(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 16)) & 15
}

function inputOf({ input }: Case): AssignorInput {
  const idOf = new Map(input.topics.map(({ name, id }) => [name, id]))
  return {
    topics: input.topics.map(({ id, partitions, racks }) => ({
      topicId: id,
      partitionCount: partitions,
      racks: racks ?? null,
    })),
    members: input.members.map(({ id, instanceId, rack, topics, owned }) => ({
      memberId: id,
      instanceId,
      rack,
      topicIds: new Set(topics.map((name) => idOf.get(name) ?? name)),
      assigned: new Map(Object.entries(owned).map(([name, partitions]) => [idOf.get(name) ?? name, partitions])),
    })),
  }
}

function assigned(assignor: PartitionAssignor, input: AssignorInput, { input: { topics } }: Case): Output {
  const nameOf = new Map(topics.map(({ name, id }) => [id, name]))
  return Object.fromEntries(
    [...assignor.assign(input)].map(([memberId, ofMember]) => [
      memberId,
      Object.fromEntries([...ofMember].map(([topicId, partitions]) => [nameOf.get(topicId), partitions])),
    ]),
  )
}

function casesOf(assignor: string): Case[] {
  const found = cases.filter((one) => one.assignor === assignor)
  ok(found.length > 0)
  return found
}

/** How many of the owned partitions stay. */
function kept(output: Output, { input }: Case): number {
  let count = 0
  for (const { id, owned } of input.members) {
    for (const [topic, partitions] of Object.entries(owned)) {
      count += partitions.filter((partition) => output[id]?.[topic]?.includes(partition)).length
    }
  }
  return count
}

function spread(output: Output): number {
  const loads = Object.values(output).map((topics) => Object.values(topics).flat().length)
  return Math.max(...loads) - Math.min(...loads)
}

/** How many members have each partition. */
function holders(output: Output): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const topics of Object.values(output)) {
    for (const [topic, partitions] of Object.entries(topics)) {
      for (const partition of partitions) {
        counts[`${topic}-${partition}`] = (counts[`${topic}-${partition}`] ?? 0) + 1
      }
    }
  }
  return counts
}

test('range answers as Kafka does', () => {
  for (const one of casesOf('server-range')) {
    deepEqual(assigned(rangeAssignor, inputOf(one), one), one.output, `case ${one.case}`)
  }
})

test('uniform answers as Kafka does when the members stand in the order of its hash table', () => {
  for (const one of casesOf('server-uniform')) {
    const input = inputOf(one)
    const members = [...input.members].sort((a, b) => bucket(a.memberId) - bucket(b.memberId))
    deepEqual(assigned(uniformAssignor, { ...input, members }, one), one.output, `case ${one.case}`)
  }
})

/** The same group with each partition as a topic of its own, so that partitions of several topics can stand in the order of a hash table. */
function explodedOutput(one: Case): Output {
  const { topics, members } = one.input
  const partitions = topics
    .filter(({ name }) => members[0]!.topics.includes(name))
    .flatMap(({ name, id, partitions: count }) =>
      Array.from({ length: count }, (_, at) => ({ topicId: `${name}:${at}`, bucket: partitionBucket(id, at) })),
    )
    .sort((a, b) => a.bucket - b.bucket)
  const topicIds = new Set(partitions.map(({ topicId }) => topicId))
  const assignment = simpleAssignor.assign({
    topics: partitions.map(({ topicId }) => ({ topicId, partitionCount: 1, racks: null })),
    members: [...members]
      .sort((a, b) => bucket(b.id) - bucket(a.id))
      .map(({ id, owned }) => ({
        memberId: id,
        instanceId: null,
        rack: null,
        topicIds,
        assigned: new Map(
          Object.entries(owned).flatMap(([name, numbers]) => numbers.map((number) => [`${name}:${number}`, [0]])),
        ),
      })),
  })
  const output: Output = {}
  for (const [memberId, ofMember] of assignment) {
    const ofTopics: Output[string] = {}
    for (const key of ofMember.keys()) {
      const [name, number] = key.split(':')
      ofTopics[name!] = [...(ofTopics[name!] ?? []), Number(number)].sort((a, b) => a - b)
    }
    output[memberId] = ofTopics
  }
  return output
}

/** Java's order of pairs of topic id and partition in a hash set with 16 buckets. */
function partitionBucket(topicId: string, partition: number): number {
  const bytes = Buffer.from(topicId, 'base64url')
  const ofTopic = bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12)
  const hash = (Math.imul(31, ofTopic) + partition) | 0
  return (hash ^ (hash >>> 16)) & 15
}

function isHomogeneous({ input: { members } }: Case): boolean {
  return members.every(({ topics }) => topics.join() === members[0]!.topics.join())
}

/** Kafka has a member give up a partition more than balance asks for, by where it stands in a hash table. */
const STICKIER_THAN_KAFKA = [93]

test('simple answers as Kafka does, some groups only when partitions stand in the order of its hash table', () => {
  const differing: number[] = []
  for (const one of casesOf('share-simple')) {
    if (one.orderSensitive) continue
    const answers = [assigned(simpleAssignor, inputOf(one), one)]
    if (isHomogeneous(one)) answers.push(explodedOutput(one))
    if (!answers.some((output) => isDeepStrictEqual(output, one.output))) differing.push(one.case)
  }
  deepEqual(differing, STICKIER_THAN_KAFKA)
})

test('simple is as balanced and at least as sticky as Kafka, case by case', () => {
  for (const one of casesOf('share-simple')) {
    const output = assigned(simpleAssignor, inputOf(one), one)
    const countOf = holders(output)
    for (const [partition, count] of Object.entries(holders(one.output))) {
      ok(countOf[partition]! >= count, `case ${one.case}: ${partition} has fewer members`)
    }
    ok(spread(output) <= spread(one.output), `case ${one.case}: less balanced`)
    ok(kept(output, one) >= kept(one.output, one), `case ${one.case}: moves more than Kafka`)
  }
})
