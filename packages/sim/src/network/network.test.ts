import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { ByteStream, NetworkError } from '@ottla/env'
import { Simulation } from '../simulation.ts'

interface Pair {
  readonly near: ByteStream
  readonly far: ByteStream
}

async function connected(simulation: Simulation): Promise<Pair> {
  let far: ByteStream | undefined
  await simulation.env('server').network.listen({ host: '', port: 9092 }, (stream) => {
    far = stream
  })
  const near = await simulation.env('client').network.connect({ host: 'server', port: 9092 })
  await simulation.until(() => far !== undefined)
  return { near, far: far as ByteStream }
}

function world(body: (simulation: Simulation) => Promise<void>, seeds = 10): () => Promise<void> {
  return async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const simulation = new Simulation({ seed })
      await simulation.run(() => body(simulation))
    }
  }
}

test(
  'a chunk belongs to the stream: after onData it holds something else',
  world(async (simulation) => {
    const { near, far } = await connected(simulation)
    let kept: Buffer | undefined
    far.onData = (chunk) => {
      kept = chunk
    }
    near.write([Buffer.from('abc')])
    await simulation.until(() => kept !== undefined)
    ok(kept?.every((byte) => byte === 0xdd))
  }),
)

test(
  'what a sender changes before it was flushed is sent changed',
  world(async (simulation) => {
    const { near, far } = await connected(simulation)
    const received: Buffer[] = []
    far.onData = (chunk) => received.push(Buffer.from(chunk))
    far.pause()
    near.write([Buffer.alloc(128 * 1024)])
    const late = Buffer.from('before')
    near.write([late])
    late.write('AFTER!')
    far.resume()
    await simulation.until(() => Buffer.concat(received).length === 128 * 1024 + 6)
    equal(Buffer.concat(received).subarray(-6).toString(), 'AFTER!')
  }),
)

test(
  'bytes on a cut link wait, arrive in order when it heals, and the other direction is not touched',
  world(async (simulation) => {
    const { near, far } = await connected(simulation)
    const received: string[] = []
    far.onData = (chunk) => received.push(chunk.toString())
    near.onData = (chunk) => received.push(chunk.toString())
    near.write([Buffer.from('a')])
    simulation.network.link('client', 'server').cut()
    near.write([Buffer.from('b')])
    far.write([Buffer.from('x')])
    await simulation.sleep(1000)
    deepEqual(
      received.filter((text) => text !== 'a'),
      ['x'],
    )
    near.write([Buffer.from('c')])
    simulation.healNetwork()
    near.write([Buffer.from('d')])
    await simulation.until(() => received.join('').replace('x', '') === 'abcd')
  }),
)

test(
  'a connection that gets nothing through for a quarter of an hour is given up',
  world(async (simulation) => {
    const { near } = await connected(simulation)
    const errors: (NetworkError | undefined)[] = []
    near.onClose = (error) => errors.push(error)
    simulation.partition(['client'], ['server'])
    near.write([Buffer.from('a')])
    await simulation.sleep(900_000)
    equal(errors.length, 0)
    await simulation.sleep(100_000)
    equal(errors[0]?.code, 'ETIMEDOUT')
  }, 2),
)

test(
  'connecting over a cut link times out, over one that heals in time succeeds',
  world(async (simulation) => {
    await connected(simulation)
    simulation.partition(['client'], ['server'])
    const { network } = simulation.env('client')
    await rejects(network.connect({ host: 'server', port: 9092 }, { timeoutMs: 50 }), { code: 'ETIMEDOUT' })
    const patient = network.connect({ host: 'server', port: 9092 }, { timeoutMs: 5000 })
    await simulation.sleep(100)
    simulation.healNetwork()
    await patient
    await rejects(network.connect({ host: 'nobody', port: 9092 }), { code: 'ENOTFOUND' })
    await rejects(network.connect({ host: 'server', port: 1 }), { code: 'ECONNREFUSED' })
  }),
)

test(
  'a crash of the process is seen by its peer, and the port refuses until somebody listens again',
  world(async (simulation) => {
    const { near } = await connected(simulation)
    let isClosed = false
    near.onClose = () => {
      isClosed = true
    }
    await simulation.crash('server', 'process')
    await simulation.until(() => isClosed)
    const { network } = simulation.env('client')
    await rejects(network.connect({ host: 'server', port: 9092 }), { code: 'ECONNREFUSED' })
    await simulation.env('server').network.listen({ host: 'server', port: 9092 }, () => {})
    await network.connect({ host: 'server', port: 9092 })
  }),
)

test(
  'a loss of power is not seen; who writes learns of it when the host is back',
  world(async (simulation) => {
    const { near } = await connected(simulation)
    const errors: (NetworkError | undefined)[] = []
    near.onClose = (error) => errors.push(error)
    await simulation.crash('server', 'power')
    near.write([Buffer.from('into the dark')])
    await simulation.sleep(100_000)
    equal(errors.length, 0)
    simulation.env('server')
    await simulation.until(() => errors.length > 0)
    equal(errors[0]?.code, 'ECONNRESET')
  }),
)

test(
  'a link has the bandwidth that it is given',
  world(async (simulation) => {
    const { near, far } = await connected(simulation)
    simulation.network.link('client', 'server').quality.bytesPerMs = 100
    let received = 0
    far.onData = (chunk) => {
      received += chunk.length
    }
    const began = simulation.now
    near.write([Buffer.alloc(10_000)])
    await simulation.until(() => received === 10_000)
    ok(simulation.now - began >= 100)
  }),
)

test(
  'hosts that are cut off one after the other come back, and nothing is lost',
  world(async (simulation) => {
    const { near, far } = await connected(simulation)
    let received = 0
    far.onData = (chunk) => {
      received += chunk.length
    }
    const swizzle = simulation.swizzle(['client', 'server'], { withinMs: 100 })
    for (let n = 0; n < 20; n++) {
      near.write([Buffer.alloc(10)])
      await simulation.sleep(10)
    }
    await swizzle
    await simulation.until(() => received === 200)
  }),
)

test(
  'connections that a firewall forgets are reset at both ends',
  world(async (simulation) => {
    const { near, far } = await connected(simulation)
    const codes: (string | undefined)[] = []
    near.onClose = (error) => codes.push(error?.code)
    far.onClose = (error) => codes.push(error?.code)
    simulation.network.breakConnections('client', 'server')
    await simulation.until(() => codes.length === 2)
    deepEqual(codes, ['ECONNRESET', 'ECONNRESET'])
  }),
)

test(
  'loopback reaches the own host alone',
  world(async (simulation) => {
    const { network } = simulation.env('server')
    await network.listen({ host: 'localhost', port: 1 }, () => {})
    await network.listen({ host: 'server', port: 2 }, () => {})
    equal((await network.connect({ host: '127.0.0.1', port: 1 })).remoteHost, '127.0.0.1')
    await rejects(network.connect({ host: 'server', port: 1 }), { code: 'ECONNREFUSED' })
    await rejects(network.connect({ host: 'localhost', port: 2 }), { code: 'ECONNREFUSED' })
    await rejects(simulation.env('client').network.connect({ host: 'localhost', port: 1 }), { code: 'ECONNREFUSED' })
    await rejects(
      network.listen({ host: 'client', port: 3 }, () => {}),
      { code: 'EADDRNOTAVAIL' },
    )
  }),
)
