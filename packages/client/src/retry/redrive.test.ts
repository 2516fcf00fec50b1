import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { Kafka } from '../kafka.ts'
import { lastHeader } from '../request-reply/reply-headers.ts'
import { REDRIVES } from './failure-headers.ts'

/** A topic `jobs` of whose records all with an even value have become dead letters. */
async function world(body: (kafka: Kafka) => Promise<void>, values = 10): Promise<void> {
  await using broker = await createBroker({ settings: { 'transaction.state.log.num.partitions': '1' } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await kafka.admin().createTopics([{ name: 'jobs', partitionCount: 2 }])
  await kafka.producer().sendAll(
    Array.from({ length: values }, (_, n) => ({
      topic: 'jobs',
      partition: n % 4 < 2 ? 0 : 1,
      key: Buffer.from('same'),
      value: Buffer.from(`${n}`),
      headers: { mine: 'yes' },
    })),
  )
  await fail(kafka, values)
  await body(kafka)
}

async function fail(kafka: Kafka, count: number): Promise<void> {
  await using consumer = kafka.consumer({ groupId: 'workers', groupProtocol: 'classic', autoOffsetReset: 'earliest' })
  consumer.subscribe(['jobs'])
  const stop = new AbortController()
  let seen = 0
  await consumer.run(
    ({ value }) => {
      seen += 1
      if (seen === count) stop.abort()
      if (Number(value) % 2 === 0) throw new Error('even')
    },
    { deadLetter: {}, signal: stop.signal },
  )
}

/** What is in `jobs` behind the first so many records. */
async function after(kafka: Kafka, count: number, more: number): Promise<ConsumerRecord[]> {
  await using reader = kafka.consumer({ isolationLevel: 'read_committed' })
  reader.assign((await reader.partitionsFor('jobs')).map((one) => ({ ...one, from: 'earliest' })))
  const records: ConsumerRecord[] = []
  while (records.length < count + more) records.push(...(await reader.poll({ timeoutMs: 1000 })))
  equal((await reader.poll({ timeoutMs: 50 })).length, 0)
  return records.filter(({ headers }) => lastHeader(headers, REDRIVES) !== null)
}

const valuesOf = (records: readonly ConsumerRecord[]) => records.map(({ value }) => Number(value)).sort((a, b) => a - b)

test('dead letters go back to the partitions they came from, with clean headers and a count', () =>
  world(async (kafka) => {
    deepEqual(await kafka.redrive({ from: 'jobs-dlt' }), { redriven: 5, passedBy: 0, isComplete: true })
    const records = await after(kafka, 10, 5)
    deepEqual(valuesOf(records), [0, 2, 4, 6, 8])
    for (const { headers, partition, value } of records) {
      equal(partition, Number(value) % 4 < 2 ? 0 : 1)
      deepEqual(
        headers.map(({ key }) => key),
        ['mine', REDRIVES],
      )
      equal(lastHeader(headers, REDRIVES)!.readInt32BE(), 1)
    }
  }))

test('a second redrive finds what came since, and counts on', () =>
  world(async (kafka) => {
    await kafka.redrive({ from: 'jobs-dlt' })
    deepEqual(await kafka.redrive({ from: 'jobs-dlt' }), { redriven: 0, passedBy: 0, isComplete: true })
    await fail(kafka, 5)
    deepEqual(await kafka.redrive({ from: 'jobs-dlt' }), { redriven: 5, passedBy: 0, isComplete: true })
    const counts = (await after(kafka, 10, 10)).map(({ headers }) => lastHeader(headers, REDRIVES)!.readInt32BE())
    deepEqual(counts.sort(), [1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
  }))

test('a limit ends it between two records, and the next goes on from there', () =>
  world(async (kafka) => {
    deepEqual(await kafka.redrive({ from: 'jobs-dlt', limit: 1 }), { redriven: 1, passedBy: 0, isComplete: false })
    deepEqual(await kafka.redrive({ from: 'jobs-dlt', limit: 1 }), { redriven: 1, passedBy: 0, isComplete: false })
    deepEqual(await kafka.redrive({ from: 'jobs-dlt', limit: 3 }), { redriven: 3, passedBy: 0, isComplete: true })
    deepEqual(valuesOf(await after(kafka, 10, 5)), [0, 2, 4, 6, 8])
  }))

test('what the filter leaves is passed by, for this group; another one, or a new beginning, sees it again', () =>
  world(async (kafka) => {
    const filter = ({ value }: ConsumerRecord) => Number(value) > 4
    deepEqual(await kafka.redrive({ from: 'jobs-dlt', filter }), { redriven: 2, passedBy: 3, isComplete: true })
    const others = { from: 'jobs-dlt', filter: (record: ConsumerRecord) => !filter(record) }
    equal((await kafka.redrive(others)).redriven, 0)
    equal((await kafka.redrive({ ...others, begin: 'earliest' })).redriven, 3)
    equal((await kafka.redrive({ ...others, groupId: 'mine', to: 'elsewhere' })).redriven, 3)
    deepEqual(valuesOf(await after(kafka, 10, 5)), [0, 2, 4, 6, 8])
  }))

test('a dry run tells what it would do, and does nothing', () =>
  world(async (kafka) => {
    const told: string[] = []
    const onRecord = ({ value }: ConsumerRecord, to: string) => told.push(`${value} to ${to}`)
    const dry = await kafka.redrive({ from: 'jobs-dlt', dryRun: true, limit: 3, onRecord })
    deepEqual(dry, { redriven: 3, passedBy: 0, isComplete: false })
    equal(told.length, 3)
    ok(told.every((line) => line.endsWith(' to jobs')))
    deepEqual(await after(kafka, 10, 0), [])
    equal((await kafka.redrive({ from: 'jobs-dlt' })).redriven, 5)
  }))

test('a redrive ends at the end as it was at the beginning: what fails again meanwhile is not driven in a circle', () =>
  world(async (kafka) => {
    const producer = kafka.producer()
    let added = 0
    const filter = () => {
      added += 1
      void producer.send({ topic: 'jobs-dlt', value: Buffer.from('new') })
      return true
    }
    deepEqual(await kafka.redrive({ from: 'jobs-dlt', filter }), { redriven: 5, passedBy: 0, isComplete: true })
    equal(added, 5)
  }))

test('race: a redrive that breaks off within a batch leaves nothing of it; the next sends all of it once', () =>
  world(async (kafka) => {
    let seen = 0
    const broken = kafka.redrive({
      from: 'jobs-dlt',
      filter: () => {
        seen += 1
        if (seen === 2) throw new Error('broken off')
        return true
      },
    })
    await rejects(broken, /broken off/)
    equal((await kafka.redrive({ from: 'jobs-dlt' })).redriven, 5)
    deepEqual(valuesOf(await after(kafka, 10, 5)), [0, 2, 4, 6, 8])
  }))

test('race: of two redrives under one group each record is sent once', () =>
  world(async (kafka) => {
    const both = await Promise.allSettled([kafka.redrive({ from: 'jobs-dlt' }), kafka.redrive({ from: 'jobs-dlt' })])
    await kafka.redrive({ from: 'jobs-dlt' })
    ok(both.some(({ status }) => status === 'fulfilled'))
    deepEqual(valuesOf(await after(kafka, 10, 5)), [0, 2, 4, 6, 8])
  }))

test('a record that does not say where it is from needs a topic to be named', () =>
  world(async (kafka) => {
    await kafka.producer().send({ topic: 'unknown-dlt', value: Buffer.from('?') })
    await rejects(kafka.redrive({ from: 'unknown-dlt' }), /record 0 of unknown-dlt-0 does not say where it is from/)
    equal((await kafka.redrive({ from: 'unknown-dlt', to: 'jobs' })).redriven, 1)
    await rejects(kafka.redrive({ from: 'jobs', to: 'jobs' }), /no end/)
  }, 2))
