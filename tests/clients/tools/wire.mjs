/**
 * Raw requests to any broker: the decoded answer of exactly the version asked for, read to its last byte. For checks that hold one
 * broker's answers against another's. Needs the packages to be built.
 */
import { connect } from 'node:net'
import { API_KEYS, apiOf, BatchBuilder, batchesIn, codecOf, Reader, readRecords, Writer } from '@ottla/protocol'

const SIZE_BYTES = 4
const TIMEOUT_MS = 60_000

/** Thrown when the broker closes the connection instead of answering. */
export class Closed extends Error {}

/** Thrown when it does neither. The connection is of no use any more. */
export class Silent extends Error {}

export class Wire {
  #socket
  #received = Buffer.alloc(0)
  #waiting = []
  #nextCorrelationId = 1
  #isClosed = false

  static open(bootstrap) {
    const [host, port] = bootstrap.split(':')
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(port), noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new Wire(socket)))
    })
  }

  constructor(socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', () => {})
    socket.on('close', () => this.#end())
  }

  /** Asks by name: ask('Metadata', 12, {…}). Fields that are left out have their defaults. */
  async ask(name, version, body = {}, options = {}) {
    const api = apiOf(API_KEYS[name])
    const frame = await this.exchange(this.#frame(api, version, body, options))
    return decode(api, version, frame)
  }

  /** Sends what gets no answer. */
  send(name, version, body) {
    this.#socket.write(this.#frame(apiOf(API_KEYS[name]), version, body, {}))
  }

  /** Sends a frame as it is; resolves to the next answer's frame, from the correlation id on. Rejects with {@link Closed}. */
  exchange(frame) {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Closed('the connection is closed'))
      const timer = setTimeout(() => reject(new Silent('no answer in time')), TIMEOUT_MS)
      this.#waiting.push({ resolve, reject, timer })
      this.#socket.write(frame)
    })
  }

  close() {
    this.#socket.destroy()
  }

  #frame(api, version, body, { clientId = 'checks' }) {
    const writer = new Writer()
    writer.int32(0)
    writer.int16(api.key)
    writer.int16(version)
    writer.int32(this.#nextCorrelationId++)
    const headerVersion = api.requestHeaderVersion(version)
    if (headerVersion >= 1) writer.nullableString(clientId)
    if (headerVersion >= 2) writer.uvarint(0)
    codecOf(api.request, version).encode(writer, body)
    const frame = writer.toBuffer()
    frame.writeInt32BE(frame.length - SIZE_BYTES, 0)
    return frame
  }

  #receive(chunk) {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const { resolve, timer } = this.#waiting.shift()
      clearTimeout(timer)
      resolve(this.#received.subarray(SIZE_BYTES, end))
      this.#received = this.#received.subarray(end)
    }
  }

  #end() {
    this.#isClosed = true
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(new Closed('the broker closed the connection'))
    }
  }
}

function decode(api, version, frame) {
  const reader = new Reader(frame, 4)
  if (api.responseHeaderVersion(version) >= 1) {
    for (let left = reader.uvarint(); left > 0; left--) {
      reader.uvarint()
      const bytes = reader.uvarint()
      reader.position += bytes
    }
  }
  const value = codecOf(api.response, version).decode(reader)
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes too many in ${api.name} version ${version}`)
  return value
}

/** A record batch; records are {key, value, timestamp, headers}, options those of BatchBuilder. */
export function batchOf(records, options = {}) {
  const builder = new BatchBuilder({ timestamp: Date.now(), ...options })
  for (const record of records) builder.append(record)
  return builder.build()
}

/** Offset, timestamp, key and value of each record, as text. Control records are left out. */
export function recordsIn(bytes) {
  const found = []
  for (const position of batchesIn(bytes)) {
    if ((bytes.readInt16BE(position + 21) & 0x20) !== 0) continue
    for (const { offset, timestamp, key, value } of readRecords(bytes, position)) {
      found.push({ offset, timestamp, key: key?.toString() ?? null, value: value?.toString() ?? null })
    }
  }
  return found
}

/** Waits until `condition` gives something other than undefined, null or false, and gives that. */
export async function until(condition, { timeoutMs = 60_000, what = 'a condition' } = {}) {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await condition()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`${what} did not come true in ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
