/**
 * End to end at a given rate, without coordinated omission: records are sent when they are due whatever became of those before, and
 * a record's latency counts from when it was due until a reader that waits for it has it.
 */
import { API_KEYS, BatchBuilder, batchesIn, ErrorCode, nextOffset, recordCount, updateCrc } from '@ottla/protocol'
import { payload } from './batches.mjs'
import { answerOf, frameOf, Wire } from './wire.mjs'

const PRODUCE = 9
const FETCH = 12
/** Where the time is that a batch was due, within the batch: the value of its first record begins with it. */
const MARK = Buffer.from('@due@@@@')

/** Requests of 1 to `most` records, with the place of the time in each. */
function templates({ topic, acks, recordBytes, most }) {
  return Array.from({ length: most }, (_, index) => {
    const builder = new BatchBuilder({ timestamp: Date.now() })
    const value = payload(Math.max(recordBytes, MARK.length), index)
    MARK.copy(value)
    for (let i = 0; i <= index; i += 1) builder.append({ value })
    const records = Buffer.from(builder.build())
    const body = { acks, timeoutMs: 30_000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] }
    const frame = frameOf(API_KEYS.Produce, PRODUCE, body)
    return { frame, batchAt: frame.indexOf(records), dueAt: frame.indexOf(MARK), markInBatch: records.indexOf(MARK) }
  })
}

/** Counts by latency; buckets of a 128th of their value. */
class Latencies {
  #counts = new Map()
  #total = 0
  max = 0

  add(ms, count) {
    const bucket = ms <= 0 ? 0 : Math.ceil(Math.log(ms * 1000 + 1) * 128)
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count)
    this.#total += count
    if (ms > this.max) this.max = ms
  }

  at(quantile) {
    let left = Math.ceil(this.#total * quantile)
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count
      if (left <= 0) return (Math.exp(bucket / 128) - 1) / 1000
    }
    return this.max
  }
}

const AT_ONCE = 256

/**
 * load: { bootstrap, topic, recordBytes, acks, rate, warmMs, durationMs }. Resolves with { records, seconds, p50, p99, p999, max } in ms,
 * of the records that were due after the warm-up.
 */
export async function latency(load) {
  const [out, back] = await Promise.all([Wire.open(load.bootstrap), Wire.open(load.bootstrap)])
  const made = templates({ ...load, most: AT_ONCE })
  const latencies = new Latencies()
  const { markInBatch } = made[0]
  const began = performance.now() + 50
  const measuredFrom = began + load.warmMs
  const ends = measuredFrom + load.durationMs
  const everyMs = 1000 / load.rate
  let sent = 0
  let seen = 0
  let position = 0

  const fetchMore = () => {
    const partition = {
      partition: 0,
      currentLeaderEpoch: -1,
      fetchOffset: position,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 1 << 20,
    }
    const topics = [{ topic: load.topic, partitions: [partition] }]
    const body = {
      replicaId: -1,
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 50 << 20,
      sessionId: 0,
      sessionEpoch: -1,
      topics,
    }
    back.send(frameOf(API_KEYS.Fetch, FETCH, body))
  }
  const take = (answer) => {
    const now = performance.now()
    const partition = answerOf(API_KEYS.Fetch, FETCH, answer).responses[0]?.partitions[0]
    if (partition === undefined) return
    if (partition.errorCode !== ErrorCode.NONE) throw new Error(`fetch: error ${partition.errorCode}`)
    const { records } = partition
    if (records === null) return
    for (const pos of batchesIn(records)) {
      position = nextOffset(records, pos)
      const count = recordCount(records, pos)
      const due = records.readDoubleBE(pos + markInBatch)
      seen += count
      if (due >= measuredFrom && due < ends) latencies.add(now - due, count)
    }
  }
  out.onAnswer = (answer) => {
    const { errorCode } = answerOf(API_KEYS.Produce, PRODUCE, answer).responses[0].partitionResponses[0]
    if (errorCode !== ErrorCode.NONE) throw new Error(`produce: error ${errorCode}`)
  }
  await new Promise((resolve) => {
    back.onAnswer = (answer) => {
      take(answer)
      if (performance.now() > ends && seen >= sent) resolve()
      else fetchMore()
    }
    fetchMore()
    const sendDue = () => {
      const now = performance.now()
      const due = Math.min(Math.floor((Math.min(now, ends) - began) / everyMs), sent + AT_ONCE)
      if (due > sent) {
        const { frame, batchAt, dueAt } = made[due - sent - 1]
        const copy = Buffer.from(frame)
        // The earliest of those that travel together: what was due later is counted as if it were due then.
        copy.writeDoubleBE(began + sent * everyMs, dueAt)
        updateCrc(copy, batchAt)
        out.send(copy)
        sent = due
      }
      if (now < ends) setImmediate(sendDue)
    }
    sendDue()
  })
  out.close()
  back.close()
  return {
    records: sent,
    seconds: load.durationMs / 1000,
    p50: latencies.at(0.5),
    p99: latencies.at(0.99),
    p999: latencies.at(0.999),
    max: latencies.max,
  }
}
