import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { jsonCodec, stringCodec } from '../codec/codecs.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { MESSAGE_ID } from '../dedupe/message-id.ts'
import { Kafka } from '../kafka.ts'
import type { PostgresClient, PostgresPool } from '../postgres/postgres-types.ts'
import { headerText } from '../request-reply/reply-headers.ts'
import { topic } from '../topic.ts'
import { outboxSchema, shardOf } from './outbox-options.ts'
import { OutboxWriter } from './outbox-writer.ts'

const orders = topic('orders', { key: stringCodec, value: jsonCodec<{ n: number }>() })

interface FakeRow {
  readonly id: string
  readonly message_id: string
  readonly shard: number
  readonly topic: string
  readonly partition: number | null
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: unknown
  readonly created_ms: number
}

/** The statements of writer and relay upon an array; locks are of the connection. */
class FakePostgres implements PostgresPool {
  rows: FakeRow[] = []
  readonly locks = new Map<string, { readonly own: object; readonly isOfSession: boolean }>()
  readonly listeners: (() => void)[] = []
  /** Called before each statement; what it throws fails the statement. */
  before: (statement: string) => void = () => {}
  #nextId = 1

  connect(): Promise<PostgresClient> {
    const own = {}
    const unlock = (ofSession: boolean) => {
      for (const [name, lock] of this.locks)
        if (lock.own === own && (ofSession || !lock.isOfSession)) this.locks.delete(name)
    }
    const run = (text: string, values: unknown[]) => {
      this.before(text)
      if (/^(commit|rollback)/.test(text)) unlock(false)
      if (text.startsWith('insert')) return this.#insert(values as unknown[][])
      if (text.includes('pg_notify')) for (const listener of this.listeners) listener()
      if (text.startsWith('with')) return [...new Set(this.rows.map(({ shard }) => shard))].map((shard) => ({ shard }))
      if (text.includes('advisory')) {
        const name = values.join(' ')
        const isMine = !this.locks.has(name)
        if (isMine) this.locks.set(name, { own, isOfSession: text.includes('try_advisory_lock') })
        return [{ is_mine: isMine }]
      }
      if (text.startsWith('select id'))
        return this.rows.filter(({ shard }) => shard === values[0]).slice(0, values[1] as number)
      if (text.startsWith('delete')) this.rows = this.rows.filter(({ id }) => !(values[0] as string[]).includes(id))
      return []
    }
    return Promise.resolve({
      query: async (text: string, values: unknown[] = []) => {
        const rows = run(text, values)
        return { rows, rowCount: rows.length }
      },
      release: () => unlock(true),
      on: (event: string, listener: () => void) => {
        if (event === 'notification') this.listeners.push(listener)
      },
    })
  }

  #insert(columns: unknown[][]): { message_id: string }[] {
    const [shards] = columns
    const added = shards!.map((_, at) => {
      const [shard, topicName, partition, key, value, headers] = columns.map((column) => column[at])
      const id = `${this.#nextId++}`
      const row = { id, message_id: `m${id}`, shard, topic: topicName, partition, key, value }
      return { ...row, headers: JSON.parse(headers as string), created_ms: 1_700_000_000_000 } as FakeRow
    })
    this.rows.push(...added)
    return added
  }
}

