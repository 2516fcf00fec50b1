import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../../codec/codecs.ts'
import { Kafka } from '../../kafka.ts'
import { topic } from '../../topic.ts'
import type { Consumer } from '../consumer.ts'

const words = topic('words', { key: stringCodec, value: stringCodec })

interface World {
  readonly kafka: Kafka
  consumer(): Consumer<string, string>
  send(values: readonly string[], partition?: number): Promise<void>
  committed(): Promise<Record<number, number>>
}

async function world(body: (world: World) => Promise<void>): Promise<void> {
  await using broker = await createBroker()
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  const producer = kafka.producer()
  try {
    await kafka.admin().createTopics([{ name: 'words', partitionCount: 2 }])
    await body({
      kafka,
      consumer: () => {
        const codecs = { key: stringCodec, value: stringCodec }
        const consumer = kafka.consumer({
          groupId: 'g',
          autoOffsetReset: 'earliest',
          groupProtocol: 'classic',
          ...codecs,
        })
        consumer.subscribe(['words'])
        return consumer
      },
      send: async (values, partition = 0) => {
        const keyed = values.map((value) => ({ topic: words, key: value.slice(0, 1), value, partition }))
        await producer.sendAll(keyed)
      },
      committed: async () => {
        const offsets = await kafka.admin().listGroupOffsets('g')
        return Object.fromEntries(offsets.map(({ partition, offset }) => [partition, offset]))
      },
    })
  } finally {
    await kafka.close()
  }
}

/** Resolves by hand. */
class Gate {
  open = () => {}
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve
  })
}

test('records of a partition follow each other; those of two partitions do not wait for each other', () =>
  world(async ({ consumer, send, committed }) => {
    await send(['a0', 'a1', 'a2'], 0)
    await send(['b0', 'b1', 'b2'], 1)
    const seen: string[] = []
    const gate = new Gate()
    const stop = new AbortController()
    const reader = consumer()
    await reader.run(
      async ({ value }) => {
        if (value === 'a0') await gate.opened
        seen.push(value!)
        if (value === 'b2') gate.open()
        if (value === 'a2') stop.abort()
      },
      { concurrency: 2, signal: stop.signal },
    )
    deepEqual(seen, ['b0', 'b1', 'b2', 'a0', 'a1', 'a2'])
    deepEqual(await committed(), { 0: 3, 1: 3 })
    await reader.close()
  }))

test('in the order of keys, records of one key follow each other and others overtake them', () =>
  world(async ({ consumer, send }) => {
    await send(['a0', 'b0', 'a1', 'b1', 'c0'])
    const seen: string[] = []
    const gate = new Gate()
    const stop = new AbortController()
    await consumer().run(
      async ({ value }) => {
        if (value === 'a0') await gate.opened
        seen.push(value!)
        if (value === 'b1') gate.open()
        if (value === 'a1') stop.abort()
      },
      { concurrency: 3, order: 'key', signal: stop.signal },
    )
    deepEqual(
      seen.filter((value) => value.startsWith('a')),
      ['a0', 'a1'],
    )
    ok(seen.indexOf('b1') < seen.indexOf('a0'))
    ok(seen.indexOf('b0') < seen.indexOf('b1'))
  }))

test('what is committed is what is done without a gap, whatever was done behind it', () =>
  world(async ({ consumer, send, committed }) => {
    await send(['a', 'b', 'c', 'd', 'e'])
    const reader = consumer()
    const failed = reader.run(
      async ({ value }) => {
        if (value === 'c') throw new Error('c cannot be done')
      },
      { concurrency: 5, order: 'none' },
    )
    await rejects(failed, /c cannot be done/)
    await reader.close()
    deepEqual(await committed(), { 0: 2, 1: 0 })
    const again: string[] = []
    const stop = new AbortController()
    await consumer().run(
      ({ value }) => {
        again.push(value!)
        if (value === 'e') stop.abort()
      },
      { signal: stop.signal },
    )
    deepEqual(again, ['c', 'd', 'e'])
  }))

test('a record that fails is tried again, and then skipped where that is asked for', () =>
  world(async ({ consumer, send, committed }) => {
    await send(['a', 'b'])
    const attempts: number[] = []
    const letters: string[] = []
    const stop = new AbortController()
    await consumer().run(
      ({ value }, { attempt }) => {
        if (value === 'b') return stop.abort()
        attempts.push(attempt)
        throw new Error('always')
      },
      {
        retry: { attempts: 3, backoffMs: 1 },
        onFailed: ({ value }, error) => {
          letters.push(`${value}: ${(error as Error).message}`)
          return 'skip'
        },
        signal: stop.signal,
      },
    )
    deepEqual(attempts, [1, 2, 3])
    deepEqual(letters, ['a: always'])
    deepEqual(await committed(), { 0: 2, 1: 0 })
  }))

test('no more is taken than is allowed to wait', () =>
  world(async ({ consumer, send }) => {
    await send(Array.from({ length: 50 }, (_, n) => `a${n}`))
    const stop = new AbortController()
    const reader = consumer()
    let count = 0
    let furthest = 0
    await reader.run(
      async () => {
        count += 1
        const [{ position } = { position: 0 }] = reader.lag().filter(({ partition }) => partition === 0)
        furthest = Math.max(furthest, position! - count)
        if (count === 50) stop.abort()
      },
      { maxWaiting: 5, signal: stop.signal },
    )
    equal(count, 50)
    ok(furthest <= 6, `${furthest} were taken ahead`)
  }))

test('a partition that is given away is waited for, and what is done of it is committed before the next owner reads', () =>
  world(async ({ consumer, send }) => {
    const seen: string[] = []
    const stop = new AbortController()
    const work = async ({ value }: { value: string | null }): Promise<void> => {
      seen.push(value!)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const first = consumer()
    const running = [first.run(work, { concurrency: 2, signal: stop.signal })]
    await send(
      Array.from({ length: 200 }, (_, n) => `${n}`),
      0,
    )
    await send(
      Array.from({ length: 200 }, (_, n) => `${n + 200}`),
      1,
    )
    const second = consumer()
    running.push(second.run(work, { concurrency: 2, signal: stop.signal }))
    while (first.assignment.length !== 1 || second.assignment.length !== 1) await new Promise((r) => setImmediate(r))
    await send(
      Array.from({ length: 100 }, (_, n) => `${n + 400}`),
      1,
    )
    while (seen.length < 500) await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    await Promise.all(running)
    equal(new Set(seen).size, 500)
    equal(seen.length, 500)
  }))
