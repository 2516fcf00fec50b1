/** Bytes to a port and back, as no proper client sends them. */
import { connect as connectSocket } from 'node:net'
import { until } from './cases.mjs'

const SIZE_BYTES = 4

/** A connection that keeps what it receives as counts, not as bytes. */
export class RawConnection {
  receivedBytes = 0
  isClosed = false
  /** First bytes received, for looking into answers. */
  head = Buffer.alloc(0)
  socket
  #headMax

  constructor(socket, headMax) {
    this.socket = socket
    this.#headMax = headMax
    socket.on('data', (chunk) => {
      this.receivedBytes += chunk.length
      if (this.head.length < this.#headMax) {
        this.head = Buffer.concat([this.head, chunk.subarray(0, this.#headMax - this.head.length)])
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => (this.isClosed = true))
  }

  static async open(c, port, { headMax = 1 << 20 } = {}) {
    const socket = connectSocket({ host: '127.0.0.1', port, noDelay: true })
    c.defer(() => socket.destroy())
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawConnection(socket, headMax)
  }

  /** Resolves when the kernel has taken the bytes, or the connection is over. */
  send(bytes) {
    return new Promise((resolve) => {
      if (this.isClosed) resolve()
      this.socket.once('close', resolve)
      this.socket.write(bytes, () => {
        this.socket.off('close', resolve)
        resolve()
      })
    })
  }

  /** Takes nothing any more from the socket. */
  stopReading() {
    this.socket.pause()
  }

  close() {
    this.socket.destroy()
  }

  /** Closes without a word: the peer gets a reset. */
  reset() {
    this.socket.resetAndDestroy()
  }

  async closed(what = 'the server closes the connection', timeoutMs = 30_000) {
    await until(() => this.isClosed, what, timeoutMs)
  }

  /** Correlation ids of the whole responses in `head`. */
  get correlationIds() {
    const ids = []
    for (let at = 0; at + 8 <= this.head.length; ) {
      const end = at + SIZE_BYTES + this.head.readInt32BE(at)
      if (end > this.head.length) break
      ids.push(this.head.readInt32BE(at + SIZE_BYTES))
      at = end
    }
    return ids
  }
}

/** A size field. */
export function sizeField(value) {
  const bytes = Buffer.alloc(SIZE_BYTES)
  bytes.writeInt32BE(value)
  return bytes
}

/** A request in header version 1 with a null client id, or 2 when `flexible`. `size` lies about its length. */
export function request({ key, version, correlationId = 1, flexible, size }, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(flexible ? 15 : 14)
  head.writeInt32BE(size ?? head.length - SIZE_BYTES + body.length, 0)
  head.writeInt16BE(key, 4)
  head.writeInt16BE(version, 6)
  head.writeInt32BE(correlationId, 8)
  head.writeInt16BE(-1, 12)
  return Buffer.concat([head, body])
}

/** Metadata version 1 of no topic. */
export function metadataRequest(correlationId) {
  return request({ key: 3, version: 1, correlationId }, sizeField(0))
}