async function world(body: (kafka: Kafka, pool: FakePostgres) => Promise<void>): Promise<void> {
  await using broker = await createBroker({ settings: { 'transaction.state.log.num.partitions': '1' } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await kafka.admin().createTopics([{ name: 'orders', partitionCount: 2 }])
  await body(kafka, new FakePostgres())
}

async function read(kafka: Kafka, count: number): Promise<ConsumerRecord<string, { n: number }>[]> {
  await using reader = kafka.consumer({ isolationLevel: 'read_committed', key: orders.key, value: orders.value })
  reader.assign([0, 1].map((partition) => ({ topic: 'orders', partition, from: 'earliest' })))
  const records: ConsumerRecord<string, { n: number }>[] = []
  while (records.length < count) records.push(...(await reader.poll({ timeoutMs: 1000 })))
  return records
}

async function write(pool: FakePostgres, count: number, from = 0): Promise<string[]> {
  const records = Array.from({ length: count }, (_, at) => ({
    topic: orders,
    key: `k${at % 5}`,
    value: { n: from + at },
    headers: { mine: 'yes' },
  }))
  return await new OutboxWriter().write(await pool.connect(), ...records)
}

function inOrder(records: readonly ConsumerRecord<string, { n: number }>[]): boolean {
  const last = new Map<string, number>()
  return records.every(({ key, value }) => {
    const isNext = value!.n > (last.get(key!) ?? -1)
    last.set(key!, value!.n)
    return isNext
  })
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`what was written is sent, in order per key, with its id, headers and time; then its row is gone (${delivery})`, () =>
    world(async (kafka, pool) => {
      const ids = await write(pool, 100)
      const relay = kafka.outboxRelay({ pool, delivery, batchRows: 7 })
      const records = await read(kafka, 100)
      ok(inOrder(records))
      deepEqual(new Set(records.map(({ headers }) => headerText(headers, MESSAGE_ID))), new Set(ids))
      equal(headerText(records[0]!.headers, 'mine'), 'yes')
      equal(records[0]!.timestamp, 1_700_000_000_000)
      await relay.close()
      deepEqual([pool.rows.length, relay.sent], [0, 100])
    }))
}

test('a relay that waits is woken by a commit, not by a clock', () =>
  world(async (kafka, pool) => {
    const relay = kafka.outboxRelay({ pool, minPollMs: 3_600_000, maxPollMs: 3_600_000 })
    while (pool.listeners.length === 0) await new Promise((resolve) => setImmediate(resolve))
    for (let n = 0; n < 5; n += 1) {
      await write(pool, 1, n)
      await read(kafka, n + 1)
    }
    await relay.close()
  }))

test('two relays share the shards, and the order per key holds', () =>
  world(async (kafka, pool) => {
    const relays = [kafka.outboxRelay({ pool, batchRows: 5 }), kafka.outboxRelay({ pool, batchRows: 5 })]
    for (let round = 0; round < 10; round += 1) await write(pool, 50, round * 50)
    const records = await read(kafka, 500)
    await Promise.all(relays.map((relay) => relay.close()))
    equal(records.length, 500)
    ok(inOrder(records))
    deepEqual(pool.rows, [])
  }))

test('a database that goes away in between is tried again: nothing is lost, and the first copies are in order', () =>
  world(async (kafka, pool) => {
    await write(pool, 60)
    let count = 0
    pool.before = () => {
      count += 1
      if (count % 17 === 0) throw Object.assign(new Error('terminating connection'), { code: '57P01' })
    }
    const relay = kafka.outboxRelay({ pool, batchRows: 4, minPollMs: 1, maxPollMs: 2 })
    while (pool.rows.length > 0) await new Promise((resolve) => setImmediate(resolve))
    await relay.close()
    const records = await read(kafka, 60)
    const firsts = [...new Map(records.toReversed().map((record) => [record.value!.n, record])).values()].reverse()
    equal(firsts.length, 60)
    ok(inOrder(firsts))
  }))

test('what can never be sent ends the relay with its error', () =>
  world(async (kafka, pool) => {
    const writer = new OutboxWriter()
    await writer.write(await pool.connect(), { topic: orders, value: { n: 1 }, partition: 9 })
    await rejects(kafka.outboxRelay({ pool, producer: { maxBlockMs: 500 } }).closed, { name: /Error/ })
    equal(pool.rows.length, 1)
  }))

test('rows of a key share a shard, which depends on nothing else', () => {
  equal(shardOf('orders', Buffer.from('a'), 8), shardOf('orders', Buffer.from('a'), 8))
  const shards = new Set(Array.from({ length: 100 }, (_, n) => shardOf('orders', Buffer.from(`${n}`), 8)))
  deepEqual([...shards].sort(), [0, 1, 2, 3, 4, 5, 6, 7])
  equal(shardOf('orders', null, 1), 0)
})

test('the table may be in a schema of its own', () => {
  ok(outboxSchema({ table: 'messaging.outbox' }).includes('create table if not exists "messaging"."outbox" ('))
  ok(outboxSchema({ table: 'messaging.outbox' }).includes('"outbox_shard" on "messaging"."outbox"'))
})
