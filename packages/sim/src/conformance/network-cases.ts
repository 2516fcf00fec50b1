import type { ByteStream, ListeningSocket, Network, NetworkError } from '@ottla/env'
import { assert } from '@ottla/stdx'
import { type ConformanceCase, failsWith, same, signal } from './case.ts'

export interface NetworkContext {
  readonly server: Network
  /** May be the same as `server`. */
  readonly client: Network
  /** A name of the server's host that the client can reach and the server can listen on. */
  readonly host: string
}

type Case = ConformanceCase<NetworkContext>

interface Connection {
  readonly socket: ListeningSocket
  readonly near: Recorded
  readonly far: Recorded
}

/** A stream with what happened to it. */
interface Recorded {
  readonly stream: ByteStream
  readonly received: Buffer[]
  readonly ended: Promise<void>
  readonly closed: Promise<NetworkError | undefined>
  closes: number
  /** Resolves when this many bytes have come. */
  bytes(count: number): Promise<Buffer>
}

function record(stream: ByteStream): Recorded {
  const ended = signal()
  const closed = signal<NetworkError | undefined>()
  let waiting = { count: Number.POSITIVE_INFINITY, give: (_: Buffer): void => {} }
  const recorded: Recorded = {
    stream,
    received: [],
    ended: ended.promise,
    closed: closed.promise,
    closes: 0,
    bytes: (count) => {
      const { promise, give } = signal<Buffer>()
      waiting = { count, give }
      check()
      return promise
    },
  }
  const check = (): void => {
    const all = Buffer.concat(recorded.received)
    if (all.length >= waiting.count) waiting.give(all)
  }
  stream.onData = (chunk) => {
    recorded.received.push(Buffer.from(chunk))
    check()
  }
  stream.onEnd = () => {
    ended.give()
    stream.end()
  }
  stream.onClose = (error) => {
    recorded.closes++
    closed.give(error)
  }
  return recorded
}

async function connected(context: NetworkContext): Promise<Connection> {
  const accepted = signal<Recorded>()
  const socket = await context.server.listen({ host: context.host, port: 0 }, (stream) => accepted.give(record(stream)))
  const near = record(await context.client.connect({ host: context.host, port: socket.port }))
  return { socket, near, far: await accepted.promise }
}

/** Bytes that show when one is lost, doubled or out of place. */
function pattern(count: number): Buffer {
  const bytes = Buffer.alloc(count)
  for (let index = 0; index < count; index++) bytes[index] = (index * 31 + (index >>> 8) * 7) & 0xff
  return bytes
}

const transfer: Case[] = [
  {
    name: 'bytes arrive whole and in order, both ways, however they were cut',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      const bytes = pattern(100_000)
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 4999) {
        near.stream.write([bytes.subarray(at, at + (size >> 1)), bytes.subarray(at + (size >> 1), at + size)])
      }
      assert((await far.bytes(bytes.length)).equals(bytes), 'the server has the bytes')
      far.stream.write([bytes])
      assert((await near.bytes(bytes.length)).equals(bytes), 'the client has the bytes')
      same(near.stream.remotePort, socket.port, 'remote port')
      same(near.stream.localPort, far.stream.remotePort, 'port of the client')
      same(near.stream.localHost, far.stream.remoteHost, 'address of the client')
      near.stream.destroy()
      far.stream.destroy()
      await socket.close()
    },
  },
  {
    name: 'a reader that pauses makes write say false, and drain comes when it goes on',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      far.stream.pause()
      const drained = signal()
      near.stream.onDrain = () => drained.give()
      const chunk = pattern(64 * 1024)
      let sent = 0
      let flushed = 0
      let isOpen = true
      for (; isOpen && sent < 4096; sent++) isOpen = near.stream.write([chunk], () => flushed++)
      same(isOpen, false, 'write')
      assert(near.stream.queuedBytes > 0, 'bytes are queued')
      assert(flushed < sent, 'not everything is flushed')
      far.stream.resume()
      await drained.promise
      same(near.stream.queuedBytes, 0, 'queued')
      const all = await far.bytes(sent * chunk.length)
      assert(all.subarray(-chunk.length).equals(chunk), 'the last chunk came whole')
      same(flushed, sent, 'flushed')
      near.stream.destroy()
      far.stream.destroy()
      await socket.close()
    },
  },
  {
    name: 'flushed is called for each write in order, not before write has returned, and for one of nothing too',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      const order: number[] = []
      const done = signal()
      for (let n = 0; n < 5; n++) near.stream.write([Buffer.of(n)], () => order.push(n))
      same(order, [], 'flushed before write returned')
      await far.bytes(5)
      near.stream.write([], () => done.give())
      await done.promise
      same(order, [0, 1, 2, 3, 4], 'order')
      near.stream.destroy()
      far.stream.destroy()
      await socket.close()
    },
  },
]

