import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { ByteStream, Env } from '@ottla/env'
import { SlabPool } from '@ottla/stdx'
import { answer, FakeStream, FakeTimers, frame, SILENT, textsIn } from './fake-world.test.ts'
import { SocketServer, type SocketServerOptions } from './socket-server.ts'

interface Setup {
  readonly server: SocketServer
  readonly timers: FakeTimers
  connect(from?: string): FakeStream
}

async function setup(options: Partial<SocketServerOptions> = {}): Promise<Setup> {
  const timers = new FakeTimers()
  let accept: (stream: ByteStream) => void = () => {}
  const env = {
    timers,
    clock: { now: () => timers.now, monotonic: () => timers.now },
    logger: SILENT,
    network: {
      listen: async (_address: unknown, handler: (stream: ByteStream) => void) => {
        accept = handler
        return { host: 'localhost', port: 9092, close: async () => {} }
      },
    },
  } as unknown as Env
  const server = new SocketServer({
    env,
    pool: new SlabPool({ poison: true }),
    connection: { maxFrameBytes: 1 << 20, maxInFlight: 8, bufferBytes: 1 << 20 },
    connections: { maxConnections: 1000, maxConnectionsPerIp: 1000, perIpOverrides: new Map() },
    requestBudgetBytes: 1 << 30,
    responseBudgetBytes: 1 << 30,
    maxIdleMs: 600_000,
    maxFrameStallMs: 60_000,
    admit: () => null,
    onRequest: (request) => request.respond(answer('ok')),
    ...options,
  })
  await server.listen({ name: 'PLAINTEXT', host: 'localhost', port: 9092 })
  const connect = (from = '127.0.0.1'): FakeStream => {
    const stream = new FakeStream(from)
    accept(stream)
    return stream
  }
  return { server, timers, connect }
}

test('connections that come before the server is open are read from when it is', async () => {
  const { server, timers, connect } = await setup()
  const stream = connect()
  equal(stream.isPaused, true)
  server.open()
  equal(stream.isPaused, false)
  stream.receive(frame(1))
  timers.endTurn()
  deepEqual(textsIn(stream.sent), ['ok'])
})

test('connections are bounded in all and by address, with exceptions', async () => {
  const { server, connect } = await setup({
    connections: { maxConnections: 4, maxConnectionsPerIp: 1, perIpOverrides: new Map([['10.0.0.9', 2]]) },
  })
  server.open()
  const first = connect('10.0.0.1')
  equal(connect('::ffff:10.0.0.1').isClosed, true)
  equal(connect('10.0.0.9').isClosed, false)
  equal(connect('10.0.0.9').isClosed, false)
  equal(connect('10.0.0.9').isClosed, true)
  equal(connect('10.0.0.2').isClosed, false)
  equal(connect('10.0.0.3').isClosed, true)
  first.destroy()
  equal(connect('10.0.0.1').isClosed, false)
})

test('idle connections are closed, used ones are not', async () => {
  const { server, timers, connect } = await setup({ maxIdleMs: 1000 })
  server.open()
  const idle = connect()
  const used = connect()
  for (let turn = 0; turn < 5; turn++) {
    used.receive(frame(turn))
    timers.endTurn()
    timers.advance(500)
  }
  equal(idle.isClosed, true)
  equal(used.isClosed, false)
})

test('a frame whose rest does not come closes its connection', async () => {
  const { server, timers, connect } = await setup({ maxFrameStallMs: 1000 })
  server.open()
  const stream = connect()
  stream.receive(frame(1).subarray(0, 9))
  timers.advance(3000)
  equal(stream.isClosed, true)
})

test('a peer that does not read what it asked for is cut off', async () => {
  const { server, timers, connect } = await setup({ maxIdleMs: 1000 })
  server.open()
  const stream = connect()
  stream.isStuck = true
  stream.receive(frame(1))
  timers.endTurn()
  timers.advance(3000)
  equal(stream.isClosed, true)
})

test('closing waits for what was begun, and for no longer than its time', async () => {
  const waiting: (() => void)[] = []
  const { server, timers, connect } = await setup({
    onRequest: (request) => waiting.push(() => request.respond(answer('late'))),
  })
  server.open()
  const good = connect()
  const stuck = connect()
  good.receive(frame(1))
  stuck.receive(frame(1))
  const closed = server.close(1000)
  waiting[0]!()
  timers.endTurn()
  deepEqual(textsIn(good.sent), ['late'])
  equal(good.isEnded, true)
  equal(stuck.isClosed, false)
  timers.advance(1000)
  equal(stuck.isClosed, true)
  await closed
})

test('peers that do not read are let go sooner the less memory is left, the others stay', async () => {
  const { server, timers, connect } = await setup({
    responseBudgetBytes: 1000,
    onRequest: (request) => request.respond([Buffer.alloc(request.sizeBytes)]),
  })
  server.open()
  const ask = (stream: FakeStream, bytes: number): void => {
    stream.receive(frame(1, Buffer.alloc(bytes)))
    timers.endTurn()
  }
  const reader = connect()
  const stuck = connect()
  stuck.isStuck = true
  ask(reader, 100)
  ask(stuck, 1500)
  timers.advance(20_000)
  equal(stuck.isClosed, false)
  timers.advance(20_000)
  equal(stuck.isClosed, true)
  const several = [connect(), connect(), connect()]
  for (const stream of several) {
    stream.isStuck = true
    ask(stream, 900)
  }
  timers.advance(8000)
  // When the first is gone memory is short and no longer spent.
  deepEqual(
    several.map(({ isClosed }) => isClosed),
    [true, false, false],
  )
  equal(reader.isClosed, false)
})
