/**
 * End to end at a given rate, without coordinated omission: records are sent when they are due whatever became of those before, and
 * a record's latency counts from when it was due until a reader that waits for it has it.
 *
 * One thread holds both connections and never sleeps: it sends what is due and takes what has come, turn after turn. A thread that sleeps
 * is woken late, on a virtual machine by some 0.04 ms each time, and that would be counted as the broker's. It takes a core of its own for that; two
 * threads that slept, as there were before, took half of one. Nothing is made for a request: each is the same bytes, and the place
 * of a batch in the log says when it was due. What is left of its own cost is the floor (`floor`): the same load against a process that only
 * passes records on.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { API_KEYS, ErrorCode } from '@ottla/protocol'
import { batches } from './batches.mjs'
import { frameOf, Wire } from './wire.mjs'

const PRODUCE = 9
const FETCH = 12
/** So many requests a second at most: above it, records of one request are due together. */
const REQUESTS_PER_SECOND = 2000
const START_MS = 100
const LATE_MS = 20_000
/** size, correlation id, no tags */
const HEADER_BYTES = 9
/** Base offset and length, which the length of a batch does not count. */
const BATCH_OVERHEAD = 12

function produceRequest({ topic, acks, recordBytes }, perRequest) {
  const batchBytes = recordBytes * perRequest
  const [records] = batches({ count: 1, recordBytes, batchBytes, timestamp: Date.now() }).batches
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  return frameOf(API_KEYS.Produce, PRODUCE, { acks, timeoutMs: 30_000, topicData })
}

/** A request for what comes from an offset on, and where in it the offset stands. */
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
  return { frame, offsetAt: frame.indexOf(mark) }
}

function expectNone(errorCode, what) {
  if (errorCode !== ErrorCode.NONE) throw new Error(`${what}: error ${errorCode}`)
}

/** Where the records begin in an answer to the fetch of one partition, or -1 if there are none. */
function recordsIn(frame, topic) {
  // throttle time; error, session; one topic, its name, one partition; index
  const at = HEADER_BYTES + 4
  expectNone(frame.readInt16BE(at), 'fetch')
  if (frame[at + 6] === 1) return -1
  const partition = at + 7 + 1 + topic.length + 1 + 4
  expectNone(frame.readInt16BE(partition), 'fetch')
  // error, three offsets, no aborted transactions, preferred replica
  let size = partition + 2 + 24 + 1 + 4
  if (frame[size] <= 1) return -1
  while (frame[size] >= 0x80) size += 1
  return size + 1
}

/** What is sent and what came back, of one run. Times are of `performance.now()`. */
class Run {
  #load
  #everyMs
  #perRequest
  #out
  #back
  #request
  #fetch
  #began = 0
  #sent = 0
  #answered = 0
  #seen = 0
  #resolve
  latencies
  late

  constructor(load, { out, back, requests, perRequest, everyMs }) {
    this.#load = load
    this.#everyMs = everyMs
    this.#perRequest = perRequest
    this.#out = out
    this.#back = back
    this.#request = produceRequest(load, perRequest)
    this.#fetch = fetchRequest(load.topic)
    this.latencies = new Float64Array(requests)
    this.late = new Float64Array(requests)
    // index of the partition, its error
    const errorAt = HEADER_BYTES + 1 + 1 + load.topic.length + 1 + 4
    out.onAnswer = (frame) => {
      expectNone(frame.readInt16BE(errorAt), 'produce')
      this.#answered += 1
    }
    back.onAnswer = (frame) => this.#take(frame)
  }

  get isOver() {
    return this.#seen === this.latencies.length && (this.#load.acks === 0 || this.#answered === this.latencies.length)
  }

  get missing() {
    return this.latencies.length - this.#seen
  }

  /** Resolves when all has come back. */
  run() {
    this.#ask()
    this.#began = performance.now() + START_MS
    return new Promise((resolve) => {
      this.#resolve = resolve
      setImmediate(this.#turn)
    })
  }

  #turn = () => {
    const now = performance.now()
    while (this.#sent < this.late.length) {
      const late = now - this.#began - this.#sent * this.#everyMs
      if (late < 0) break
      this.late[this.#sent] = late
      this.#sent += 1
      this.#out.send(this.#request)
    }
    if (this.isOver) this.#resolve()
    else setImmediate(this.#turn)
  }

  #take(frame) {
    const now = performance.now()
    const from = recordsIn(frame, this.#load.topic)
    if (from >= 0) this.#takeBatches(frame, from, now)
    this.#ask()
  }

  #takeBatches(frame, from, now) {
    for (let at = from; at + BATCH_OVERHEAD <= frame.length; ) {
      const next = at + BATCH_OVERHEAD + frame.readInt32BE(at + 8)
      // The last one may be cut: it comes again.
      if (next > frame.length) break
      if (frame.readUInt32BE(at + 4) !== this.#seen * this.#perRequest) throw new Error('a batch is out of its place')
      this.latencies[this.#seen] = now - this.#began - this.#seen * this.#everyMs
      this.#seen += 1
      at = next
    }
  }

  #ask() {
    const { frame, offsetAt } = this.#fetch
    // Offsets are small here: the upper half stays 0.
    frame.writeUInt32BE(0, offsetAt)
    frame.writeUInt32BE(this.#seen * this.#perRequest, offsetAt + 4)
    this.#back.send(frame)
  }
}

const quantile = (sorted, part) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]

/**
 * load: { bootstrap, topic, recordBytes, acks, rate, warmMs, durationMs, requestsPerSecond? }, where nothing is in the topic yet. Resolves with
 * { records, seconds, p50, p99, p999, max, sentLate } in ms, of the records that were due after the warm-up; `sentLate` is the 99.9th
 * percentile of how late they left.
 */
export async function latency(load) {
  const perSecond = Math.min(load.rate, load.requestsPerSecond ?? REQUESTS_PER_SECOND)
  const perRequest = Math.round(load.rate / perSecond)
  const everyMs = 1000 / perSecond
  const requests = Math.round((load.warmMs + load.durationMs) / everyMs)
  const [out, back] = await Promise.all([Wire.open(load.bootstrap), Wire.open(load.bootstrap)])
  const run = new Run(load, { out, back, requests, perRequest, everyMs })
  const limit = setTimeout(
    () => {
      throw new Error(`${run.missing} of ${requests} requests did not come back`)
    },
    START_MS + load.warmMs + load.durationMs + LATE_MS,
  )
  await run.run()
  clearTimeout(limit)
  out.close()
  back.close()
  const warm = Math.round(load.warmMs / everyMs)
  const latencies = run.latencies.slice(warm).sort()
  return {
    records: latencies.length * perRequest,
    seconds: load.durationMs / 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    p999: quantile(latencies, 0.999),
    max: latencies.at(-1),
    sentLate: quantile(run.late.slice(warm).sort(), 0.999),
  }
}

/**
 * The same load against a process that passes records on and does nothing else: what is below this, nobody can measure. `relayCore`: the core
 * that it is kept on, where the broker is kept on one.
 */
export async function floor({ relayCore, ...load }) {
  const node = [process.execPath, ...process.execArgv, fileURLToPath(new URL('./relay.mjs', import.meta.url))]
  const [command, ...args] = relayCore === undefined ? node : ['taskset', '-c', String(relayCore), ...node]
  const relay = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
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
