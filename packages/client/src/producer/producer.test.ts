import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, recordCount } from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { stringCodec } from '../codec/codecs.ts'
import { BrokerError, KafkaError, TimeoutError } from '../errors.ts'
import { FakeCluster, type Fault, NO_FAULT } from '../fake-cluster.test.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import type { Producer } from './producer.ts'
import type { ProducerOptions } from './producer-options.ts'

interface World {
  readonly simulation: Simulation
  readonly cluster: FakeCluster
  readonly kafka: Kafka
  producer(options?: ProducerOptions): Producer
}

function world(body: (world: World) => Promise<void>, options: { seeds?: number; brokers?: number } = {}) {
  return async () => {
    for (let seed = 0; seed < (options.seeds ?? 3); seed += 1) {
      const simulation = new Simulation({ seed })
      await simulation.run(async () => {
        const cluster = new FakeCluster(simulation, options.brokers ?? 2)
        await cluster.start()
        const env = simulation.env('client')
        const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, env })
        await body({ simulation, cluster, kafka, producer: (given = {}) => kafka.producer(given) })
        await kafka.close()
      })
    }
  }
}

const words = topic('words', { key: stringCodec, value: stringCodec })

test(
  'a record goes to the partition of its key, with its headers, and its place comes back',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 4)
    const sent = await producer().send({ topic: words, key: 'some key', value: 'x', headers: { a: 'b' } })
    equal(sent.offset, 0)
    deepEqual(partitions[sent.partition]!.values(), ['x'])
    deepEqual(partitions[sent.partition]!.headers(), [[{ key: 'a', value: Buffer.from('b') }]])
    const again = await producer().send({ topic: words, key: 'some key', value: 'y' })
    equal(again.partition, sent.partition)
    equal(again.offset, 1)
  }),
)

test(
  'what one turn sends to a partition travels in one batch, without any linger',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    const sender = producer()
    await sender.send({ topic: words, value: 'first' })
    const before = cluster.requests.length
    await sender.sendAll(['a', 'b', 'c'].map((value) => ({ topic: words, value })))
    equal(cluster.requests.length - before, 1)
    equal(recordCount(partitions[0]!.batches[1]!, 0), 3)
  }),
)

test(
  'records without a key stay on one partition for a while',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 8)
    const sender = producer()
    for (let at = 0; at < 20; at += 1) await sender.send({ topic: words, value: 'x' })
    equal(partitions.filter(({ endOffset }) => endOffset > 0).length, 1)
    await sender.sendAll(Array.from({ length: 100 }, () => ({ topic: words, value: 'y'.repeat(2000) })))
    ok(partitions.filter(({ endOffset }) => endOffset > 0).length > 1)
  }),
)

test(
  'when the leader moves, records follow it in their order',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    const sender = producer()
    const sent: Promise<unknown>[] = []
    for (let at = 0; at < 200; at += 1) {
      sent.push(sender.send({ topic: words, value: String(at), partition: 0 }))
      if (at % 50 === 10) cluster.moveLeader(partitions[0]!)
      if (at % 7 === 0) await cluster.simulation.sleep(1)
    }
    await Promise.all(sent)
    deepEqual(
      partitions[0]!.values(),
      Array.from({ length: 200 }, (_, at) => String(at)),
    )
  }),
)

test(
  'through lost requests, lost answers and passing errors every record is written once, in order',
  world(
    async ({ simulation, cluster, producer }) => {
      const { partitions } = cluster.createTopic('words', 3)
      cluster.fault = (api) => (api === 'Produce' ? randomFault(simulation) : NO_FAULT)
      const sender = producer()
      const sent: Promise<unknown>[] = []
      for (let at = 0; at < 600; at += 1) {
        sent.push(sender.send({ topic: words, value: String(at), partition: at % 3 }))
        if (simulation.random.chance(0.1)) cluster.moveLeader(partitions[at % 3]!)
        if (simulation.random.chance(0.2)) await simulation.sleep(simulation.random.below(30))
      }
      await Promise.all(sent)
      partitions.forEach((partition, index) => {
        deepEqual(
          partition.values(),
          Array.from({ length: 200 }, (_, at) => String(at * 3 + index)),
        )
      })
    },
    { seeds: 25 },
  ),
)

