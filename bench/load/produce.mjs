/**
 * Produces as fast as answers come back: on each connection so many requests are under way, each with a batch for some
 * partitions, whose bytes were made before.
 */
import { API_KEYS, ErrorCode } from '@ottla/protocol'
import { batches } from './batches.mjs'
import { answerOf, frameOf, Wire } from './wire.mjs'

const VERSION = 9
/** Different batches in rotation, so that nothing profits from seeing the same bytes. */
const VARIETY = 8
const PARTITIONS_PER_REQUEST = 10

/** Requests that rotate over the partitions; what one of them holds. */
function requestsOf({ topic, partitions, acks, ...rest }) {
  const perRequest = Math.min(partitions, PARTITIONS_PER_REQUEST)
  const made = batches({ count: VARIETY, timestamp: Date.now(), ...rest })
  const groups = Math.ceil(partitions / perRequest)
  const frames = Array.from({ length: Math.max(groups, VARIETY) }, (_, index) => {
    const first = (index % groups) * perRequest
    const partitionData = Array.from({ length: Math.min(perRequest, partitions - first) }, (_, i) => ({
      index: first + i,
      records: made.batches[(index + i) % VARIETY],
    }))
    const body = { acks, timeoutMs: 30_000, topicData: [{ name: topic, partitionData }] }
    return { frame: frameOf(API_KEYS.Produce, VERSION, body), batches: partitionData.length }
  })
  return { frames, recordsPerBatch: made.recordsPerBatch }
}

/** Where answers to a request have their error codes, as the first one says; the others look the same unless something failed. */
class AnswerShape {
  #bytes = -1
  #places = []

  check(answer) {
    if (answer.length === this.#bytes && this.#places.every((at) => answer.readInt16BE(at) === ErrorCode.NONE)) return
    for (const { name, partitionResponses } of answerOf(API_KEYS.Produce, VERSION, answer).responses)
      for (const { index, errorCode } of partitionResponses)
        if (errorCode !== ErrorCode.NONE) throw new Error(`produce to ${name}-${index}: error ${errorCode}`)
    this.#learn(answer)
  }

  /** Size 4, correlation 4, tags 1, topics 1, name; then a partition each: index 4, error 2, offsets and time 24, nothing else 3. */
  #learn(answer) {
    const partitions = answer.readUInt8(11 + answer.readUInt8(10) - 1) - 1
    const first = 11 + answer.readUInt8(10)
    this.#places = Array.from({ length: partitions }, (_, index) => first + index * 33 + 4)
    this.#bytes = answer.length
  }
}

/**
 * load: { bootstrap, topic, partitions, recordBytes, batchBytes, codec, acks, connections, inFlight, bytesPerSecond? } and either `durationMs` or `records`.
 * Resolves with { records, bytes, requests, seconds }: bytes are those of records before compression.
 */
export async function produce(load) {
  const { frames, recordsPerBatch } = requestsOf(load)
  const wires = await Promise.all(Array.from({ length: load.connections }, () => Wire.open(load.bootstrap)))
  const shape = new AnswerShape()
  const began = performance.now()
  const limit = load.records ?? Number.POSITIVE_INFINITY
  let sent = 0
  let answered = 0
  let requests = 0
  await Promise.all(
    wires.map((wire, at) => {
      let next = at
      let underWay = 0
      return new Promise((resolve) => {
        const isOver = () =>
          sent >= limit || (load.durationMs !== undefined && performance.now() - began >= load.durationMs)
        /** When the next request may leave: at once, unless a rate is set. */
        const due = () =>
          load.bytesPerSecond === undefined ? 0 : began + ((sent * load.recordBytes) / load.bytesPerSecond) * 1000
        const send = () => {
          const { frame, batches: held } = frames[next++ % frames.length]
          wire.send(frame)
          sent += held * recordsPerBatch
          waiting.push(held * recordsPerBatch)
          underWay += 1
        }
        const waiting = []
        wire.onAnswer = (answer) => {
          shape.check(answer)
          answered += waiting.shift()
          requests += 1
          underWay -= 1
          if (isOver()) {
            if (underWay === 0) resolve()
            return
          }
          const waitMs = due() - performance.now()
          if (waitMs > 0) setTimeout(send, waitMs)
          else send()
        }
        for (let i = 0; i < load.inFlight; i += 1) send()
      })
    }),
  )
  const seconds = (performance.now() - began) / 1000
  for (const wire of wires) wire.close()
  return { records: answered, bytes: answered * load.recordBytes, requests, seconds }
}
