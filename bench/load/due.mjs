/**
 * The thread of a measurement of latency that sends: each request at its time, whatever became of those before it. It sleeps until just
 * before and reads the clock for the rest, since a sleep ends late by what the kernel's timers are coarse.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { API_KEYS, BatchBuilder, ErrorCode, updateCrc } from '@ottla/protocol'
import { payload } from './batches.mjs'
import { answerOf, frameOf, Wire } from './wire.mjs'

const PRODUCE = 9
/** Where the time is that a batch was due, within the batch: the value of its first record begins with it. */
const MARK = Buffer.from('@due@@@@')
/** Behind the header of the batch: length, attributes, timestamp delta, offset delta, no key, length of the value; lengths of two bytes and one. */
export const MARK_IN_BATCH = markInBatch()
/** A sleep is over this much too late at most, most of the time. */
const COARSE_MS = 0.08

/** Milliseconds of a clock that all threads and processes of the machine share. */
export function nowMs() {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

function batchOf({ recordBytes, perRequest }) {
  const builder = new BatchBuilder({ timestamp: Date.now() })
  // Two bytes for its length: the place of the mark is the same whatever is measured.
  const value = payload(Math.max(recordBytes, 64), perRequest)
  MARK.copy(value)
  for (let i = 0; i < perRequest; i += 1) builder.append({ value })
  return Buffer.from(builder.build())
}

function markInBatch() {
  return batchOf({ recordBytes: 100, perRequest: 1 }).indexOf(MARK)
}

function requestOf({ topic, acks, ...load }) {
  const records = batchOf(load)
  if (records.indexOf(MARK) !== MARK_IN_BATCH)
    throw new Error(`records of ${load.recordBytes} bytes have their value elsewhere`)
  const body = { acks, timeoutMs: 30_000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] }
  const frame = frameOf(API_KEYS.Produce, PRODUCE, body)
  return { frame, batchAt: frame.indexOf(records) }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))

function sleepUntil(at) {
  const leftMs = at - nowMs() - COARSE_MS
  if (leftMs > 0) Atomics.wait(sleeper, 0, 0, leftMs)
  for (;;) {
    const now = nowMs()
    if (now >= at) return now
  }
}

/** One turn of the event loop, which takes the answers that are there. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function send(load) {
  const wire = await Wire.open(load.bootstrap)
  const { frame, batchAt } = requestOf(load)
  let answers = 0
  wire.onAnswer = (answer) => {
    const { errorCode } = answerOf(API_KEYS.Produce, PRODUCE, answer).responses[0].partitionResponses[0]
    if (errorCode !== ErrorCode.NONE) throw new Error(`produce: error ${errorCode}`)
    answers += 1
  }
  parentPort.postMessage('connected')
  const began = await new Promise((resolve) => parentPort.once('message', resolve))
  const late = new Float64Array(load.requests)
  for (let i = 0; i < load.requests; i += 1) {
    const due = began + i * load.everyMs
    const copy = Buffer.from(frame)
    copy.writeDoubleBE(due, batchAt + MARK_IN_BATCH)
    updateCrc(copy, batchAt)
    late[i] = sleepUntil(due) - due
    wire.send(copy)
    await turn()
  }
  const measured = late.subarray(Math.round(load.warmMs / load.everyMs)).sort()
  parentPort.postMessage(measured[Math.floor((measured.length - 1) * 0.999)])
  while (answers < load.requests) await turn()
  wire.close()
}

if (!isMainThread) await send(workerData)
