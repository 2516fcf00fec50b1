/**
 * As little of a broker as the measurement of latency needs: what is produced goes to the fetch that waits, from memory. It understands the
 * first request of each kind, and takes the others for the same but for their offsets. It prints its port and lives until it is ended.
 */
import { createServer } from 'node:net'
import { API_KEYS, apiOf, codecOf, Reader, RequestHeader, setBaseOffset, Writer } from '@ottla/protocol'
import { Wire } from './wire.mjs'

const SIZE_BYTES = 4
const LAST_OFFSET_DELTA_AT = 23

function answer(key, version, body) {
  const api = apiOf(key)
  const writer = new Writer()
  writer.int32(0)
  writer.int32(1)
  if (api.responseHeaderVersion(version) >= 1) writer.uvarint(0)
  codecOf(api.response, version).encode(writer, body)
  const frame = Buffer.concat(writer.finish())
  frame.writeInt32BE(frame.length - SIZE_BYTES, 0)
  return frame
}

function understood(frame) {
  const api = apiOf(frame.readInt16BE(SIZE_BYTES))
  const version = frame.readInt16BE(SIZE_BYTES + 2)
  const reading = new Reader(frame, SIZE_BYTES, frame.length)
  codecOf(RequestHeader, api.requestHeaderVersion(version)).decode(reading)
  return { version, request: codecOf(api.request, version).decode(reading) }
}

/** Batches that no fetch has asked for yet. */
const held = []
let end = 0
/** Of the first produce: where its batch lies in the frame, and the answer. */
let producing = null
/** Of the first fetch: what to answer; the connection that waits for an answer. */
let fetching = null
let waiting = null

function produce(wire, frame) {
  if (producing === null) {
    const { version, request } = understood(frame)
    const { name, partitionData } = request.topicData[0]
    const { records } = partitionData[0]
    const responses = [{ name, partitionResponses: [{ index: 0, baseOffset: 0 }] }]
    const from = frame.indexOf(records)
    producing = { from, to: from + records.length, answer: answer(API_KEYS.Produce, version, { responses }) }
  }
  const records = Buffer.from(frame.subarray(producing.from, producing.to))
  setBaseOffset(records, 0, end)
  end += records.readInt32BE(LAST_OFFSET_DELTA_AT) + 1
  held.push(records)
  wire.send(producing.answer)
  pass()
}

function pass() {
  if (waiting === null || held.length === 0) return
  const wire = waiting
  waiting = null
  wire.send(fetching(held.length === 1 ? held[0] : Buffer.concat(held)))
  held.length = 0
}

/** Answers with records, made from one answer for each size of them: what stands around them does not change. */
function answersWith({ version, request }) {
  const { topic } = request.topics[0]
  const made = new Map()
  return (records) => {
    let frame = made.get(records.length)
    if (frame === undefined) {
      const partitions = [{ partitionIndex: 0, highWatermark: end, records }]
      const whole = answer(API_KEYS.Fetch, version, { responses: [{ topic, partitions }] })
      frame = { whole, at: whole.indexOf(records) }
      made.set(records.length, frame)
    }
    records.copy(frame.whole, frame.at)
    return Buffer.from(frame.whole)
  }
}

function receive(wire, frame) {
  if (frame.readInt16BE(SIZE_BYTES) === API_KEYS.Produce) produce(wire, frame)
  else {
    fetching ??= answersWith(understood(frame))
    waiting = wire
    pass()
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  const wire = new Wire(socket, () => socket.destroy())
  wire.onAnswer = (frame) => receive(wire, frame)
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
// Whoever started it is gone.
process.stdin.on('end', () => process.exit(0)).resume()
