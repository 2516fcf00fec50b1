/**
 * Dedupe and outbox on real servers, with kill -9 between any two steps: database-checks.mjs [WORD]. Starts PostgreSQL, Redis and a broker of its own. Each kill has
 * a consumer, a topic and a table of its own, and a second process that goes on where the first was killed.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import pg from 'pg'
import {
  Kafka,
  MESSAGE_ID,
  messageIdOf,
  OutboxWriter,
  PostgresDedupe,
  stringCodec,
  topic,
  WeakRedisDedupe,
} from '../../../packages/client/dist/index.js'
import { startPostgres, startRedis } from '../../../scripts/lib/databases.mjs'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'
import { jobs } from './database-jobs.mjs'
import { command, expect, reporter } from './report.mjs'

const word = process.argv[2] ?? ''
const worker = new URL('./database-worker.mjs', import.meta.url).pathname
const nodeRequire = createRequire(new URL('../node/package.json', import.meta.url))
const { run: runCase } = reporter('PostgreSQL and Redis', '')
const run = (title, body) => (title.includes(word) ? runCase(title, body) : undefined)

const [broker, postgres, redis] = await Promise.all([startBroker(), startPostgres(), startRedis()])
const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
const producer = kafka.producer()
const pool = new pg.Pool({ connectionString: postgres.url, max: 30 })
// At the end the server may be gone before a connection has ended.
pool.on('error', () => {})
await pool.query('create table effects (id bigint generated always as identity, consumer text, key text, value text)')
await new PostgresDedupe({ pool, consumer: 'any' }).createTable()

const WORKERS_AT_ONCE = 4
const places = { postgres: postgres.url, redis: redis.url, bootstrap: broker.bootstrap }

/** A job in a process of its own, which is to be killed at one of its steps; resolves to whether it was. */
function killed(kind, job) {
  const env = { ...process.env, JOB: JSON.stringify({ ...places, ...job }) }
  const child = spawn(process.execPath, [worker, kind], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const limit = setTimeout(() => child.kill('SIGTERM'), 40_000)
  let errors = ''
  child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-2000)))
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      if (signal === 'SIGKILL' || code === 0) resolve(signal === 'SIGKILL')
      else reject(new Error(`${kind} ended with ${code ?? signal}: ${errors}`))
    })
  })
}

/** The same here, to its end; resolves with the number of its steps. */
const whole = (kind, job) => jobs[kind](kafka, { ...places, ...job })

/** Runs the body for each, some at once. */
async function forEach(items, body) {
  const waiting = [...items]
  const next = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await body(item)
  }
  await Promise.all(Array.from({ length: WORKERS_AT_ONCE }, next))
}

const upTo = (count) => Array.from({ length: count }, (_, at) => at + 1)

async function newTopic(name) {
  const [outcome] = (await kafka.admin().createTopics([{ name, partitionCount: 1 }])).values()
  expect(outcome.kind === 'done', `${name} was made`)
}

/** Records until the one with the value `last`. */
async function read(name, last) {
  const reader = kafka.consumer({ isolationLevel: 'read_committed', key: stringCodec, value: stringCodec })
  reader.assign([{ topic: name, partition: 0, from: 'earliest' }])
  const records = []
  const end = performance.now() + 40_000
  while (records.findLast(({ value }) => value === last) === undefined) {
    expect(performance.now() < end, `${name} has no ${last}, only ${records.length} records`)
    records.push(...(await reader.poll({ timeoutMs: 500 })))
  }
  await reader.close()
  return records
}

/** The first copy of each message. */
function firstCopies(records) {
  const seen = new Set()
  return records.filter((record) => {
    const id = messageIdOf(record)
    return !seen.has(id) && seen.add(id)
  })
}

/** The numbers of each key ascend. */
function isInOrder(records) {
  const last = new Map()
  return records.every(({ key, value }) => {
    const before = last.get(key) ?? -1
    last.set(key, Number(value))
    return Number(value) > before
  })
}

async function inTransaction(body) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await body(client)
    await client.query('commit')
  } finally {
    client.release()
  }
}

const effectsOf = async (consumer) =>
  (await pool.query('select key, value from effects where consumer = $1 order by id', [consumer])).rows

