import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { Simulation } from '@ottla/sim'
import type { PostgresClient, PostgresPool } from '../postgres/postgres-types.ts'
import { bigIntegerBytes } from '../retry/failure-headers.ts'
import { MESSAGE_ID, messageIdOf } from './message-id.ts'
import { PostgresDedupe } from './postgres-dedupe.ts'
import { type RedisClient, WeakRedisDedupe } from './weak-redis-dedupe.ts'

/** One connection; marks are there when their transaction committed. */
class FakePostgres implements PostgresPool {
  readonly marks = new Set<string>()
  readonly statements: string[] = []
  readonly released: unknown[] = []
  failing = ''

  connect(): Promise<PostgresClient> {
    let pending: string | null = null
    return Promise.resolve({
      query: (text: string, values: unknown[] = []) => {
        const word = text.split(' ')[0]!
        this.statements.push(word)
        if (this.failing.split(' ').includes(word)) return Promise.reject(new Error(`${word} failed`))
        if (word === 'insert') {
          const mark = values.join('/')
          if (this.marks.has(mark)) return Promise.resolve({ rows: [], rowCount: 0 })
          pending = mark
        }
        if (word === 'commit' && pending !== null) this.marks.add(pending)
        return Promise.resolve({ rows: [], rowCount: 1 })
      },
      release: (destroy?: boolean | Error) => {
        this.released.push(destroy)
      },
    })
  }
}

test('the mark comes before the effect and both are committed together; a duplicate is rolled back', async () => {
  const pool = new FakePostgres()
  const dedupe = new PostgresDedupe({ pool, consumer: 'billing' })
  const work = async (client: PostgresClient) => (await client.query('effect')).rowCount
  deepEqual(await dedupe.once('1', work), { kind: 'done', value: 1 })
  deepEqual(await dedupe.once('1', work), { kind: 'duplicate' })
  deepEqual(pool.statements, ['begin', 'insert', 'effect', 'commit', 'begin', 'insert', 'rollback'])
  equal(dedupe.duplicates, 1)
  deepEqual(pool.released, [undefined, undefined])
})

test('a handler that fails leaves no mark', async () => {
  const pool = new FakePostgres()
  const dedupe = new PostgresDedupe({ pool, consumer: 'billing' })
  await rejects(
    dedupe.once('1', () => Promise.reject(new Error('no'))),
    /no/,
  )
  equal(pool.marks.size, 0)
  deepEqual(await dedupe.once('1', async () => 'again'), { kind: 'done', value: 'again' })
})

test('a connection in an unknown state is not given back to the pool', async () => {
  const pool = new FakePostgres()
  pool.failing = 'commit rollback'
  const dedupe = new PostgresDedupe({ pool, consumer: 'billing' })
  await rejects(
    dedupe.once('1', async () => {}),
    /commit failed/,
  )
  ok(pool.released[0] instanceof Error)
})

test('a message is known by its id, else by where it was first written', () => {
  const record = { topic: 'orders', partition: 3, offset: 7, headers: [] }
  equal(messageIdOf(record), 'orders-3@7')
  equal(messageIdOf({ ...record, headers: [{ key: MESSAGE_ID, value: Buffer.from('abc') }] }), 'abc')
  const headers = [
    { key: 'kafka_original-topic', value: Buffer.from('orders') },
    { key: 'kafka_original-partition', value: Buffer.from([0, 0, 0, 3]) },
    { key: 'kafka_original-offset', value: bigIntegerBytes(7) },
  ]
  equal(messageIdOf({ topic: 'orders-retry-0', partition: 1, offset: 0, headers }), 'orders-3@7')
})

/** What the marks need of Redis, on the clock of a simulation. */
class FakeRedis {
  readonly #entries = new Map<string, { value: string; until: number }>()
  readonly #simulation: Simulation

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  command([word, ...args]: string[]): string | number | null {
    if (word === 'EVAL') {
      const [, , key, claim] = args
      return this.#get(key!) === claim && this.#entries.delete(key!) ? 1 : 0
    }
    const [key, value, ...flags] = args
    if (word === 'GET') return this.#get(key!)
    if (flags.includes('NX') && this.#get(key!) !== null) return null
    this.#entries.set(key!, { value: value!, until: this.#simulation.now + Number(flags.at(-1)) })
    return 'OK'
  }

  #get(key: string): string | null {
    const entry = this.#entries.get(key)
    return entry === undefined || entry.until <= this.#simulation.now ? null : entry.value
  }
}

function withRedis(body: (make: (claimMs?: number) => WeakRedisDedupe, simulation: Simulation) => Promise<void>) {
  return async () => {
    for (const kind of ['node-redis', 'ioredis']) {
      const simulation = new Simulation({ seed: 1 })
      await simulation.run(async () => {
        const fake = new FakeRedis(simulation)
        const redis: RedisClient =
          kind === 'ioredis'
            ? { call: async (...words: string[]) => fake.command(words) }
            : { sendCommand: async (words) => fake.command(words) }
        const env = simulation.env('client')
        await body((claimMs = 1000) => new WeakRedisDedupe({ redis, consumer: 'c', claimMs, env }), simulation)
      })
    }
  }
}

test(
  'Redis: what was done is not done again; what failed is',
  withRedis(async (make) => {
    const dedupe = make()
    await rejects(
      dedupe.once('1', () => Promise.reject(new Error('no'))),
      /no/,
    )
    deepEqual(await dedupe.once('1', async () => 1), { kind: 'done', value: 1 })
    deepEqual(await make().once('1', async () => 2), { kind: 'duplicate' })
    equal(dedupe.duplicates, 0)
  }),
)

test(
  'Redis: a duplicate that comes during the work waits for its end',
  withRedis(async (make, simulation) => {
    const first = make().once('1', () => simulation.sleep(500))
    await simulation.sleep(1)
    deepEqual(await make().once('1', async () => {}), { kind: 'duplicate' })
    ok(simulation.now >= 500)
    await first
  }),
)

test(
  'Redis: the crash window, which is why it is weak: effect without a mark, and after the claim the effect again',
  withRedis(async (make, simulation) => {
    let effects = 0
    // The process dies behind its effect: the work never returns.
    void make().once('1', () => {
      effects += 1
      return new Promise(() => {})
    })
    await simulation.sleep(1)
    await make().once('1', async () => {
      effects += 1
    })
    equal(effects, 2)
    ok(simulation.now >= 1000)
  }),
)
