/** Never stops silently: what Node's consumers are blamed for, one after the other. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { stringCodec } from '../codec/codecs.ts'
import { FakeCluster, type FakePartition, NO_FAULT } from '../fake-cluster.test.ts'
import { Kafka } from '../kafka.ts'
import type { ConsumerEvents } from './consumer-events.ts'
import { groupWorld, MEMBERSHIPS, nextEvent, numbersOf, polling, until, type WordConsumer } from './group-world.test.ts'

interface World {
  readonly simulation: Simulation
  readonly cluster: FakeCluster
  readonly partition: FakePartition
  readonly reader: WordConsumer
  /** Stalls and recoveries, in order. */
  readonly told: string[]
  write(value: string): Promise<void>
}

function world(body: (world: World) => Promise<void>) {
  return async () => {
    const simulation = new Simulation({ seed: 1 })
    await simulation.run(async () => {
      const cluster = new FakeCluster(simulation, 2)
      await cluster.start()
      const partition = cluster.createTopic('words', 1).partitions[0]!
      await using kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, env: simulation.env('client') })
      const producer = kafka.producer()
      const reader = kafka.consumer({ key: stringCodec, value: stringCodec })
      reader.assign([{ topic: 'words', partition: 0, from: 0 }])
      const told: string[] = []
      reader.on('stalled', ({ kind }) => told.push(`${kind} stalled`))
      reader.on('recovered', ({ kind }) => told.push(`${kind} recovered`))
      const write = async (value: string) => {
        await producer.send({ topic: 'words', value: Buffer.from(value) })
      }
      await body({ simulation, cluster, partition, reader, told, write })
    })
  }
}

test(
  'a partition that cannot be read is told as stalled, with the reason, and told when it goes on',
  world(async ({ simulation, cluster, reader, told, write }) => {
    await write('a')
    equal((await reader.poll({ timeoutMs: 10_000 })).length, 1)
    equal(reader.health().state, 'running')
    cluster.fault = (api) => (api === 'Fetch' ? { kind: 'error', code: ErrorCode.LEADER_NOT_AVAILABLE } : NO_FAULT)
    const stalled = nextEvent(reader, 'stalled')
    const reading = reader.poll({ timeoutMs: 600_000 })
    const { kind, sinceMs, partitions, cause } = await stalled
    deepEqual([kind, numbersOf(partitions)], ['fetch', [0]])
    ok(sinceMs >= 60_000 && sinceMs < 70_000)
    equal((cause as { code?: string }).code, 'LEADER_NOT_AVAILABLE')
    const health = reader.health()
    deepEqual([health.state, health.isHealthy, health.stalls.length], ['stalled', false, 1])
    cluster.fault = () => NO_FAULT
    await write('b')
    equal((await reading)[0]?.value, 'b')
    await simulation.sleep(10_000)
    deepEqual(told, ['fetch stalled', 'fetch recovered'])
    equal(reader.health().state, 'running')
  }),
)

test(
  'brokers that answer nothing, or that nobody leads, are told too',
  world(async ({ simulation, cluster, partition, reader, told, write }) => {
    await write('a')
    await reader.poll({ timeoutMs: 10_000 })
    for (const isBroken of [true, false]) {
      cluster.fault = (api) => (isBroken && api === 'Fetch' ? { kind: 'lost-request' } : NO_FAULT)
      await reader.poll({ timeoutMs: 80_000 })
    }
    partition.leader = 99
    await reader.poll({ timeoutMs: 80_000 })
    partition.leader = 1
    const reading = reader.poll({ timeoutMs: 80_000 })
    await simulation.sleep(10_000)
    await write('b')
    equal((await reading)[0]?.value, 'b')
    await simulation.sleep(10_000)
    deepEqual(told, ['fetch stalled', 'fetch recovered', 'fetch stalled', 'fetch recovered'])
  }),
)

test(
  'a consumer without records, one that is paused, and one whose buffer is full do not stand still',
  world(async ({ simulation, reader, told, write }) => {
    await reader.poll({ timeoutMs: 3_600_000 })
    reader.pause()
    await simulation.sleep(3_600_000)
    reader.resume()
    await write('a')
    await simulation.sleep(3_600_000)
    equal((await reader.poll())[0]?.value, 'a')
    deepEqual(told, [])
  }),
)

test(
  'a handler that does not end is told, and the consumer stays',
  world(async ({ reader, told, write }) => {
    await write('a')
    let finish = () => {}
    const running = reader.run(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    )
    const { kind, sinceMs } = await nextEvent(reader, 'stalled')
    equal(kind, 'process')
    ok(sinceMs >= 300_000)
    const recovered = nextEvent(reader, 'recovered')
    finish()
    equal((await recovered).kind, 'process')
    await reader.close()
    await running
    deepEqual(told, ['process stalled', 'process recovered'])
  }),
)

test(
  'after a pause and after a seek records come at once (kafkajs and librdkafka wait for seconds)',
  world(async ({ simulation, reader, write }) => {
    await write('a')
    await reader.poll({ timeoutMs: 10_000 })
    for (const restart of [
      () => {
        reader.pause()
        reader.resume()
        reader.seek({ topic: 'words', partition: 0 }, 0)
      },
      () => reader.seekToBeginning(),
    ]) {
      const startedAt = simulation.now
      restart()
      equal((await reader.poll({ timeoutMs: 10_000 }))[0]?.value, 'a')
      // The fetch that waits at the broker is the longest wait.
      ok(simulation.now - startedAt < 600, `${simulation.now - startedAt}`)
    }
  }),
)

