import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { stringCodec } from '../codec/codecs.ts'
import { FakeCluster, type FakePartition, NO_FAULT } from '../fake-cluster.test.ts'
import { Kafka } from '../kafka.ts'
import type { Consumer } from './consumer.ts'

const LEASE_MS = 60_000
const LEADER = 1
const NEARBY = 2

interface World {
  readonly simulation: Simulation
  readonly cluster: FakeCluster
  readonly partition: FakePartition
  readonly follower: { endOffset: number }
  readonly reader: Consumer<Buffer, string>
  write(...values: string[]): Promise<void>
}

/** A leader far away, and a follower in the consumer's rack. */
function world(body: (world: World) => Promise<void>, rack = 'here') {
  return async () => {
    const simulation = new Simulation({ seed: 1 })
    await simulation.run(async () => {
      const cluster = new FakeCluster(simulation, 2)
      cluster.racks.set(LEADER, 'there').set(NEARBY, 'here')
      await cluster.start()
      const partition = cluster.createTopic('words', 1).partitions[0]!
      const follower = { endOffset: 0 }
      partition.followers.set(NEARBY, follower)
      const options = { bootstrapServers: cluster.bootstrapServers, metadataMaxAgeMs: LEASE_MS }
      await using kafka = new Kafka({ ...options, env: simulation.env('client') })
      const producer = kafka.producer()
      const reader = kafka.consumer({ value: stringCodec, rack })
      reader.assign([{ topic: 'words', partition: 0, from: 0 }])
      await body({
        simulation,
        cluster,
        partition,
        follower,
        reader,
        async write(...values) {
          await producer.sendAll(values.map((value) => ({ topic: 'words', value: Buffer.from(value) })))
          follower.endOffset = partition.endOffset
          cluster.wake()
        },
      })
    })
  }
}

async function read(consumer: Consumer<Buffer, string>, count: number): Promise<string[]> {
  const values: string[] = []
  while (values.length < count) {
    for (const { value } of await consumer.poll({ timeoutMs: 10_000 })) values.push(value!)
  }
  return values
}

test(
  'records are read from the replica that the leader names',
  world(async ({ cluster, reader, write }) => {
    await write('a')
    deepEqual(await read(reader, 1), ['a'])
    await write('b')
    deepEqual(await read(reader, 1), ['b'])
    deepEqual(cluster.readFrom, [NEARBY, NEARBY])
  }),
)

test(
  'who says no rack reads from the leader',
  world(async ({ cluster, reader, write }) => {
    await write('a')
    await read(reader, 1)
    deepEqual(cluster.readFrom, [LEADER])
  }, ''),
)

test(
  'the leader is asked again when the lease is over, and may name nobody',
  world(async ({ simulation, cluster, reader, write }) => {
    await write('a')
    await read(reader, 1)
    cluster.racks.set(NEARBY, 'elsewhere')
    await write('b')
    await read(reader, 1)
    deepEqual(cluster.readFrom, [NEARBY, NEARBY])
    const waiting = read(reader, 1)
    await simulation.sleep(LEASE_MS + 1000)
    await write('c')
    deepEqual(await waiting, ['c'])
    deepEqual(cluster.readFrom, [NEARBY, NEARBY, LEADER])
  }),
)

test(
  'a follower that lags behind sends the reader back to the leader, and no offset is reset',
  world(async ({ cluster, follower, reader, write }) => {
    await write('a')
    await read(reader, 1)
    await write('b')
    follower.endOffset = 0
    cluster.wake()
    // The fetch that waits has one more round.
    deepEqual(await read(reader, 1), ['b'])
    equal(cluster.readFrom.at(-1), LEADER)
    equal(await reader.position({ topic: 'words', partition: 0 }), 2)
  }),
)

for (const [what, code] of [
  ['an error', ErrorCode.NOT_LEADER_OR_FOLLOWER],
  ['an offset that it does not have yet', ErrorCode.OFFSET_NOT_AVAILABLE],
] as const) {
  test(
    `a follower that answers with ${what} is left for the leader`,
    world(async ({ cluster, partition, reader, write }) => {
      await write('a')
      await read(reader, 1)
      cluster.fault = (api, brokerId) => (api === 'Fetch' && brokerId === NEARBY ? { kind: 'error', code } : NO_FAULT)
      partition.followers.delete(NEARBY)
      await write('b')
      deepEqual(await read(reader, 1), ['b'])
      equal(cluster.readFrom.at(-1), LEADER)
    }),
  )
}

test(
  'a follower that cannot be reached is left for the leader',
  world(async ({ cluster, reader, write }) => {
    await write('a')
    await read(reader, 1)
    let isCut = true
    cluster.fault = (api, brokerId) => {
      if (api !== 'Fetch' || brokerId !== NEARBY || !isCut) return NO_FAULT
      isCut = false
      cluster.racks.set(NEARBY, 'elsewhere')
      return { kind: 'lost-request' }
    }
    await write('b')
    deepEqual(await read(reader, 1), ['b'])
    ok([LEADER, NEARBY].includes(cluster.readFrom.at(-1)!))
    await write('c')
    deepEqual(await read(reader, 1), ['c'])
    equal(cluster.readFrom.at(-1), LEADER)
  }),
)
