import net from 'node:net'
import {
  type ByteStream,
  type ConnectOptions,
  type ListenAddress,
  type ListeningSocket,
  type Network,
  NetworkError,
} from '../network.ts'
import { receivingInOnePlace } from './accepted-socket.ts'
import { NodeByteStream, networkError } from './node-byte-stream.ts'
import { startTls } from './node-tls.ts'

const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, allowHalfOpen: true } as const
/** A socket reads at most so much at once. */
const READ_BYTES = 64 * 1024
/** How often a free port of 127.0.0.1 is tried that may be taken on ::1. */
const PORT_ATTEMPTS = 10
/** What listening on ::1 says on a machine without IPv6. */
const NO_IPV6 = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])

export interface NodeNetworkOptions {
  /** A connection could not be accepted, e.g. for want of file descriptors. Listening goes on. */
  readonly onAcceptError?: (error: NetworkError) => void
}

/** TCP. */
export class NodeNetwork implements Network {
  readonly #onAcceptError: (error: NetworkError) => void

  constructor(options: NodeNetworkOptions = {}) {
    this.#onAcceptError = options.onAcceptError ?? (() => {})
  }

  listen(address: ListenAddress, accept: (stream: ByteStream) => void): Promise<ListeningSocket> {
    return this.listenForSockets(address, (socket) => accept(new NodeByteStream(receivingInOnePlace(socket))))
  }

  /** As `listen`, for who needs the sockets of Node. */
  async listenForSockets(address: ListenAddress, accept: (socket: net.Socket) => void): Promise<ListeningSocket> {
    const servers =
      address.host === 'localhost'
        ? await this.#listenOnLoopback(address, accept)
        : [await this.#listenOn(address, accept)]
    const { port } = (servers[0] as net.Server).address() as net.AddressInfo
    let closed: Promise<void> | undefined
    return {
      host: address.host,
      port,
      close: () => {
        closed ??= Promise.all(servers.map(close)).then(() => {})
        return closed
      },
    }
  }

  connect(address: { host: string; port: number }, options: ConnectOptions = {}): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      const { timeoutMs, signal, tls } = options
      const where = `${address.host}:${address.port}`
      if (signal?.aborted === true) return reject(new NetworkError('EABORTED', `connecting to ${where} was given up`))
      let stream: NodeByteStream | null = null
      // TLS reads by itself, from below the stream of Node.
      let socket =
        tls === undefined ? connectSocket(address, () => stream) : net.connect({ ...SOCKET_OPTIONS, ...address })
      const fail = (error: NetworkError): void => {
        settle()
        socket.on('error', () => {})
        socket.destroy()
        reject(error)
      }
      const onError = (error: Error): void => fail(networkError(error))
      const onAbort = (): void => fail(new NetworkError('EABORTED', `connecting to ${where} was given up`))
      const timeout =
        timeoutMs === undefined
          ? undefined
          : setTimeout(
              () => fail(new NetworkError('ETIMEDOUT', `no connection to ${where} in ${timeoutMs} ms`)),
              timeoutMs,
            )
      const settle = (): void => {
        clearTimeout(timeout)
        signal?.removeEventListener('abort', onAbort)
        socket.off('error', onError)
      }
      const opened = (): void => {
        settle()
        stream = new NodeByteStream(socket)
        resolve(stream)
      }
      signal?.addEventListener('abort', onAbort)
      socket.once('error', onError)
      socket.once('connect', () => {
        if (tls === undefined) return opened()
        try {
          socket = startTls(socket, address.host, tls)
          socket.once('error', onError)
          socket.once('secureConnect', opened)
        } catch (error) {
          fail(new NetworkError('ETLSOPTIONS', (error as Error).message, error))
        }
      })
    })
  }

  /** Both loopback addresses under one port: clients take 'localhost' for either. */
  async #listenOnLoopback(address: ListenAddress, accept: (socket: net.Socket) => void): Promise<net.Server[]> {
    for (let attempt = 1; ; attempt++) {
      const ipv4 = await this.#listenOn({ ...address, host: '127.0.0.1' }, accept)
      const { port } = ipv4.address() as net.AddressInfo
      try {
        return [ipv4, await this.#listenOn({ ...address, host: '::1', port }, accept)]
      } catch (error) {
        const { code } = error as NetworkError
        if (NO_IPV6.has(code)) return [ipv4]
        await close(ipv4)
        if (code !== 'EADDRINUSE' || address.port !== 0 || attempt === PORT_ATTEMPTS) throw error
      }
    }
  }

  #listenOn(address: ListenAddress, accept: (socket: net.Socket) => void): Promise<net.Server> {
    return new Promise((resolve, reject) => {
      const server = net.createServer(SOCKET_OPTIONS, accept)
      const { host, port, backlog } = address
      server.once('error', (error) => reject(networkError(error)))
      server.listen({ port, ...(host !== '' && { host }), ...(backlog !== undefined && { backlog }) }, () => {
        server.on('error', (error) => this.#onAcceptError(networkError(error)))
        resolve(server)
      })
    })
  }
}

/**
 * A socket that receives where its stream says, else into one buffer, again and again: chunks of 64 KB outside the heap are garbage that has a busy
 * reader collect the whole heap all the time. `stream` is asked from the time on at which there is one.
 */
function connectSocket(address: { host: string; port: number }, stream: () => NodeByteStream | null): net.Socket {
  const own = Buffer.allocUnsafeSlow(READ_BYTES)
  const socket = net.connect({
    ...SOCKET_OPTIONS,
    ...address,
    onread: {
      buffer: () => stream()?.receiveInto() ?? own,
      callback: (bytes, buffer) => {
        socket.emit('data', Buffer.from(buffer.buffer, buffer.byteOffset, bytes))
        return true
      },
    },
  })
  return socket
}

function close(server: net.Server): Promise<void> {
  // Resolves at once: connections that were accepted stay, and `server.close` would wait for them.
  server.close()
  return Promise.resolve()
}