test(
  'a reader that takes little at a time, and pauses again and again, gets all (others stop after some hundred records)',
  world(async ({ cluster, reader, told }) => {
    const simulation = cluster.simulation
    await using kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, env: simulation.env('slow') })
    const producer = kafka.producer()
    const count = 3000
    const values = Array.from({ length: count }, (_, at) => `${at}`)
    for (let at = 0; at < count; at += 100) {
      await producer.sendAll(
        values.slice(at, at + 100).map((value) => ({ topic: 'words', partition: 0, value: Buffer.from(value) })),
      )
    }
    const slow = kafka.consumer({ value: stringCodec, maxPollRecords: 7, maxPartitionFetchBytes: 2000 })
    slow.assign([{ topic: 'words', partition: 0, from: 0 }])
    const seen: string[] = []
    for (let polls = 0; seen.length < count; polls += 1) {
      if (polls % 3 === 0) slow.pause()
      for (const { value } of await slow.poll({ timeoutMs: polls % 3 === 0 ? 0 : 60_000 })) seen.push(value!)
      slow.resume()
    }
    deepEqual(seen, values)
    await reader.poll({ timeoutMs: 1000 })
    deepEqual(told, [])
  }),
)

test('a run that has done all is not told as stalled, though markers of transactions follow the last record', () =>
  groupWorld(async ({ kafka, consumer }) => {
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    const value = Buffer.from('a')
    await producer.transaction((transaction) => transaction.send({ topic: 'words', partition: 0, value }))
    const member = consumer({ maxPollIntervalMs: 1000, isolationLevel: 'read_committed' })
    member.subscribe(['words'])
    const told: string[] = []
    member.on('stalled', ({ kind }) => told.push(kind))
    let doneAt = Number.POSITIVE_INFINITY
    const running = member.run(() => {
      doneAt = performance.now()
    })
    await until(() => performance.now() - doneAt > 2500)
    equal(await member.position({ topic: 'words', partition: 0 }), 2)
    await member.close()
    await running
    deepEqual(told, [])
  }))

for (const [name, options] of MEMBERSHIPS) {
  test(`who does not poll in time leaves the group, is told, and joins again with the next poll (${name})`, () =>
    groupWorld(async ({ consumer }) => {
      const stalls = consumer({ ...options, maxPollIntervalMs: 1000 })
      const lost: number[] = []
      stalls.subscribe(['words'])
      stalls.on('lost', ({ partitions }) => lost.push(...numbersOf(partitions)))
      await pollUntil(stalls, () => stalls.assignment.length === 2)
      const stalled = nextEvent(stalls, 'stalled')
      const other = consumer(options)
      other.subscribe(['words'])
      const { kind, sinceMs, partitions } = await stalled
      equal(kind, 'poll')
      ok(sinceMs >= 1000)
      deepEqual(numbersOf(partitions), [0, 1])
      equal(stalls.health().state, 'stalled')
      const work = polling(other)
      await until(() => other.assignment.length === 2)
      const recovered = nextEvent(stalls, 'recovered')
      const again = polling(stalls)
      equal((await recovered).kind, 'poll')
      await until(() => stalls.assignment.length === 1 && other.assignment.length === 1)
      deepEqual(lost.sort(), [0, 1])
      await again.stop()
      await work.stop()
    }))

  test(`long work needs no heartbeats by hand: the member keeps its partitions beyond the session timeout (${name})`, () => {
    // Longer than what a busy machine may hold up a heartbeat.
    const sessionTimeoutMs = 3000
    return groupWorld(
      async ({ consumer, write }) => {
        await write(0, 'a', 'b')
        const member = consumer(options)
        member.subscribe(['words'])
        const moved: string[] = []
        for (const event of ['revoked', 'lost'] as const) member.on(event, () => moved.push(event))
        const values: string[] = []
        for await (const { value } of member) {
          values.push(value!)
          if (values.length === 2) break
          const startedAt = performance.now()
          await until(() => performance.now() - startedAt > 1.2 * sessionTimeoutMs)
        }
        deepEqual([values, moved], [['a', 'b'], []])
        const { sinceLastHeartbeatMs, state } = member.health()
        ok(sinceLastHeartbeatMs! < sessionTimeoutMs)
        equal(state, 'running')
      },
      { sessionTimeoutMs },
    )
  })

  test(`a broker that goes away is told, and reading goes on when it is back (${name})`, () =>
    groupWorld(
      async ({ consumer, write, stopBroker }) => {
        await write(0, 'a')
        const member = consumer({ ...options, stallAfterMs: 300 })
        member.subscribe(['words'])
        const told = new Set<string>()
        const errors: ConsumerEvents['error'][] = []
        member.on('stalled', ({ kind }) => told.add(kind))
        member.on('error', (event) => errors.push(event))
        const work = polling(member)
        await until(() => work.values.length === 1)
        const startAgain = await stopBroker()
        await until(() => told.has('fetch') && told.has('group'))
        ok(errors.length > 0 && errors.every(({ kind }) => kind === 'retried'))
        ok(member.health().lastError !== null)
        await startAgain()
        await write(0, 'b')
        await until(() => work.values.at(-1) === 'b')
        await until(() => member.health().state === 'running')
        await work.stop()
      },
      { sessionTimeoutMs: 1000 },
    ))
}

async function pollUntil(consumer: WordConsumer, isSo: () => boolean): Promise<void> {
  while (!isSo()) await consumer.poll({ timeoutMs: 20 })
}
