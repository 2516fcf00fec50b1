/** How long a start takes, from the spawn to the first connection and to the first acknowledged record. */
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { API_KEYS, ErrorCode } from '@ottla/protocol'
import { freePort } from '../../../scripts/lib/test-broker.mjs'
import { batches } from '../../load/batches.mjs'
import { answerOf, frameOf, Wire } from '../../load/wire.mjs'
import { createTopic } from '../systems.mjs'
import { generate } from './load.mjs'

const VERSION = 9
const RETRY_MS = 2
const SEGMENT_BYTES = 16_384

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function firstConnection(port) {
  return new Promise((resolve) => {
    const attempt = () => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(socket))
      socket.once('error', () => setTimeout(attempt, RETRY_MS))
    }
    attempt()
  })
}

/** Sends one record until it is acknowledged, on new connections as old ones fail. */
async function firstAcknowledged(first, port, frame) {
  for (let socket = first; ; socket = await firstConnection(port)) {
    const ok = await new Promise((resolve) => {
      const wire = new Wire(socket, () => resolve(false))
      socket.on('close', () => resolve(false))
      wire.onAnswer = (answer) => {
        const { responses } = answerOf(API_KEYS.Produce, VERSION, answer)
        resolve(responses[0]?.partitionResponses[0]?.errorCode === ErrorCode.NONE)
      }
      wire.send(frame)
    })
    socket.destroy()
    if (ok) return
    await sleep(RETRY_MS)
  }
}

/** A folder with a topic for the first record, and `segments` segments of another. */
async function prepare(context, system, segments) {
  const port = await freePort()
  const broker = await system.start({ port })
  await createTopic(broker.bootstrap, 'start')
  if (segments > 0) {
    // Segments may not be small by their bytes: each batch has an entry in the index, which is full after a few.
    const configs = { 'index.interval.bytes': '1', 'segment.index.bytes': '24' }
    await createTopic(broker.bootstrap, 'old', { partitions: 10, configs })
    const load = { topic: 'old', partitions: 10, recordBytes: 1000, batchBytes: SEGMENT_BYTES, acks: 1 }
    // Two batches a segment; one request at a time, so that each sees what the one before made full.
    const records = segments * 2 * 16 * (context.isQuick ? 0.1 : 1)
    await generate(broker, { ...load, kind: 'produce', codec: 'none', connections: 1, inFlight: 1, records })
  }
  await broker.stop()
  return { port, folder: broker.folder }
}

export async function start(context, { segments = 0 }) {
  const { system } = context
  const { port, folder } = await prepare(context, system, segments)
  const body = batches({ count: 1, recordBytes: 100, batchBytes: 1, timestamp: Date.now() }).batches[0]
  const topicData = [{ name: 'start', partitionData: [{ index: 0, records: body }] }]
  const frame = frameOf(API_KEYS.Produce, VERSION, { acks: -1, timeoutMs: 10_000, topicData })
  const began = performance.now()
  const starting = system.start({ folder, port })
  const socket = await firstConnection(port)
  const accepted = performance.now() - began
  await firstAcknowledged(socket, port, frame)
  const acknowledged = performance.now() - began
  const broker = await starting
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
  return { accepted, acknowledged }
}
