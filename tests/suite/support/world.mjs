/** What a case gets: a client of its own, topics and groups with names of their own, and waiting on conditions. */
import { equal } from 'node:assert/strict'
import { Kafka, unwrap } from '@ottla/client'
import { nodeEnv } from '@ottla/env/node'

const WAIT_MS = 60_000
const LOOK_MS = 20

export class World {
  #bootstrap
  #prefix
  #restart
  #clients = []
  /** Warnings of what a case brings about would only hide its own lines. */
  #env = nodeEnv({ logLevel: process.env.LOG_LEVEL ?? 'error', timersKeepAlive: true })
  #names = 0
  #kafka = null

  constructor({ bootstrap, prefix, restart }) {
    this.#bootstrap = bootstrap
    this.#prefix = prefix
    this.#restart = restart
  }

  get bootstrap() {
    return this.#bootstrap
  }

  get kafka() {
    this.#kafka ??= this.client()
    return this.#kafka
  }

  get admin() {
    return this.kafka.admin()
  }

  /** Another client; all are closed when the case is over. */
  client(options = {}) {
    const kafka = new Kafka({ bootstrapServers: this.#bootstrap, env: this.#env, ...options })
    this.#clients.push(kafka)
    return kafka
  }

  /** A name that no other case has. */
  name(word = 'n') {
    return `${this.#prefix}-${word}-${++this.#names}`
  }

  /** Makes a topic and gives its name. */
  async topic({ partitions = 1, configs, name = this.name('t') } = {}) {
    const created = await this.admin.createTopics([{ name, partitionCount: partitions, replicationFactor: 1, configs }])
    unwrap(created.get(name))
    // A broker's view of a topic comes after the answer of the controller.
    await this.until(`${name} has leaders`, async () => {
      const described = (await this.admin.describeTopics([name])).get(name)
      if (described?.kind !== 'done' || described.value.partitions.length !== partitions) return false
      return described.value.partitions.every(({ leader }) => leader !== null)
    })
    return name
  }

  /** Resolves to what the condition gives, once that is true. */
  async until(what, condition, timeoutMs = WAIT_MS) {
    const end = performance.now() + timeoutMs
    for (;;) {
      const value = await condition()
      if (value) return value
      if (performance.now() > end) throw new Error(`waited in vain: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  /** Sends texts, one after the other, to one partition. */
  async fill(topic, texts, { partition = 0, ...options } = {}) {
    const producer = this.kafka.producer(options)
    const sent = await producer.sendAll(texts.map((text) => ({ topic, partition, value: Buffer.from(text) })))
    await producer.close()
    return sent
  }

  /** The first `count` records of a topic, read without a group, and no more than those. */
  async read(topic, count, options = {}) {
    const consumer = this.kafka.consumer({ autoOffsetReset: 'earliest', ...options })
    consumer.assign(await consumer.partitionsFor(topic))
    const records = await this.take(consumer, count)
    equal(records.length, count, 'there are no more records than expected')
    await consumer.close()
    return records
  }

  /** Polls until there are `count` records. */
  async take(consumer, count, timeoutMs = WAIT_MS) {
    const records = []
    const end = performance.now() + timeoutMs
    while (records.length < count) {
      if (performance.now() > end) throw new Error(`${records.length} of ${count} records came`)
      records.push(...(await consumer.poll({ timeoutMs: 250 })))
    }
    return records
  }

  /** Polls all of them until the condition holds; gives what they read. */
  async pollUntil(consumers, what, condition, timeoutMs = WAIT_MS) {
    const records = []
    const end = performance.now() + timeoutMs
    while (!(await condition(records))) {
      if (performance.now() > end) throw new Error(`waited in vain: ${what}`)
      for (const batch of await Promise.all(consumers.map((each) => each.poll({ timeoutMs: 50 }))))
        records.push(...batch)
    }
    return records
  }

  /** The broker goes and comes again; all cases that want that wait for the same restart. */
  restart() {
    return this.#restart()
  }

  async close() {
    await Promise.allSettled(this.#clients.map((client) => client.close()))
    this.#env.close()
  }
}

export function texts(count, prefix = '') {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`)
}

export function valuesOf(records) {
  return records.map(({ value }) => value?.toString() ?? null)
}
