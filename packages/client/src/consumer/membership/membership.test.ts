import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { Kafka } from '../../kafka.ts'
import type { TopicPartition } from '../../topic-partition.ts'
import type { Assignor } from '../assignors/assignor.ts'
import { cooperativeStickyAssignor } from '../assignors/cooperative-sticky-assignor.ts'
import { stickyAssignor } from '../assignors/sticky-assignor.ts'
import type { Consumer } from '../consumer.ts'

/** A consumer that polls by itself, and what its listener heard. */
interface Member {
  readonly consumer: Consumer
  readonly heard: string[]
  readonly partitions: () => number[]
  stop(): Promise<void>
}

async function world(body: (kafka: Kafka) => Promise<void>): Promise<void> {
  await using broker = await createBroker()
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  try {
    await kafka.admin().createTopics([{ name: 'words', partitionCount: 6 }])
    await body(kafka)
  } finally {
    await kafka.close()
  }
}

function join(kafka: Kafka, assignors: readonly Assignor[]): Member {
  const heard: string[] = []
  const hear = (sign: string) => (partitions: readonly TopicPartition[]) => {
    if (partitions.length > 0) heard.push(`${sign}${partitions.map(({ partition }) => partition).sort()}`)
  }
  const consumer = kafka.consumer({
    groupId: 'g',
    assignors,
    heartbeatIntervalMs: 50,
    rebalanceListener: { onAssigned: hear('+'), onRevoked: hear('-'), onLost: hear('!') },
  })
  consumer.subscribe(['words'])
  let isStopped = false
  const polling = (async () => {
    while (!isStopped) await consumer.poll({ timeoutMs: 20 })
  })()
  return {
    consumer,
    heard,
    partitions: () => consumer.assignment.map(({ partition }) => partition).sort(),
    stop: async () => {
      isStopped = true
      await polling
      await consumer.close()
    },
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

test('cooperative members keep what stays theirs, without a moment in which they have less', () =>
  world(async (kafka) => {
    const first = join(kafka, [cooperativeStickyAssignor])
    await until(() => first.partitions().length === 6)
    const second = join(kafka, [cooperativeStickyAssignor])
    await until(() => second.partitions().length === 3 && first.partitions().length === 3)
    equal(first.heard.length, 2)
    equal(first.heard[0], '+0,1,2,3,4,5')
    deepEqual(first.heard[1], `-${second.partitions()}`)
    deepEqual([...first.partitions(), ...second.partitions()].sort(), [0, 1, 2, 3, 4, 5])
    const kept = first.partitions()
    await second.stop()
    await until(() => first.partitions().length === 6)
    ok(first.heard.slice(2).every((line) => line.startsWith('+')))
    ok(kept.every((partition) => first.partitions().includes(partition)))
    await first.stop()
  }))

test('sticky members give up all before a rebalance, and get back what they had as far as it is fair', () =>
  world(async (kafka) => {
    const first = join(kafka, [stickyAssignor])
    await until(() => first.partitions().length === 6)
    const second = join(kafka, [stickyAssignor])
    await until(() => second.partitions().length === 3 && first.partitions().length === 3)
    const [kept, moved] = [first.partitions(), second.partitions()]
    deepEqual(first.heard, ['+0,1,2,3,4,5', '-0,1,2,3,4,5', `+${kept}`])
    const third = join(kafka, [stickyAssignor])
    await until(() => [first, second, third].every(({ partitions }) => partitions().length === 2))
    ok(first.partitions().every((partition) => kept.includes(partition)))
    ok(second.partitions().every((partition) => moved.includes(partition)))
    for (const member of [first, second, third]) await member.stop()
  }))
