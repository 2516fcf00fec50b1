import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpHandler, HttpServers } from '../http.ts'
import type { ListenAddress, ListeningSocket } from '../network.ts'
import type { NodeNetwork } from './node-network.ts'

/** More than a few people and their monitoring are a mistake, or worse: such connections are cut. */
const CONNECTIONS_MAX = 64
/** How long a connection may be quiet. Above the minute at which monitoring usually asks. */
const IDLE_MS = 75_000
const HEADER_BYTES_MAX = 16 * 1024

/** HTTP/1.1 by node:http, on sockets of {@link NodeNetwork}: so that its module is loaded when somebody asks, and not at the start. */
export class NodeHttp implements HttpServers {
  readonly #network: NodeNetwork

  constructor(network: NodeNetwork) {
    this.#network = network
  }

  async listen(address: ListenAddress, answer: HttpHandler): Promise<ListeningSocket> {
    const sockets = new Set<Socket>()
    let server: Promise<Server> | undefined
    const listening = await this.#network.listenForSockets(address, (socket) => {
      if (sockets.size >= CONNECTIONS_MAX) {
        socket.destroy()
        return
      }
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
      server ??= serverFor(answer)
      void server.then((http) => http.emit('connection', socket))
    })
    return {
      ...listening,
      close: async () => {
        await listening.close()
        for (const socket of sockets) socket.destroy()
      },
    }
  }
}

async function serverFor(answer: HttpHandler): Promise<Server> {
  // Not by import(): code that V8 takes from its cache has nobody to ask for modules.
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: IDLE_MS }, (request, response) => {
    void respond(request, response, answer)
  })
  // Of the whole socket: the server does not listen itself, and so its own watch over slow requests does not run.
  server.timeout = IDLE_MS
  return server
}

async function respond(request: IncomingMessage, response: ServerResponse, answer: HttpHandler): Promise<void> {
  request.resume()
  try {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const { status, headers, body } = await answer({
      method: request.method ?? 'GET',
      path: pathname,
      query: searchParams,
    })
    const bytes = Buffer.from(body)
    response.writeHead(status, { ...headers, 'content-length': bytes.length })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  } catch {
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('the request could not be answered\n')
  }
}
