import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../codec/codecs.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import type { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'
import { resetPolicy } from './offset-reset.ts'

const words = topic('words', { key: stringCodec, value: stringCodec })
const HOUR_MS = 3_600_000

type Reader = Consumer<string, string>

interface World {
  readonly kafka: Kafka
  /** Writes a value that many hours ago. */
  write(partition: number, value: string, hoursAgo: number): Promise<void>
  consumer(options?: ConsumerOptions<string, string>): Reader
}

async function world(body: (world: World) => Promise<void>): Promise<void> {
  await using broker = await createBroker()
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await kafka.admin().createTopics([{ name: 'words', partitionCount: 2 }])
  const producer = kafka.producer()
  await body({
    kafka,
    write: async (partition, value, hoursAgo) => {
      await producer.send({ topic: words, value, partition, timestamp: now - hoursAgo * HOUR_MS })
    },
    consumer: (options = {}) => kafka.consumer({ key: stringCodec, value: stringCodec, ...options }),
  })
}

const now = Date.now()

async function read(consumer: Reader, count: number): Promise<string[]> {
  const values: string[] = []
  while (values.length < count) {
    for (const { value } of await consumer.poll({ timeoutMs: 60_000 })) values.push(value!)
  }
  return values.sort()
}

const partition = (number: number) => ({ topic: 'words', partition: number })

/** Hours ago: a5 a3 a1 and b4 b2. */
async function writeAll({ write }: World): Promise<void> {
  for (const hours of [5, 3, 1]) await write(0, `a${hours}`, hours)
  for (const hours of [4, 2]) await write(1, `b${hours}`, hours)
}

test('replay begins at the first record that is not older, in all partitions or in one', () =>
  world(async (world) => {
    await writeAll(world)
    const reader = world.consumer()
    reader.assign([0, 1].map((number) => ({ ...partition(number), from: 'earliest' as const })))
    equal((await read(reader, 5)).length, 5)
    const sought = await reader.seekToTimestamp(now - 3 * HOUR_MS)
    deepEqual(sought, [
      { ...partition(0), offset: 1 },
      { ...partition(1), offset: 1 },
    ])
    deepEqual(await read(reader, 3), ['a1', 'a3', 'b2'])
    await reader.seekToTimestamp(new Date(now - 4 * HOUR_MS), [partition(1)])
    deepEqual(await read(reader, 2), ['b2', 'b4'])
  }))

test('where no record is that new, replay begins at the end', () =>
  world(async (world) => {
    await writeAll(world)
    const reader = world.consumer()
    reader.assign([{ ...partition(0), from: 'earliest' }])
    deepEqual(await reader.seekToTimestamp(new Date(now)), [{ ...partition(0), offset: 3 }])
    await world.write(0, 'new', 0)
    deepEqual(await read(reader, 1), ['new'])
  }))

test('a member of a group replays what is assigned to it, and commits from there', () =>
  world(async (world) => {
    await writeAll(world)
    const reader = world.consumer({ groupId: 'g', autoOffsetReset: 'earliest', autoCommit: false })
    reader.subscribe(['words'])
    await read(reader, 5)
    await reader.seekToTimestamp(now - 2 * HOUR_MS)
    deepEqual(await read(reader, 2), ['a1', 'b2'])
    reader.seekToBeginning([partition(1)])
    deepEqual(await read(reader, 2), ['b2', 'b4'])
    reader.seekToEnd()
    equal((await reader.poll({ timeoutMs: 0 })).length, 0)
    deepEqual([await reader.position(partition(0)), await reader.position(partition(1))], [3, 2])
    await reader.commit()
    deepEqual(
      (await reader.committed()).map(({ offset }) => offset),
      [3, 2],
    )
  }))

test('an assignment may begin at a time', () =>
  world(async (world) => {
    await writeAll(world)
    const reader = world.consumer()
    reader.assign([
      { ...partition(0), from: new Date(now - 2 * HOUR_MS) },
      { ...partition(1), from: 1 },
    ])
    deepEqual(await read(reader, 2), ['a1', 'b2'])
    throws(() => reader.assign([{ ...partition(0), from: new Date('yesterday') }]), { code: 'INVALID_ARGUMENT' })
  }))

for (const autoOffsetReset of ['by_duration:PT3H30M', { byDurationMs: 3.5 * HOUR_MS }] as const) {
  test(`a new group begins as long ago as it says: ${JSON.stringify(autoOffsetReset)}`, () =>
    world(async (world) => {
      await writeAll(world)
      const reader = world.consumer({ groupId: 'g', autoOffsetReset })
      reader.subscribe(['words'])
      deepEqual(await read(reader, 3), ['a1', 'a3', 'b2'])
    }))
}

test('a duration is read as Kafka reads it', () => {
  deepEqual(resetPolicy('by_duration:P1DT2H3M4.5S'), { kind: 'by-duration', durationMs: 93_784_500 })
  for (const wrong of [
    'by_duration:',
    'by_duration:P',
    'by_duration:PT',
    'by_duration:1H',
    'by_duration:-PT1H',
  ] as const)
    throws(() => resetPolicy(wrong), { code: 'INVALID_ARGUMENT' })
  throws(() => resetPolicy({ byDurationMs: -1 }), { code: 'INVALID_ARGUMENT' })
})

test('offsets of partitions are asked for without reading them', () =>
  world(async (world) => {
    await writeAll(world)
    const reader = world.consumer()
    const both = [partition(1), partition(0)]
    deepEqual(
      (await reader.beginningOffsets(both)).map(({ offset }) => offset),
      [0, 0],
    )
    deepEqual(await reader.endOffsets(both), [
      { ...partition(1), offset: 2 },
      { ...partition(0), offset: 3 },
    ])
    const found = await reader.offsetsForTimes([
      { ...partition(0), timestamp: new Date(now - 4 * HOUR_MS) },
      { ...partition(1), timestamp: now },
    ])
    deepEqual(
      found.map(({ partition, offset, timestamp }) => [partition, offset, timestamp]),
      [[0, 1, now - 3 * HOUR_MS]],
    )
    await rejects(reader.endOffsets([{ topic: 'absent', partition: 0 }], { timeoutMs: 300 }), { topic: 'absent' })
    await rejects(reader.seekToTimestamp(now, [partition(0)]), { code: 'INVALID_ARGUMENT' })
    deepEqual(await reader.endOffsets(), [])
  }))

test('a pause holds one partition, as long as it lasts', () =>
  world(async (world) => {
    await writeAll(world)
    const reader = world.consumer()
    reader.assign([0, 1].map((number) => ({ ...partition(number), from: 'earliest' as const })))
    reader.pause([partition(0)])
    deepEqual(reader.paused, [partition(0)])
    deepEqual(await read(reader, 2), ['b2', 'b4'])
    reader.resume()
    deepEqual(reader.paused, [])
    deepEqual(await read(reader, 3), ['a1', 'a3', 'a5'])
  }))

test('who gives up waiting for a position leaves the others waiting', () =>
  world(async (world) => {
    const reader = world.consumer()
    reader.assign([{ topic: 'later', partition: 0, from: 'earliest' }])
    const polling = reader.poll({ timeoutMs: 60_000 })
    const abort = new AbortController()
    const position = reader.position({ topic: 'later', partition: 0 }, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await rejects(position, /enough/)
    await world.kafka.producer().send({ topic: 'later', value: Buffer.from('x') })
    equal((await polling)[0]?.value, 'x')
  }))

test('a commit takes what poll gave, or what the iteration has passed by, and nothing that was only taken', () =>
  world(async (world) => {
    await writeAll(world)
    const committed = async (reader: Reader) => (await reader.committed([partition(0)]))[0]?.offset
    const polled = world.consumer({ groupId: 'polled', autoOffsetReset: 'earliest', autoCommit: false })
    polled.assign([partition(0)])
    await read(polled, 3)
    await polled.commit()
    equal(await committed(polled), 3)
    polled.seek(partition(0), 1)
    await polled.commit()
    equal(await committed(polled), 1)

    const iterated = world.consumer({ groupId: 'iterated', autoOffsetReset: 'earliest', autoCommit: false })
    iterated.assign([partition(0)])
    const seen: (number | undefined)[] = []
    for await (const { offset } of iterated) {
      await iterated.commit()
      seen.push(await committed(iterated))
      if (offset === 2) break
    }
    deepEqual(seen, [0, 1, 2])
  }))
