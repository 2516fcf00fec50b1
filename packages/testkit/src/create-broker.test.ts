import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kafka } from '@ottla/client'
import { createBroker, type TestBroker } from './create-broker.ts'

async function writeAndRead(broker: TestBroker, topic: string): Promise<string[]> {
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  const producer = kafka.producer()
  for (const value of ['one', 'two', 'three']) await producer.send({ topic, value: Buffer.from(value) })
  const consumer = kafka.consumer({ groupId: `readers of ${topic}`, autoOffsetReset: 'earliest' })
  consumer.subscribe([topic])
  const values: string[] = []
  while (values.length < 3) for (const { value } of await consumer.poll({ timeoutMs: 5000 })) values.push(String(value))
  return values
}

test('a broker takes records for topics that it is told of and gives them to groups; then nothing is left of it', async () => {
  const broker = await createBroker()
  match(broker.bootstrap, /^127\.0\.0\.1:\d+$/)
  ok(existsSync(broker.folder))
  deepEqual(await writeAndRead(broker, 'numbers'), ['one', 'two', 'three'])
  await broker.stop()
  await broker.stop()
  ok(!existsSync(broker.folder))
  await rejects(
    new Promise((resolve, reject) => connect(broker.port, broker.host).once('connect', resolve).once('error', reject)),
    { code: 'ECONNREFUSED' },
  )
})

test('brokers run side by side and know nothing of each other', async () => {
  const brokers = await Promise.all(Array.from({ length: 8 }, () => createBroker()))
  equal(new Set(brokers.map(({ port }) => port)).size, 8)
  equal(new Set(brokers.map(({ clusterId }) => clusterId)).size, 8)
  const read = await Promise.all(brokers.map((broker) => writeAndRead(broker, 'same-name')))
  for (const values of read) deepEqual(values, ['one', 'two', 'three'])
  await Promise.all(brokers.map((broker) => broker.stop()))
})

test('`await using` ends the broker with the block', async () => {
  let folder = ''
  {
    await using broker = await createBroker()
    folder = broker.folder
    ok(existsSync(folder))
  }
  ok(!existsSync(folder))
})

test('a folder that is given is kept, and holds for the next broker what this one took', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-kept-'))
  try {
    const first = await createBroker({ folder })
    await writeAndRead(first, 'kept')
    await first.stop()
    await using second = await createBroker({ folder })
    equal(second.clusterId, first.clusterId)
    await using kafka = new Kafka({ bootstrapServers: second.bootstrap })
    const topics = await kafka.admin().listTopics()
    ok(topics.some(({ name }) => name === 'kept'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a wrong setting is told, and leaves nothing behind', async () => {
  await rejects(createBroker({ settings: { 'num.partitions': 'many' } }), /num\.partitions=many/)
})

/** How often the start of a broker waits for the disk, about. */
const SYNCS = 20

/** A process that does nothing, and what a disk takes for as many syncs as a broker's start: milliseconds on this machine, now. */
function processAndSyncsMs(folder: string): number {
  const startMs = performance.now()
  spawnSync(process.execPath, ['-e', ''])
  const file = openSync(join(folder, 'synced'), 'w')
  for (let n = 0; n < SYNCS; n++) {
    writeSync(file, 'x')
    fsyncSync(file)
  }
  closeSync(file)
  return performance.now() - startMs
}

test('a broker is there sooner than a process of its own would be', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-syncs-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await (await createBroker()).stop()
  const times: number[] = []
  const references: number[] = []
  for (let n = 0; n < 9; n++) {
    references.push(processAndSyncsMs(folder))
    const startMs = performance.now()
    const broker = await createBroker()
    times.push(performance.now() - startMs)
    await broker.stop()
  }
  const [median, reference] = [times, references].map((all) => all.sort((a, b) => a - b)[4]!)
  t.diagnostic(`medians of 9: a broker in ${median!.toFixed(1)} ms, a process and syncs in ${reference!.toFixed(1)} ms`)
  ok(median! < reference!, `${median} ms beside ${reference} ms`)
})