await run('dedupe: a worker killed between any two steps leaves each effect once', async () => {
  const source = 'dedupe'
  await newTopic(source)
  // The first comes twice in the topic, with an id by which it is known; all come again with each process.
  const headers = { [MESSAGE_ID]: 'same' }
  const first = { topic: source, value: Buffer.from('1'), headers }
  await producer.sendAll([first, first, { topic: source, value: Buffer.from('2') }])
  const job = { topic: source, last: '2' }
  const steps = await whole('dedupe', { ...job, name: 'dedupe-whole' })
  expect(steps === 13, `${steps} steps`)
  await forEach(upTo(steps), async (killAt) => {
    const name = `dedupe-${killAt}`
    expect(await killed('dedupe', { ...job, name, killAt }), `step ${killAt} was not reached`)
    await whole('dedupe', { ...job, name })
    const values = (await effectsOf(name)).map(({ value }) => value).join(' ')
    expect(values === '1 2', `killed at step ${killAt} of ${steps}: effects ${values}`)
  })
})
await run(
  'dedupe: duplicates at the same time wait for each other: once if the first commits, again if it does not',
  async () => {
    const dedupe = new PostgresDedupe({ pool, consumer: 'at-once' })
    for (const outcome of ['commits', 'fails']) {
      let open
      const opened = new Promise((resolve) => (open = resolve))
      let calls = 0
      const begun = new Promise((resolve) => {
        void dedupe
          .once(outcome, async () => {
            calls += 1
            resolve()
            await opened
            if (outcome === 'fails') throw new Error('no')
          })
          .catch(() => {})
      })
      await begun
      const others = Array.from({ length: 5 }, () => dedupe.once(outcome, async () => (calls += 1)))
      await waitsInDatabase(5)
      expect(calls === 1, `${calls} at once`)
      open()
      const kinds = (await Promise.all(others)).map(({ kind }) => kind).sort()
      const done = kinds.filter((kind) => kind === 'done').length
      expect(done === (outcome === 'fails' ? 1 : 0), `${outcome}: ${kinds}`)
    }
  },
)
await run('dedupe: a connection that the database ends in the middle is an error of that message alone', async () => {
  const own = new pg.Pool({ connectionString: postgres.url })
  own.on('error', () => {})
  const dedupe = new PostgresDedupe({ pool: own, consumer: 'ended' })
  const ended = await dedupe
    .once('1', async (client) => {
      const { rows } = await client.query('select pg_backend_pid() as pid')
      await client.query("insert into effects (consumer, value) values ('ended', '1')")
      await pool.query('select pg_terminate_backend($1)', [rows[0].pid])
      const isGone = 'select count(*) from pg_stat_activity where pid = $1'
      while ((await pool.query(isGone, [rows[0].pid])).rows[0].count !== '0');
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    .catch((error) => error)
  expect(ended instanceof Error, 'the commit failed')
  const again = await dedupe.once('1', (client) =>
    client.query("insert into effects (consumer, value) values ('ended', '1')"),
  )
  expect(again.kind === 'done' && (await effectsOf('ended')).length === 1, 'one effect')
  await own.end()
})
await run('dedupe: old marks are cleaned up, in small transactions, those of others stay', async () => {
  const mark = `insert into ottla_processed (consumer, message_id, processed_at)
    select $1, n::text, now() - $2 * interval '1 hour' from generate_series(1, $3) n`
  await pool.query(mark, ['old', 48, 2500])
  await pool.query(mark, ['other', 48, 10])
  await pool.query(mark.replace('n::text', "'new' || n"), ['old', 1, 10])
  const dedupe = new PostgresDedupe({ pool, consumer: 'old' })
  expect((await dedupe.cleanUp({ olderThanMs: 24 * 3_600_000 })) === 2500, 'the old ones went')
  const { rows } = await pool.query("select count(*) from ottla_processed where consumer in ('old', 'other')")
  expect(rows[0].count === '20', `${rows[0].count} are left`)
  expect((await dedupe.once('1', async () => {})).kind === 'done', 'a message whose mark is gone has its effect again')
})
// Listen, take a place (transactional), look, begin, lock a shard, select, (send), delete, commit.
for (const [delivery, steps] of [
  ['transactional', upTo(10)],
  ['idempotent', [6, 7, 8, 9]],
]) {
  await run(
    `outbox: a relay killed between any two steps loses nothing, and the first copies are in order (${delivery})`,
    async () => {
      const fill = async (name) => {
        await newTopic(name)
        const outbox = new OutboxWriter({ table: name, shards: 1 })
        await outbox.createTable(pool)
        const records = ['1', '2', '3'].map((value) => ({
          topic: name,
          key: Buffer.from('k'),
          value: Buffer.from(value),
        }))
        await inTransaction((client) => outbox.write(client, ...records))
      }
      const job = (name) => ({ table: name, delivery })
      const kills = [...steps.map((killAt) => ({ killAt })), ...[0, 3].map((killAfterMs) => ({ killAfterMs }))]
      await forEach(kills, async (kill) => {
        const name = `o_${delivery}_${kill.killAt ?? `ms${kill.killAfterMs}`}`
        await fill(name)
        const died = await killed('relay', { ...job(name), ...kill })
        expect(died || kill.killAt === undefined, `${JSON.stringify(kill)} was not reached`)
        await whole('relay', job(name))
        const records = await read(name, '3')
        const values = firstCopies(records)
          .map(({ value }) => value)
          .join(' ')
        expect(values === '1 2 3', `${JSON.stringify(kill)}: ${values}`)
      })
    },
  )
}
await run(
  'outbox and dedupe: exactly once from end to end, in order per key, while relay and worker are killed again and again',
  async () => {
    const name = 'end_to_end'
    await newTopic(name)
    const outbox = new OutboxWriter({ table: name, shards: 1 })
    await outbox.createTable(pool)
    const count = 40
    for (let n = 0; n < count; n += 1) {
      const record = { topic: topic(name, { key: stringCodec, value: stringCodec }), key: `k${n % 4}`, value: `${n}` }
      // Every fifth transaction is taken back.
      await inTransaction(async (client) => {
        await outbox.write(client, record)
        if (n % 5 === 4) await client.query('rollback')
      })
    }
    for (const killAt of [9, 8])
      expect(await killed('relay', { table: name, killAt }), `step ${killAt} was not reached`)
    await whole('relay', { table: name })
    const job = { topic: name, name: 'end-to-end', last: `${count - 2}` }
    for (const killAt of [40, 9, 77])
      expect(await killed('dedupe', { ...job, killAt }), `step ${killAt} was not reached`)
    await whole('dedupe', job)
    const effects = await effectsOf('end-to-end')
    const expected = upTo(count)
      .map((n) => n - 1)
      .filter((n) => n % 5 !== 4)
    const got = effects.map(({ value }) => Number(value)).sort((a, b) => a - b)
    expect(got.join(' ') === expected.join(' '), `effects ${got.join(' ')}`)
    expect(isInOrder(effects), 'in order per key')
  },
)
await run(
  'outbox: several relays and several writers, in order per key; a commit is told, not found by looking',
  async () => {
    const name = 'many'
    await kafka.admin().createTopics([{ name, partitionCount: 3 }])
    const outbox = new OutboxWriter({ table: name })
    await outbox.createTable(pool)
    const relays = Array.from({ length: 3 }, () =>
      kafka.outboxRelay({ pool, table: name, batchRows: 7, minPollMs: 600_000, maxPollMs: 600_000 }),
    )
    const typed = topic(name, { key: stringCodec, value: stringCodec })
    const [keys, perKey] = [12, 25]
    await Promise.all(
      Array.from({ length: keys }, async (_, key) => {
        for (let n = 0; n < perKey; n += 1)
          await inTransaction((client) => outbox.write(client, { topic: typed, key: `${key}`, value: `${n}` }))
      }),
    )
    const records = []
    const reader = kafka.consumer({ isolationLevel: 'read_committed', key: stringCodec, value: stringCodec })
    reader.assign([0, 1, 2].map((partition) => ({ topic: name, partition, from: 'earliest' })))
    const end = performance.now() + 30_000
    while (records.length < keys * perKey && performance.now() < end)
      records.push(...(await reader.poll({ timeoutMs: 200 })))
    await reader.close()
    await Promise.all(relays.map((relay) => relay.close()))
    expect(records.length === keys * perKey, `${records.length} records`)
    expect(isInOrder(records), 'in order per key')
  },
)
await run('outbox: a relay goes on when the database ends its connections, again and again', async () => {
  const name = 'ended_connections'
  await newTopic(name)
  const outbox = new OutboxWriter({ table: name })
  await outbox.createTable(pool)
  const own = new pg.Pool({ connectionString: postgres.url, application_name: name })
  own.on('error', () => {})
  const relay = kafka.outboxRelay({ pool: own, table: name, batchRows: 5, minPollMs: 5, maxPollMs: 20 })
  for (let n = 0; n < 60; n += 1) {
    const record = { topic: name, key: Buffer.from(`${n % 6}`), value: Buffer.from(`${n}`) }
    await inTransaction((client) => outbox.write(client, record))
    const end = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1'
    if (n % 10 === 5) await pool.query(end, [name])
  }
  await inTransaction((client) => outbox.write(client, { topic: name, value: Buffer.from('last') }))
  while (Number((await pool.query(`select count(*) from ${name}`)).rows[0].count) > 0)
    await new Promise((resolve) => setTimeout(resolve, 5))
  await relay.close()
  await own.end()
  const copies = firstCopies(await read(name, 'last')).filter(({ value }) => value !== 'last')
  expect(copies.length === 60 && isInOrder(copies), `${copies.length} messages, in order: ${isInOrder(copies)}`)
})
await run('outbox: a large backlog leaves in bounded batches', async () => {
  const name = 'backlog'
  await newTopic(name)
  const outbox = new OutboxWriter({ table: name })
  await outbox.createTable(pool)
  const count = 20_000
  for (let from = 0; from < count; from += 1000) {
    const records = Array.from({ length: 1000 }, (_, at) => ({
      topic: name,
      key: Buffer.from(`k${(from + at) % 50}`),
      value: Buffer.from(`${from + at}`),
    }))
    await inTransaction((client) => outbox.write(client, ...records))
  }
  const started = performance.now()
  const relay = kafka.outboxRelay({ pool, table: name })
  while (relay.sent < count) {
    expect(performance.now() - started < 30_000, `${relay.sent} were sent`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const rate = Math.round(count / ((performance.now() - started) / 1000))
  await relay.close()
  console.error(`outbox relay: ${rate} messages/s`)
})
for (const library of ['redis', 'ioredis']) {
  await run(`Redis (weak): done is not done again, failed is, with ${library}`, async () => {
    const module = nodeRequire(library)
    const client = library === 'redis' ? module.createClient({ url: redis.url }) : new module.Redis(redis.url)
    if (library === 'redis') await client.connect()
    const dedupe = new WeakRedisDedupe({ redis: client, consumer: library, lookMs: 10 })
    const failed = await dedupe.once('1', () => Promise.reject(new Error('no'))).catch((error) => error.message)
    expect(failed === 'no', failed)
    const both = await Promise.all([1, 2].map(() => dedupe.once('1', async () => 'value')))
    expect(
      both
        .map(({ kind }) => kind)
        .sort()
        .join(' ') === 'done duplicate',
      JSON.stringify(both),
    )
    if (library === 'redis') await client.close()
    else client.disconnect()
  })
}
await run(
  'Redis (weak): a worker killed between any two steps leaves each effect at least once, and twice in the crash window alone',
  async () => {
    const source = 'weak'
    await newTopic(source)
    await producer.sendAll(['1', '2'].map((value) => ({ topic: source, value: Buffer.from(value) })))
    const { createClient } = nodeRequire('redis')
    const client = await createClient({ url: redis.url }).connect()
    const job = { topic: source, last: '2' }
    const steps = await whole('redis', { ...job, name: 'weak-whole' })
    expect(steps === 8, `${steps} steps`)
    const seen = {}
    await forEach(upTo(steps), async (killAt) => {
      const name = `weak-${killAt}`
      expect(await killed('redis', { ...job, name, killAt }), `step ${killAt} was not reached`)
      await whole('redis', { ...job, name })
      seen[killAt] = (await client.lRange(`${name}-effects`, 0, -1)).join(' ')
    })
    await client.close()
    // Steps of a message: before and behind the claim, before and behind its being marked as done. Before the third the effect is there without a mark.
    const expected = { 1: '1 2', 2: '1 2', 3: '1 1 2', 4: '1 2', 5: '1 2', 6: '1 2', 7: '1 2 2', 8: '1 2' }
    expect(isSame(seen, expected), JSON.stringify(seen))
  },
)
for (const name of ['outbox', 'dedupe']) {
  await run(`examples/${name}.ts prints what its page says`, async () => {
    const folder = new URL('../../../examples/', import.meta.url)
    const env = { ...process.env, BOOTSTRAP_SERVERS: broker.bootstrap, DATABASE_URL: postgres.url }
    const { code, stdout, stderr } = await command(process.execPath, [new URL(`dist/${name}.js`, folder).pathname], {
      env,
    })
    expect(code === 0 && stderr === '', stderr)
    expect(stdout === readFileSync(new URL(`expected/${name}.txt`, folder), 'utf8'), stdout)
  })
}

await kafka.close()
await pool.end()
await Promise.all([broker.stop(), postgres.stop(), redis.stop()])

function isSame(left, right) {
  return Object.keys(right).every((key) => left[key] === right[key])
}

/** So many connections wait for another's transaction. */
async function waitsInDatabase(count) {
  const query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
  while (Number((await pool.query(query)).rows[0].count) < count) await new Promise((resolve) => setTimeout(resolve, 5))
}