test(
  'a broker that takes up an unknown producer with any sequence gets the first batch first, though it refused that one at first',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    let refused = 0
    cluster.fault = (api) =>
      api === 'Produce' && refused++ === 0 ? { kind: 'error', code: ErrorCode.NOT_LEADER_OR_FOLLOWER } : NO_FAULT
    const sender = producer({ batchBytes: 100 })
    const values = Array.from({ length: 50 }, (_, at) => String(at))
    await sender.sendAll(values.map((value) => ({ topic: words, value, partition: 0 })))
    deepEqual(partitions[0]!.values(), values)
  }),
)

test(
  'without idempotence records may repeat but keep their order',
  world(
    async ({ simulation, cluster, producer }) => {
      const { partitions } = cluster.createTopic('words', 1)
      cluster.fault = (api) => (api === 'Produce' ? randomFault(simulation) : NO_FAULT)
      const sender = producer({ isIdempotent: false })
      const sent: Promise<unknown>[] = []
      for (let at = 0; at < 200; at += 1) {
        sent.push(sender.send({ topic: words, value: String(at) }))
        if (simulation.random.chance(0.3)) await simulation.sleep(simulation.random.below(30))
      }
      await Promise.all(sent)
      const firsts = [...new Set(partitions[0]!.values())]
      deepEqual(
        firsts,
        Array.from({ length: 200 }, (_, at) => String(at)),
      )
    },
    { seeds: 10 },
  ),
)

test(
  'a batch that is too large for the topic is divided until it fits, in order',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    cluster.refuse = (batch) => (recordCount(batch, 0) > 4 ? ErrorCode.MESSAGE_TOO_LARGE : ErrorCode.NONE)
    const values = Array.from({ length: 30 }, (_, at) => String(at))
    const sent = await producer().sendAll(values.map((value) => ({ topic: words, value })))
    deepEqual(partitions[0]!.values(), values)
    deepEqual(
      sent.map(({ offset }) => offset),
      values.map((_, at) => at),
    )
  }),
)

test(
  'a refused batch fails alone: those behind it are written with the sequences that follow',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    const sender = producer()
    await sender.send({ topic: words, value: 'first' })
    let refused = 0
    cluster.refuse = () => {
      refused += 1
      return refused === 1 ? ErrorCode.INVALID_RECORD : ErrorCode.NONE
    }
    const produces = () => cluster.requests.filter((name) => name === 'Produce').length
    const before = produces()
    const bad = sender.send({ topic: words, value: 'bad' })
    bad.catch(() => {})
    await cluster.simulation.until(() => produces() > before)
    const good = [sender.send({ topic: words, value: 'b' }), sender.send({ topic: words, value: 'c' })]
    await rejects(bad, (error: unknown) => error instanceof BrokerError && error.code === 'INVALID_RECORD')
    await Promise.all(good)
    deepEqual(partitions[0]!.values(), ['first', 'b', 'c'])
  }),
)

test(
  'a broker that has forgotten the producer gets the record under a new epoch',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    const sender = producer()
    await sender.send({ topic: words, value: 'a' })
    let isForgotten = true
    cluster.refuse = () => {
      const code = isForgotten ? ErrorCode.UNKNOWN_PRODUCER_ID : ErrorCode.NONE
      isForgotten = false
      return code
    }
    await sender.send({ topic: words, value: 'b' })
    deepEqual(partitions[0]!.values(), ['a', 'b'])
    deepEqual(
      [...partitions[0]!.producers.values()].map(({ epoch }) => epoch),
      [1],
    )
  }),
)