const closing: Case[] = [
  {
    name: 'end sends what is queued; the peer learns of the end behind the last byte and both close in order',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      const bytes = pattern(1_000_000)
      near.stream.write([bytes])
      near.stream.end()
      await far.ended
      assert(Buffer.concat(far.received).equals(bytes), 'all bytes came before the end')
      same(await near.closed, undefined, 'close of the one that ended')
      same(await far.closed, undefined, 'close of the other')
      same([near.closes, far.closes], [1, 1], 'closes')
      await socket.close()
    },
  },
  {
    name: 'a stream that was told of the end may still send before it ends',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      const flushed = signal()
      far.stream.onEnd = () => {
        far.stream.write([pattern(1000)], () => flushed.give())
        far.stream.end()
      }
      near.stream.end()
      await flushed.promise
      same(await far.closed, undefined, 'close')
      same(near.received.length, 0, 'an ended stream hears nothing')
      await socket.close()
    },
  },
  {
    name: 'destroy closes at once: queued writes are told, the peer sees an end or a reset, each is told once',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      far.stream.pause()
      let told = 0
      for (let n = 0; n < 200; n++) near.stream.write([pattern(64 * 1024)], () => told++)
      near.stream.destroy()
      near.stream.destroy()
      same(await near.closed, undefined, 'own close')
      far.stream.resume()
      const error = await far.closed
      assert(error === undefined || error.code === 'ECONNRESET', `end or reset, not ${error?.code}`)
      const last = signal()
      near.stream.write([pattern(1)], () => last.give())
      await last.promise
      same([near.closes, far.closes, told], [1, 1, 200], 'closes and flushed writes')
      await socket.close()
    },
  },
  {
    name: 'writing to a peer that is gone ends in an error',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      far.stream.onEnd = () => {}
      near.stream.destroy()
      await near.closed
      const more = (): void => {
        if (far.closes === 0) far.stream.write([pattern(1000)], more)
      }
      more()
      const code = (await far.closed)?.code
      assert(code === 'ECONNRESET' || code === 'EPIPE', `reset or broken pipe, not ${code}`)
      await socket.close()
    },
  },
]

const listening: Case[] = [
  {
    name: 'a port can be listened on once; after close it refuses, and what was accepted stays',
    run: async (context) => {
      const { socket, near, far } = await connected(context)
      await failsWith('EADDRINUSE', () => context.server.listen({ host: context.host, port: socket.port }, () => {}))
      await socket.close()
      await socket.close()
      await failsWith('ECONNREFUSED', () => context.client.connect({ host: context.host, port: socket.port }))
      near.stream.write([Buffer.from('still here')])
      same((await far.bytes(10)).toString(), 'still here', 'bytes')
      near.stream.destroy()
      far.stream.destroy()
      const again = await context.server.listen({ host: context.host, port: socket.port }, () => {})
      await again.close()
    },
  },
  {
    name: 'many connections at once are told apart',
    run: async (context) => {
      const socket = await context.server.listen({ host: context.host, port: 0 }, (stream) => {
        stream.onData = (chunk) => stream.write([Buffer.from(chunk)])
      })
      const echoes = Array.from({ length: 20 }, async (_, n) => {
        const client = record(await context.client.connect({ host: context.host, port: socket.port }))
        client.stream.write([Buffer.from(`client ${n}`)])
        const echo = await client.bytes(`client ${n}`.length)
        client.stream.end()
        return echo.toString()
      })
      same(
        await Promise.all(echoes),
        echoes.map((_, n) => `client ${n}`),
        'echoes',
      )
      await socket.close()
    },
  },
  {
    name: 'a connection that is given up rejects, before or after it was begun',
    run: async (context) => {
      const socket = await context.server.listen({ host: context.host, port: 0 }, () => {})
      const address = { host: context.host, port: socket.port }
      await failsWith('EABORTED', () => context.client.connect(address, { signal: AbortSignal.abort() }))
      const controller = new AbortController()
      const attempt = context.client.connect(address, { signal: controller.signal })
      controller.abort()
      await failsWith('EABORTED', () => attempt)
      await socket.close()
    },
  },
]

export const networkCases: readonly Case[] = [...transfer, ...closing, ...listening]
