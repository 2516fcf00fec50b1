/**
 * As little of a broker as the measurement of latency needs: what is produced goes to the fetch that waits, from memory. It prints its port
 * and lives until it is ended.
 */
import { createServer } from 'node:net'
import { API_KEYS, apiOf, codecOf, Reader, RequestHeader, setBaseOffset, Writer } from '@ottla/protocol'
import { Wire } from './wire.mjs'

const SIZE_BYTES = 4

function answer(api, version, body) {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(1)
  if (api.responseHeaderVersion(version) >= 1) writer.uvarint(0)
  codecOf(api.response, version).encode(writer, body)
  const frame = Buffer.concat(writer.finish())
  frame.writeInt32BE(frame.length - SIZE_BYTES, 0)
  return frame
}

const held = []
let reader = null
let end = 0

function pass() {
  if (reader === null || held.length === 0) return
  const { wire, topic, version } = reader
  reader = null
  const partitions = [{ partitionIndex: 0, highWatermark: end, records: Buffer.concat(held.splice(0)) }]
  wire.send(answer(apiOf(API_KEYS.Fetch), version, { responses: [{ topic, partitions }] }))
}

function produce(wire, version, { topicData }) {
  const { name, partitionData } = topicData[0]
  const records = Buffer.from(partitionData[0].records)
  setBaseOffset(records, 0, end)
  const partitionResponses = [{ index: 0, baseOffset: end }]
  end += records.readInt32BE(23) + 1
  held.push(records)
  wire.send(answer(apiOf(API_KEYS.Produce), version, { responses: [{ name, partitionResponses }] }))
  pass()
}

function receive(wire, frame) {
  const api = apiOf(frame.readInt16BE(SIZE_BYTES))
  const version = frame.readInt16BE(SIZE_BYTES + 2)
  const reading = new Reader(frame, SIZE_BYTES, frame.length)
  codecOf(RequestHeader, api.requestHeaderVersion(version)).decode(reading)
  const request = codecOf(api.request, version).decode(reading)
  if (api.key === API_KEYS.Produce) produce(wire, version, request)
  else {
    reader = { wire, version, topic: request.topics[0].topic }
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
