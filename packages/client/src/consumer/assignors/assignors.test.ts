import { deepEqual } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Assignor } from './assignor.ts'
import { rangeAssignor } from './range-assignor.ts'
import { roundRobinAssignor } from './round-robin-assignor.ts'

interface Case {
  readonly assignor: string
  readonly case: number
  readonly input: {
    readonly topics: { name: string; partitions: number; racks?: string[][] }[]
    readonly members: { id: string; instanceId: string | null; rack: string | null; topics: string[] }[]
  }
  readonly output: Record<string, Record<string, number[]>>
}

const file = new URL('../../../golden/assignors.jsonl', import.meta.url)
const cases: Case[] = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

function assigned(assignor: Assignor, { input }: Case): Case['output'] {
  const assignment = assignor.assign(
    input.topics.map(({ name, partitions, racks }) => ({ name, partitionCount: partitions, racks: racks ?? null })),
    input.members.map(({ id, instanceId, rack, topics }) => ({
      memberId: id,
      instanceId,
      rack,
      topics,
      ownedPartitions: [],
      generation: -1,
      userData: null,
    })),
  )
  const output: Case['output'] = {}
  for (const [memberId, partitions] of assignment) {
    const ofMember: Record<string, number[]> = {}
    for (const { topic, partition } of partitions) ofMember[topic] = [...(ofMember[topic] ?? []), partition]
    output[memberId] = ofMember
  }
  return output
}

function sorted(output: Case['output']): Case['output'] {
  const byNumber = (partitions: number[]) => [...partitions].sort((a, b) => a - b)
  return Object.fromEntries(
    Object.entries(output).map(([member, topics]) => [
      member,
      Object.fromEntries(Object.entries(topics).map(([topic, partitions]) => [topic, byNumber(partitions)])),
    ]),
  )
}

for (const [name, assignor] of [
  ['client-range', rangeAssignor],
  ['client-roundrobin', roundRobinAssignor],
] as const) {
  test(`${name} shares out as Java's does`, () => {
    const ofAssignor = cases.filter((one) => one.assignor === name)
    for (const one of ofAssignor) {
      deepEqual(sorted(assigned(assignor, one)), sorted(one.output), `case ${one.case}`)
    }
  })
}
