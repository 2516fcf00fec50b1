import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { nodeEnv } from '@ottla/env/node'
import { ClientConnection } from '@ottla/net'
import { createBroker } from '@ottla/testkit'
import { CONSUMER_GROUP_HEARTBEAT } from '../../apis.ts'
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

async function world(body: (kafka: Kafka, bootstrap: string) => Promise<void>): Promise<void> {
  const settings = {
    'group.consumer.min.heartbeat.interval.ms': '50',
    'group.consumer.heartbeat.interval.ms': '50',
    'group.consumer.migration.policy': 'bidirectional',
  }
  await using broker = await createBroker({ settings })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  try {
    await kafka.admin().createTopics([{ name: 'words', partitionCount: 6 }])
    await body(kafka, broker.bootstrap)
  } finally {
    await kafka.close()
  }
}

function join(kafka: Kafka, assignors?: readonly Assignor[]): Member {
  const heard: string[] = []
  const hear = (sign: string) => (partitions: readonly TopicPartition[]) => {
    if (partitions.length > 0) heard.push(`${sign}${partitions.map(({ partition }) => partition).sort()}`)
  }
  const consumer = kafka.consumer({
    groupId: 'g',
    ...(assignors === undefined ? {} : { assignors }),
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

/** Leaves the group in the name of the member, which does not hear of it. */
async function forget(bootstrap: string, memberId: string): Promise<void> {
  const env = nodeEnv()
  const [host, port] = bootstrap.split(':')
  const connection = await ClientConnection.connect({
    env,
    host: host!,
    port: Number(port),
    clientId: null,
    connectTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    softwareName: 'test',
    softwareVersion: '1',
  })
  const leave = { groupId: 'g', memberId, memberEpoch: -1 }
  const { errorCode } = await connection.request(CONSUMER_GROUP_HEARTBEAT, 1, leave)
  equal(errorCode, 0)
  connection.close()
  env.close()
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

test('where the brokers can share out, they do: members keep what stays theirs', () =>
  world(async (kafka) => {
    const first = join(kafka)
    await until(() => first.partitions().length === 6)
    const second = join(kafka)
    await until(() => second.partitions().length === 3 && first.partitions().length === 3)
    deepEqual(first.heard, ['+0,1,2,3,4,5', `-${second.partitions()}`])
    const described = (await kafka.admin().describeGroups(['g'])).get('g')
    equal(described?.kind === 'done' && described.value.type, 'consumer')
    await second.stop()
    await until(() => first.partitions().length === 6)
    await first.stop()
  }))

test('a group of classic members takes one of the consumer protocol, and goes on without the classic ones', () =>
  world(async (kafka) => {
    const classic = join(kafka, [cooperativeStickyAssignor])
    await until(() => classic.partitions().length === 6)
    const modern = join(kafka)
    await until(() => modern.partitions().length === 3 && classic.partitions().length === 3)
    await classic.stop()
    await until(() => modern.partitions().length === 6)
    await modern.stop()
  }))

test('a member that the group has forgotten loses its partitions, and gets them again when it comes back', () =>
  world(async (kafka, bootstrap) => {
    const member = join(kafka)
    await until(() => member.partitions().length === 6)
    const { memberId, generationId } = member.consumer.groupMetadata()
    ok(generationId > 0)
    await forget(bootstrap, memberId)
    await until(() => member.heard.includes('!0,1,2,3,4,5') && member.partitions().length === 6)
    deepEqual(member.heard, ['+0,1,2,3,4,5', '!0,1,2,3,4,5', '+0,1,2,3,4,5'])
    await member.stop()
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
