/** Writers with acks=all, what they were told, and whether the log agrees. */
import { expect } from '../../clients/tools/report.mjs'
import { pause, until } from './cases.mjs'
import { batchOf, connect, errorName, isRetriable } from './wire.mjs'

const PADDING = 'x'.repeat(1 << 20)
const RETRY_MS = 20

export class Workload {
  /** Value → {partition, offset}. */
  acked = new Map()
  /** Value → error code, of what was refused and not written. */
  refused = new Map()
  /** Requests that were refused. */
  refusals = 0
  lastRefusal = 'none'
  #c
  #options
  #isOver = false
  #era = 0
  #writers = []
  #sequence = 0

  /** `valueBytes` per record, `batch` records a request. `idempotent` writers send a batch again until it is acknowledged. */
  constructor(
    c,
    { port, topic, partitions = 1, writers = partitions, valueBytes = 100, batch = 5, idempotent = false },
  ) {
    this.#c = c
    this.#options = { port, topic, partitions, writers, valueBytes, batch, idempotent }
    c.defer(() => (this.#isOver = true))
  }

  start() {
    const { writers, partitions } = this.#options
    this.#isOver = false
    for (let i = 0; i < writers; i += 1) this.writeTo(i % partitions, `w${i}`)
    return this
  }

  /** One more writer, to this partition. */
  writeTo(partition, name) {
    this.#writers.push(this.#write(partition, name))
  }

  async stop() {
    this.#isOver = true
    await Promise.all(this.#writers)
    this.#writers = []
  }

  /** Answers that have not been heard by now never are; those requests are sent again on new connections. */
  cutOff() {
    this.#era += 1
  }

  /** Waits until this many more records are acknowledged. */
  async more(count, timeoutMs = 60_000) {
    const goal = this.acked.size + count
    await until(
      () => this.acked.size >= goal,
      () => `${goal} records acknowledged (${this.acked.size}; last refusal: ${this.lastRefusal})`,
      timeoutMs,
    )
  }

  async #write(partition, name) {
    const { port, topic, idempotent, batch, valueBytes } = this.#options
    let client = null
    let producer = null
    let pending = null
    while (!this.#isOver) {
      try {
        client ??= await connect(this.#c, port, { timeoutMs: 10_000 })
        if (idempotent) producer ??= { ...(await client.newProducer()), baseSequence: 0 }
        pending ??= Array.from({ length: batch }, () => this.#value(name, valueBytes))
        const era = this.#era
        const answer = await client.produce(topic, pending, { partition, batch: batchOf(pending, producer ?? {}) })
        if (era !== this.#era) throw Object.assign(new Error('cut off'), { name: 'ConnectionError' })
        if (answer.errorCode === 0) {
          for (const [i, value] of pending.entries()) {
            this.acked.set(value, { partition, offset: answer.baseOffset + i })
            this.refused.delete(value)
          }
          if (producer !== null) producer.baseSequence += pending.length
          pending = null
          continue
        }
        this.refusals += 1
        this.lastRefusal = `${errorName(answer.errorCode)} ${answer.errorMessage ?? ''}`
        for (const value of pending) this.refused.set(value, answer.errorCode)
        if (!idempotent) pending = null
      } catch (error) {
        if (error.name !== 'ConnectionError') throw error
        client?.close()
        client = null
        if (!idempotent) pending = null
      }
      await pause(RETRY_MS)
    }
    client?.close()
  }

  #value(name, bytes) {
    this.#sequence += 1
    return `${name}-${this.#sequence}-`.padEnd(bytes, PADDING)
  }

  /** What was acknowledged by now. */
  snapshot() {
    return new Map(this.acked)
  }

  /** Every refusal is one after which a client tries again. */
  expectRetriable() {
    for (const code of this.refused.values()) {
      expect(isRetriable(code), `refused with ${errorName(code)}, which no client retries`)
    }
  }
}

/**
 * Reads everything and holds it against what was acknowledged: offsets are dense, values are unique but for `strangers`, what
 * was acknowledged is where it was said to be, and nothing of `absent` is there. Gives how many records there are.
 */
export async function checkLog(client, topic, { partitions = 1, acked, absent = [], strangers = [] }) {
  const found = new Map()
  let count = 0
  for (let partition = 0; partition < partitions; partition += 1) {
    const records = await client.read(topic, { partition })
    records.forEach(({ offset, value }, index) => {
      expect(offset === index, `${topic}-${partition}: offset ${offset} at place ${index}`)
      if (strangers.includes(value)) return
      const earlier = found.get(value)
      expect(earlier === undefined, `${short(value)} is there twice`)
      found.set(value, { partition, offset })
    })
    count += records.length
  }
  let lost = 0
  let example = ''
  for (const [value, { partition, offset }] of acked) {
    const place = found.get(value)
    if (place === undefined) {
      lost += 1
      example = `${short(value)} at ${partition}/${offset}`
    } else {
      const isThere = place.partition === partition && place.offset === offset
      expect(
        isThere,
        `${short(value)} was acknowledged at ${partition}/${offset}, is at ${place.partition}/${place.offset}`,
      )
    }
  }
  expect(lost === 0, `${lost} of ${acked.size} acknowledged records are lost, ${count} are there; for one ${example}`)
  for (const value of absent) expect(!found.has(value), `${short(value)} was refused and is there`)
  return count
}

function short(value) {
  return value.slice(0, 20).replace(/x+$/, '')
}