test(
  'delivery ends in time when no broker can be reached, and later records are sent when one can',
  world(async ({ simulation, cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    const sender = producer({ deliveryTimeoutMs: 3000 })
    await sender.send({ topic: words, value: 'a' })
    cluster.fault = (api) => (api === 'Produce' ? { kind: 'lost-request' } : NO_FAULT)
    const startedAt = simulation.now
    await rejects(sender.send({ topic: words, value: 'lost' }), (error: unknown) => {
      return error instanceof TimeoutError && error.topic === 'words' && error.partition === 0
    })
    ok(simulation.now - startedAt >= 3000 && simulation.now - startedAt < 5000)
    cluster.fault = () => NO_FAULT
    await sender.send({ topic: words, value: 'b' })
    deepEqual(partitions[0]!.values(), ['a', 'b'])
  }),
)

test(
  'a topic that is not there fails after maxBlockMs, with the reason',
  world(async ({ producer }) => {
    await rejects(producer({ maxBlockMs: 500 }).send({ topic: words, value: 'x' }), (error: unknown) => {
      return error instanceof TimeoutError && error.cause instanceof BrokerError
    })
  }),
)

test(
  'send waits for room when the buffer is full, and keeps the order',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    const sender = producer({ bufferBytes: 4000, batchBytes: 1000 })
    const values = Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat(300)}`)
    await sender.sendAll(values.map((value) => ({ topic: words, value })))
    deepEqual(partitions[0]!.values(), values)
  }),
)

test(
  'flush resolves when all that was sent before it is answered, failures included',
  world(async ({ cluster, producer }) => {
    cluster.createTopic('words', 2)
    const sender = producer({ lingerMs: 10_000 })
    const outcomes: string[] = []
    cluster.refuse = (_, partition) => (partition.leader === 1 ? ErrorCode.INVALID_RECORD : ErrorCode.NONE)
    for (const partition of [0, 1]) {
      sender.send({ topic: words, value: 'x', partition }).then(
        () => outcomes.push('written'),
        () => outcomes.push('failed'),
      )
    }
    await sender.flush()
    deepEqual(outcomes.sort(), ['failed', 'written'])
    ok(cluster.simulation.now < 5000)
  }),
)

test(
  'close sends what is held; afterwards send rejects',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    const sender = producer({ lingerMs: 60_000 })
    const sent = sender.send({ topic: words, value: 'x' })
    await sender.close()
    equal((await sent).offset, 0)
    deepEqual(partitions[0]!.values(), ['x'])
    await rejects(sender.send({ topic: words, value: 'y' }), (error: unknown) => {
      return error instanceof KafkaError && error.code === 'CLOSED'
    })
  }),
)

test(
  'acks = 0 resolves without an answer, and without an offset',
  world(async ({ simulation, cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 1)
    equal((await producer({ acks: 0 }).send({ topic: words, value: 'x' })).offset, -1)
    await simulation.until(() => partitions[0]!.endOffset === 1)
  }),
)

test(
  'brokers without topic ids are spoken to by name',
  world(async ({ cluster, producer }) => {
    cluster.isOld = true
    const { partitions } = cluster.createTopic('words', 1)
    await producer().send({ topic: words, value: 'x' })
    deepEqual(partitions[0]!.values(), ['x'])
  }),
)

test(
  'a custom partitioner sees key and value; what it may not choose is refused',
  world(async ({ cluster, producer }) => {
    const { partitions } = cluster.createTopic('words', 3)
    const sender = producer({ partitioner: ({ value }) => Number(value) })
    await sender.send({ topic: words, value: '2' })
    deepEqual(partitions[2]!.values(), ['2'])
    await rejects(sender.send({ topic: words, value: '7' }), /no partition 7/)
  }),
)

test(
  'an aborted signal ends the waiting at once',
  world(async ({ producer }) => {
    const abort = new AbortController()
    const sent = producer().send({ topic: words, value: 'x' }, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await rejects(sent, /enough/)
  }),
)

function randomFault(simulation: Simulation): Fault {
  const draw = simulation.random.below(10)
  if (draw === 0) return { kind: 'lost-request' }
  if (draw === 1) return { kind: 'lost-answer' }
  if (draw === 2) return { kind: 'error', code: ErrorCode.NOT_ENOUGH_REPLICAS }
  return NO_FAULT
}
