/**
 * What a process of database-checks.mjs does. It may die at any of its steps: at the one with the number `killAt` it ends as by kill -9. A step is what is between two
 * calls to the database. Each job resolves with the number of its steps.
 */
import { createRequire } from 'node:module'
import pg from 'pg'
import { PostgresDedupe, stringCodec, WeakRedisDedupe } from '../../../packages/client/dist/index.js'

class Steps {
  count = 0
  #killAt

  constructor(killAt) {
    this.#killAt = killAt
  }

  pass() {
    this.count += 1
    if (this.count === this.#killAt) process.kill(process.pid, 'SIGKILL')
  }
}

/** node-postgres, with a step before each statement, and behind those after which something happens elsewhere. */
class SteppedPool {
  #pool
  #steps
  #job

  constructor(job, steps) {
    this.#job = job
    this.#steps = steps
    this.#pool = new pg.Pool({ connectionString: job.postgres })
  }

  async connect() {
    const client = await this.#pool.connect()
    return {
      query: async (text, values) => {
        this.#steps.pass()
        const answer = await client.query(text, values)
        if (/^(select id|commit)/.test(text)) this.#steps.pass()
        if (text.startsWith('select id') && this.#job.killAfterMs !== undefined) {
          setTimeout(() => process.kill(process.pid, 'SIGKILL'), this.#job.killAfterMs)
        }
        return answer
      },
      release: (error) => client.release(error),
      on: (event, listener) => client.on(event, listener),
      off: (event, listener) => client.off(event, listener),
    }
  }

  end() {
    return this.#pool.end()
  }
}

/** Works on the records of the topic until the one with the value `last`. */
async function consume(kafka, job, handler) {
  const consumer = kafka.consumer({
    groupId: job.name,
    autoOffsetReset: 'earliest',
    isolationLevel: 'read_committed',
    value: stringCodec,
    key: stringCodec,
  })
  consumer.assign([{ topic: job.topic, partition: 0 }])
  const stop = new AbortController()
  await consumer.run(
    async (record, context) => {
      await handler(record, context)
      if (record.value === job.last) stop.abort()
    },
    { signal: stop.signal },
  )
  await consumer.close()
}

export const jobs = {
  async dedupe(kafka, job) {
    const steps = new Steps(job.killAt)
    const pool = new SteppedPool(job, steps)
    const dedupe = new PostgresDedupe({ pool, consumer: job.name })
    const effect = 'insert into effects (consumer, key, value) values ($1, $2, $3)'
    const handler = ({ key, value }, { client }) => client.query(effect, [job.name, key, value])
    await consume(kafka, job, dedupe.handler(handler))
    await pool.end()
    return steps.count
  },
  async relay(kafka, job) {
    const steps = new Steps(job.killAt)
    const pool = new SteppedPool(job, steps)
    const relay = kafka.outboxRelay({ pool, table: job.table, delivery: job.delivery, minPollMs: 10 })
    const counting = new pg.Client({ connectionString: job.postgres })
    await counting.connect()
    const rest = async () => Number((await counting.query(`select count(*) from ${job.table}`)).rows[0].count)
    while ((await rest()) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await relay.close()
    await counting.end()
    await pool.end()
    return steps.count
  },
  async redis(kafka, job) {
    const steps = new Steps(job.killAt)
    const { createClient } = createRequire(new URL('../node/package.json', import.meta.url))('redis')
    const client = await createClient({ url: job.redis }).connect()
    const redis = {
      sendCommand: async (words) => {
        steps.pass()
        const answer = await client.sendCommand(words)
        steps.pass()
        return answer
      },
    }
    const dedupe = new WeakRedisDedupe({ redis, consumer: job.name, claimMs: 300, lookMs: 20 })
    const handler = ({ value }) => client.rPush(`${job.name}-effects`, value)
    await consume(kafka, job, dedupe.handler(handler))
    await client.close()
    return steps.count
  },
}
