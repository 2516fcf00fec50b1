/**
 * End to end at a given rate, without coordinated omission: records are sent when they are due whatever became of those before, and
 * a record's latency counts from when it was due until a reader that waits for it has it.
 *
 * Sender and reader are threads of their own, so that neither waits for the other, and sleep when there is nothing to do: on two cores a
 * generator that spins takes the time of the broker that it measures. What it costs itself is the floor (`floor`): the same
 * load against a process that only passes records on.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { API_KEYS, batchesIn, ErrorCode, nextOffset, recordCount } from '@ottla/protocol'
import { MARK_IN_BATCH, nowMs } from './due.mjs'
import { answerOf, frameOf, Wire } from './wire.mjs'

const FETCH = 12
/** So many requests a second at most: above it, records of one request are due together. */
const REQUESTS_PER_SECOND = 2000
const START_MS = 100
const LATE_MS = 20_000

/** Counts by latency; buckets of a 128th of their value. */
export class Latencies {
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
      if (left <= 0) return Math.min(this.max, (Math.exp(bucket / 128) - 1) / 1000)
    }
    return this.max
  }
}

/** Requests for what comes from an offset on, made once: the offset is written into the bytes. */
function fetchRequest(topic) {
  const fetchOffset = 0x0123_4567_89ab
  const partition = {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1 << 20,
  }
  const frame = frameOf(API_KEYS.Fetch, FETCH, {
    replicaId: -1,
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 50 << 20,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [partition] }],
  })
  const mark = Buffer.alloc(8)
  mark.writeBigInt64BE(BigInt(fetchOffset))
  const at = frame.indexOf(mark)
  return (offset) => {
    const copy = Buffer.from(frame)
    copy.writeBigInt64BE(BigInt(offset), at)
    return copy
  }
}

/** Starts the thread that sends. Resolves when it is connected; `done` resolves with how late it was, in ms. */
function startSender(load) {
  const worker = new Worker(new URL('./due.mjs', import.meta.url), { workerData: load })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', () => {
      const done = new Promise((sent, failed) => {
        worker.once('message', sent)
        worker.once('error', failed)
      })
      resolve({ worker, done, start: (began) => worker.postMessage(began) })
    })
  })
}

/**
 * load: { bootstrap, topic, recordBytes, acks, rate, warmMs, durationMs, requestsPerSecond? }. Resolves with { records, seconds, p50, p99, p999,
 * max, sentLate } in ms, of the records that were due after the warm-up; `sentLate` is the 99.9th percentile of how late they left.
 */
export async function latency(load) {
  const perSecond = Math.min(load.rate, load.requestsPerSecond ?? REQUESTS_PER_SECOND)
  const perRequest = Math.round(load.rate / perSecond)
  const everyMs = 1000 / perSecond
  const requests = Math.round((load.warmMs + load.durationMs) / everyMs)
  const [sender, back] = await Promise.all([
    startSender({ ...load, perRequest, everyMs, requests }),
    Wire.open(load.bootstrap),
  ])
  const latencies = new Latencies()
  const began = nowMs() + START_MS
  const measuredFrom = began + load.warmMs
  const total = requests * perRequest
  const request = fetchRequest(load.topic)
  let seen = 0
  let position = 0

  const take = (answer, now) => {
    const partition = answerOf(API_KEYS.Fetch, FETCH, answer).responses[0]?.partitions[0]
    if (partition === undefined) return
    if (partition.errorCode !== ErrorCode.NONE) throw new Error(`fetch: error ${partition.errorCode}`)
    const { records } = partition
    if (records === null) return
    for (const pos of batchesIn(records)) {
      position = nextOffset(records, pos)
      const count = recordCount(records, pos)
      const due = records.readDoubleBE(pos + MARK_IN_BATCH)
      seen += count
      if (due >= measuredFrom) latencies.add(now - due, count)
    }
  }
  const allSeen = new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`${total - seen} of ${total} records did not come back`)),
      START_MS + load.warmMs + load.durationMs + LATE_MS,
    )
    back.onAnswer = (answer) => {
      take(answer, nowMs())
      if (seen < total) back.send(request(position))
      else {
        clearTimeout(limit)
        resolve()
      }
    }
  })
  back.send(request(position))
  sender.start(began)
  const [sentLate] = await Promise.all([sender.done, allSeen])
  back.close()
  await sender.worker.terminate()
  return {
    records: total,
    seconds: load.durationMs / 1000,
    p50: latencies.at(0.5),
    p99: latencies.at(0.99),
    p999: latencies.at(0.999),
    max: latencies.max,
    sentLate,
  }
}

/** The same load against a process that passes records on and does nothing else: what is below this, nobody can measure. */
export async function floor(load) {
  const relay = spawn(process.execPath, [fileURLToPath(new URL('./relay.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const port = await new Promise((resolve, reject) => {
      relay.once('error', reject)
      relay.stdout.once('data', (line) => resolve(Number(line)))
    })
    return await latency({ ...load, bootstrap: `127.0.0.1:${port}`, topic: 'relay' })
  } finally {
    relay.kill()
  }
}
