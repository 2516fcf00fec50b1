/** What a record costs in memory on its way out and in: bounds with room, so that what makes garbage for each record shows. */
import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createBroker } from '@ottla/testkit'
import type { Consumer } from './consumer/consumer.ts'
import { Kafka } from './kafka.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const RECORDS = 5000
const ROUNDS = 7

/** Bytes that `work` takes of the heap for each of its records: the median of some rounds, after others that only warm up. */
async function bytesPerRecord(work: () => Promise<unknown>): Promise<number> {
  for (let round = 0; round < 3; round++) await work()
  const measured: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    collect()
    const before = process.memoryUsage().heapUsed
    await work()
    measured.push((process.memoryUsage().heapUsed - before) / RECORDS)
  }
  return measured.sort((a, b) => a - b)[ROUNDS >> 1]!
}

async function world(body: (kafka: Kafka) => Promise<void>): Promise<void> {
  await using broker = await createBroker()
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await body(kafka)
}

const value = Buffer.alloc(100, 'x')
const records = Array.from({ length: RECORDS }, () => ({ topic: 't', value }))

async function filled(kafka: Kafka): Promise<Consumer> {
  const producer = kafka.producer()
  for (let round = 0; round < 3 + ROUNDS; round++) await producer.sendAll(records)
  await producer.close()
  const consumer = kafka.consumer()
  consumer.assign([{ topic: 't', partition: 0, from: 'earliest' }])
  return consumer
}

function under(bytes: number, limit: number): void {
  ok(bytes < limit, `${bytes.toFixed(0)} bytes for each record`)
}

test('sendAll allocates little for each record', () =>
  world(async (kafka) => {
    const producer = kafka.producer()
    under(await bytesPerRecord(() => producer.sendAll(records)), 1200)
  }))

test('send allocates little for each record, its promise included', () =>
  world(async (kafka) => {
    const producer = kafka.producer()
    under(await bytesPerRecord(() => Promise.all(records.map((record) => producer.send(record)))), 3000)
  }))

test('poll allocates little for each record', () =>
  world(async (kafka) => {
    const consumer = await filled(kafka)
    const take = async () => {
      for (let left = RECORDS; left > 0; ) {
        left -= (await consumer.poll({ timeoutMs: 1000, maxRecords: Math.min(left, 500) })).length
      }
    }
    under(await bytesPerRecord(take), 500)
  }))

test('the iteration allocates little for each record', () =>
  world(async (kafka) => {
    const iterator = (await filled(kafka))[Symbol.asyncIterator]()
    const take = async () => {
      for (let left = RECORDS; left > 0; left--) await iterator.next()
    }
    under(await bytesPerRecord(take), 3500)
  }))
