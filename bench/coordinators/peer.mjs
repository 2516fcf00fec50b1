/**
 * A client of any broker for load: raw requests by name and version, many at once on one connection, those of one turn of the event
 * loop in one write. Needs the packages to be built.
 */
import { connect } from 'node:net'
import { API_KEYS, apiOf, codecOf, Reader, Writer } from '@ottla/protocol'

const SIZE_BYTES = 4
const NONE = Buffer.alloc(0)

export class Peer {
  #socket
  #rest = NONE
  #waiting = []
  #outgoing = []
  #correlationId = 0
  #error = null

  static open(bootstrap) {
    const [host, port] = bootstrap.split(':')
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(port), noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new Peer(socket)))
    })
  }

  /** Tries until somebody listens. */
  static async openWhenThere(bootstrap, timeoutMs = 60_000) {
    const end = performance.now() + timeoutMs
    for (;;) {
      try {
        return await Peer.open(bootstrap)
      } catch (error) {
        if (performance.now() > end) throw error
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }

  constructor(socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#error = new Error('the broker closed the connection')
      for (const { reject } of this.#waiting.splice(0)) reject(this.#error)
    })
  }

  /** ask('Metadata', 12, {…}). Fields that are left out have their defaults. */
  ask(name, version, body = {}) {
    if (this.#error !== null) return Promise.reject(this.#error)
    const api = apiOf(API_KEYS[name])
    const writer = new Writer()
    writer.int32(0)
    writer.int16(api.key)
    writer.int16(version)
    writer.int32(this.#correlationId++)
    const headerVersion = api.requestHeaderVersion(version)
    if (headerVersion >= 1) writer.nullableString('bench')
    if (headerVersion >= 2) writer.uvarint(0)
    codecOf(api.request, version).encode(writer, body)
    const frame = writer.toBuffer()
    frame.writeInt32BE(frame.length - SIZE_BYTES, 0)
    if (this.#outgoing.push(frame) === 1) queueMicrotask(() => this.#flush())
    return new Promise((resolve, reject) => this.#waiting.push({ api, version, resolve, reject }))
  }

  close() {
    this.#socket.destroy()
  }

  #flush() {
    const frames = this.#outgoing
    this.#outgoing = []
    this.#socket.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
  }

  #receive(chunk) {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (bytes.length >= SIZE_BYTES && bytes.length >= SIZE_BYTES + bytes.readInt32BE(0)) {
      const end = SIZE_BYTES + bytes.readInt32BE(0)
      const { api, version, resolve, reject } = this.#waiting.shift()
      try {
        const reader = new Reader(bytes, SIZE_BYTES * 2, end)
        if (api.responseHeaderVersion(version) >= 1) reader.uvarint()
        resolve(codecOf(api.response, version).decode(reader))
      } catch (error) {
        reject(error)
      }
      bytes = bytes.subarray(end)
    }
    this.#rest = bytes.length === 0 ? NONE : bytes
  }
}
