/**
 * A connection that costs the load generator as little as may be: requests are bytes made before, answers are found in what arrives
 * without copying it when it came whole.
 */
import { connect } from 'node:net'
import { apiOf, codecOf, Reader, RequestHeader, Writer } from '@ottla/protocol'

const SIZE_BYTES = 4

/** A request with its size in front. */
export function frameOf(apiKey, version, body) {
  const api = apiOf(apiKey)
  const writer = new Writer()
  writer.int32(0)
  codecOf(RequestHeader, api.requestHeaderVersion(version)).encode(writer, {
    requestApiKey: apiKey,
    requestApiVersion: version,
    correlationId: 1,
    clientId: 'load',
  })
  codecOf(api.request, version).encode(writer, body)
  const frame = Buffer.concat(writer.finish())
  frame.writeInt32BE(frame.length - SIZE_BYTES, 0)
  return frame
}

/** What a frame of an answer says. */
export function answerOf(apiKey, version, frame) {
  const api = apiOf(apiKey)
  const reader = new Reader(frame, SIZE_BYTES * 2, frame.length)
  if (api.responseHeaderVersion(version) >= 1) reader.uvarint()
  return codecOf(api.response, version).decode(reader)
}

/** Room for what is read from any socket: it is looked at, or set aside, before the next read. */
const room = Buffer.allocUnsafeSlow(64 << 10)

/** `onAnswer(frame)` gets each answer with its size in front, valid until it returns. */
export class Wire {
  #socket
  #rest = null
  onAnswer = () => {}

  static open(bootstrap) {
    const [host, port] = bootstrap.split(':')
    return new Promise((resolve, reject) => {
      let wire
      const callback = (count, bytes) => {
        wire.#receive(bytes.subarray(0, count))
        return true
      }
      const socket = connect({ host, port: Number(port), noDelay: true, onread: { buffer: room, callback } })
      socket.once('error', reject)
      socket.once('connect', () => {
        wire = new Wire(socket)
        resolve(wire)
      })
    })
  }

  constructor(
    socket,
    onError = (error) => {
      throw error
    },
  ) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', onError)
  }

  send(frame) {
    this.#socket.write(frame)
  }

  /** Sends a request and resolves with what is answered; for use while nothing else is under way. */
  async ask(apiKey, version, body) {
    const frame = await new Promise((resolve) => {
      this.onAnswer = (answer) => resolve(Buffer.from(answer))
      this.send(frameOf(apiKey, version, body))
    })
    return answerOf(apiKey, version, frame)
  }

  close() {
    this.#socket.destroy()
  }

  #receive(chunk) {
    let bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    // What is sent in return leaves together.
    this.#socket.cork()
    while (bytes.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + bytes.readInt32BE(0)
      if (bytes.length < end) break
      this.onAnswer(bytes.subarray(0, end))
      bytes = bytes.subarray(end)
    }
    this.#socket.uncork()
    // Copied, since the next read overwrites it; answers are small, and mostly come whole.
    this.#rest = bytes.length === 0 ? null : Buffer.from(bytes)
  }
}
