/**
 * What strangers, broken clients and attackers send: slow, huge, lying, never reading, by the thousand. Every time the server stays up,
 * its memory stays flat, its log says what happened in few lines, and a good client beside is served all the while.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '../clients/tools/report.mjs'
import { expectEqual, expectMatch, pause, runCases, until } from './support/cases.mjs'
import { metadataRequest, RawConnection, request, sizeField } from './support/raw.mjs'
import { freePort, makeFolder, plainSettings, startServer } from './support/server.mjs'
import { batchOf, bombBatch, connect, errorName, fetchRequest, produceRequest, seal } from './support/wire.mjs'

const MIB = 1 << 20
const SAMPLE_MS = 50
const TOPIC = 'good'

/** A client that produces and reads beside, and a record of how long that took and of the server's memory. */
class Bystander {
  times = []
  peakBytes = 0
  failure = null
  #isOver = false
  #running
  #sampling

  constructor(c, server, client) {
    c.defer(() => this.#end())
    this.#sampling = setInterval(() => {
      if (server.isRunning) this.peakBytes = Math.max(this.peakBytes, server.residentBytes)
    }, SAMPLE_MS)
    this.#running = this.#run(client)
  }

  async stop() {
    this.#end()
    await this.#running
  }

  #end() {
    this.#isOver = true
    clearInterval(this.#sampling)
  }

  async #run(client) {
    for (let number = 0; !this.#isOver && this.failure === null; number += 1) {
      const startedAt = performance.now()
      try {
        const { errorCode, baseOffset } = await client.produce(TOPIC, [`good-${number}`])
        expect(errorCode === 0, `produce: ${errorName(errorCode)}`)
        const [record] = await client.read(TOPIC, { offset: baseOffset })
        expect(record.value === `good-${number}`, `read ${record.value}`)
      } catch (error) {
        this.failure = error
      }
      this.times.push(performance.now() - startedAt)
      await pause(20)
    }
  }
}

/**
 * Runs `attack` against a server with a good client beside, then checks: it runs, its memory grew by at most `growth` MiB, the good
 * client was served without a failure and never waited longer than `waitMs`.
 */
async function attacked(c, { growth, waitMs = 2000, settings = {}, prepare }, attack) {
  const folder = makeFolder(c)
  const port = await freePort()
  const all = plainSettings(port, join(folder, 'data'), settings)
  const server = await startServer(c, folder, all)
  const client = await connect(c, port)
  await client.create(TOPIC)
  await prepare?.({ port, client })
  const bystander = new Bystander(c, server, client)
  await until(() => bystander.times.length > 20, 'the good client is served')
  const atRest = server.residentBytes
  const filesAtRest = openFiles(server)
  bystander.times = []
  bystander.peakBytes = 0
  await attack({ port, server })
  const served = bystander.times.length
  await until(
    () => bystander.times.length > served + 20 || bystander.failure !== null,
    'the good client is served afterwards',
  )
  await bystander.stop()
  if (bystander.failure !== null) throw bystander.failure
  expect(server.isRunning, `the server ended: ${server.output.slice(-300)}`)
  const grown = (bystander.peakBytes - atRest) / MIB
  const times = bystander.times.sort((a, b) => a - b)
  const longest = times.at(-1)
  console.error(
    `  memory ${(atRest / MIB).toFixed(0)} + ${grown.toFixed(0)} MiB; good client: ${times.length} rounds, median ${times[times.length >> 1].toFixed(0)} ms, longest ${longest.toFixed(0)} ms; log ${server.stdout.split('\n').length} lines`,
  )
  expect(grown <= growth, `memory grew by ${grown.toFixed(0)} MiB, more than ${growth}`)
  expect(longest <= waitMs, `the good client waited ${longest.toFixed(0)} ms`)
  await until(
    () => openFiles(server) <= filesAtRest + 20,
    () => `descriptors are given back (${openFiles(server)}, at rest ${filesAtRest})`,
  )
  expectEqual((await server.stop()).code, 0, 'exit code')
  return server
}

function openFiles(server) {
  return readdirSync(`/proc/${server.pid}/fd`).length
}

/** Opens connections, some at a time. */
async function openMany(c, port, count, options) {
  const connections = []
  while (connections.length < count) {
    const some = Array.from({ length: Math.min(100, count - connections.length) }, () =>
      RawConnection.open(c, port, options),
    )
    connections.push(...(await Promise.all(some)))
  }
  return connections
}

/** Sends each of the bytes to a connection of its own; all must be closed by the server without an answer. */
async function closesAll(c, port, payloads) {
  for (let at = 0; at < payloads.length; at += 100) {
    const some = payloads.slice(at, at + 100)
    const connections = await openMany(c, port, some.length)
    await Promise.all(connections.map((connection, i) => connection.send(some[i])))
    await Promise.all(
      connections.map((connection, i) => connection.closed(`closed after ${some[i].subarray(0, 20).toString('hex')}`)),
    )
    expectEqual(
      connections.map(({ receivedBytes }) => receivedBytes).filter((bytes) => bytes > 0),
      [],
      'bytes answered to strangers',
    )
  }
}

async function byteByByte(c) {
  await attacked(c, { growth: 40 }, async ({ port }) => {
    const connections = await openMany(c, port, 100)
    const frame = Buffer.concat([metadataRequest(7), metadataRequest(8)])
    for (const byte of frame) {
      for (const connection of connections) connection.socket.write(Buffer.from([byte]))
      await pause(10)
    }
    await until(
      () => connections.every(({ correlationIds }) => correlationIds.length === 2),
      'all slow clients are answered',
    )
    for (const connection of connections) connection.close()
  })
}

async function halfFrames(c) {
  const settings = { 'connections.max.idle.ms': '3000' }
  const server = await attacked(c, { growth: 60, settings }, async ({ port, server }) => {
    const begun = await openMany(c, port, 500)
    await Promise.all(begun.map((connection) => connection.send(metadataRequest(1).subarray(0, 9))))
    const claims = await openMany(c, port, 1000)
    const claim = request({ key: 0, version: 9, size: 100 * MIB })
    await Promise.all(claims.map((connection) => connection.send(claim)))
    await Promise.all([...begun, ...claims].map((connection) => connection.closed()))
    void server
  })
  expectMatch(server.stdout, /connection closed.*the rest of a request did not arrive in time/)
}

async function idle(c) {
  await attacked(c, { growth: 120 }, async ({ port }) => {
    const connections = await openMany(c, port, 5000)
    await Promise.all(connections.map((connection, i) => connection.send(metadataRequest(i))))
    await until(
      () => connections.every(({ correlationIds }) => correlationIds.length === 1),
      'all are answered',
      60_000,
    )
    await pause(2000)
    await Promise.all(connections.map((connection) => connection.send(metadataRequest(1))))
    await until(
      () => connections.every(({ correlationIds }) => correlationIds.length === 2),
      'all are answered again',
      60_000,
    )
    for (const connection of connections) connection.close()
  })
}

/** Fills a topic with `mib` of records that do not shrink. */
async function fillTopic(client, topic, mib) {
  await client.create(topic)
  for (let i = 0; i < mib; i += 1) {
    const { errorCode } = await client.produce(topic, [`${i}`.padEnd(MIB - 4096, 'z')])
    expect(errorCode === 0, `filling: ${errorName(errorCode)}`)
  }
}

/** Each asks for the same megabytes again and again and takes none of them. */
async function neverReading(c, { connections: count, settings, growth, minBytes = 1, says }) {
  const prepare = ({ client }) => fillTopic(client, 'large', 64)
  await attacked(c, { growth, settings, prepare, waitMs: 4000 }, async ({ port, server }) => {
    const connections = await openMany(c, port, count)
    for (const connection of connections) connection.stopReading()
    const fetches = Array.from({ length: 50 }, (_, i) =>
      fetchRequest('large', { correlationId: i, offset: (i * 7) % 56, maxBytes: 8 * MIB, minBytes }),
    )
    const all = Buffer.concat(fetches)
    for (const connection of connections) connection.socket.write(all)
    if (says === undefined) await pause(8000)
    else await until(() => says.test(server.stdout), `the log has ${says}`)
    for (const connection of connections) connection.close()
  })
}

async function pipelined(c) {
  await attacked(c, { growth: 80 }, async ({ port }) => {
    const connections = await openMany(c, port, 10)
    const all = Buffer.concat(Array.from({ length: 1000 }, (_, i) => metadataRequest(i)))
    await Promise.all(connections.map((connection) => connection.send(all)))
    for (const connection of connections) {
      await until(
        () => connection.correlationIds.length === 1000,
        () => `1000 answers (${connection.correlationIds.length})`,
      )
      expectEqual(
        connection.correlationIds.findIndex((id, i) => id !== i),
        -1,
        'first answer out of order',
      )
      connection.close()
    }
    const producer = await RawConnection.open(c, port)
    const batches = Array.from({ length: 1000 }, (_, i) =>
      produceRequest(TOPIC, batchOf([`piped-${i}`]), { correlationId: i }),
    )
    await producer.send(Buffer.concat(batches))
    await until(
      () => producer.correlationIds.length === 1000,
      () => `1000 acknowledgements (${producer.correlationIds.length})`,
    )
    producer.close()
  })
}

async function churn(c) {
  await attacked(c, { growth: 60 }, async ({ port }) => {
    for (let round = 0; round < 40; round += 1) {
      const connections = await openMany(c, port, 100)
      connections.forEach((connection, i) => {
        if (i % 4 === 0) connection.socket.write(metadataRequest(i))
        if (i % 4 === 1) connection.socket.write(metadataRequest(i).subarray(0, 7))
        if (i % 4 === 2) connection.reset()
      })
      if (round % 2 === 0) await pause(5)
      for (const connection of connections) connection.close()
    }
  })
}

const strangers = [
  ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', /an HTTP request/],
  ['POST /topics HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', /an HTTP request/],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /an HTTP request/],
  ['SSH-2.0-OpenSSH_9.2\r\n', /an SSH client/],
  ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(517, '\x00'), /a TLS client hello/],
  ['\x15\x03\x03\x00\x02\x02\x28', /a TLS alert/],
]

async function otherProtocols(c) {
  const server = await attacked(c, { growth: 40 }, ({ port }) =>
    closesAll(
      c,
      port,
      strangers.map(([text]) => Buffer.from(text, 'latin1')),
    ),
  )
  for (const [, says] of strangers) expectMatch(server.stdout, says)
  const line = /WARN .*connection closed from=127\.0\.0\.1:\d+ listener=PLAINTEXT reason=.*HTTP/
  expectMatch(server.stdout, line)
}

async function garbage(c) {
  const server = await attacked(c, { growth: 60 }, async ({ port }) => {
    let seed = 1
    const next = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16
    const payloads = Array.from({ length: 3000 }, () => {
      const bytes = Buffer.from(Array.from({ length: 16 + (next() % 200) }, () => next() & 0xff))
      // A size that can be, so that what follows is looked at.
      if (next() % 2 === 0) bytes.writeInt32BE(bytes.length - 4, 0)
      else bytes.writeUInt8(bytes.readUInt8(0) | 0x10, 0)
      // No Produce with acks=0, which is not answered; no key that is served.
      bytes.writeInt16BE(-1 - (next() % 1000), 4)
      return bytes
    })
    await closesAll(c, port, payloads)
  })
  const lines = server.stdout.split('\n').filter((line) => /connection closed/.test(line))
  expect(lines.length < 400, `${lines.length} lines for 3000 strangers`)
  expectMatch(server.stdout, /leftOut=\d+/)
}

const text = (value, length = value.length) => {
  const bytes = Buffer.alloc(2 + value.length)
  bytes.writeInt16BE(length)
  bytes.write(value, 2)
  return bytes
}

/** Frames that say something about their lengths that is not so. */
const lies = [
  ...[-1, -(2 ** 31), 0, 1, 3, 7, 2 ** 31 - 1, 104_857_601].map((value) =>
    Buffer.concat([sizeField(value), Buffer.alloc(8)]),
  ),
  // The client id is longer than the frame.
  Buffer.from('0000000e000300010000000174007fff6161', 'hex'),
  // Topics: more than the frame could hold; a negative count where none may be; a topic longer than the frame.
  request({ key: 3, version: 1 }, sizeField(2 ** 31 - 1)),
  request({ key: 1, version: 4 }, Buffer.concat([Buffer.alloc(17), sizeField(-5)])),
  request({ key: 3, version: 1 }, Buffer.concat([sizeField(1), text('abc', 30_000)])),
  request(
    { key: 19, version: 2 },
    Buffer.concat([sizeField(1), text('abc'), sizeField(1), Buffer.alloc(2), sizeField(2 ** 30)]),
  ),
  // Flexible: a varint without end, a compact count beyond the frame, tags that are not there.
  request({ key: 3, version: 9, flexible: true }, Buffer.alloc(20, 0xff)),
  request({ key: 3, version: 9, flexible: true }, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])),
  request({ key: 60, version: 0, flexible: true }, Buffer.from([1, 0xff, 0xff, 0x03])),
  // Produce whose records are longer than the frame.
  produceRequest('good', batchOf(['x']), { correlationId: 1, recordsSize: 2 ** 31 - 1 }),
  // Versions and keys that are not there.
  request({ key: 0, version: 1 }, Buffer.alloc(4)),
  request({ key: 3, version: -1 }, Buffer.alloc(4)),
  request({ key: 999, version: 0 }, Buffer.alloc(4)),
]

async function lyingFrames(c) {
  const settings = { 'connections.max.idle.ms': '2000' }
  const server = await attacked(c, { growth: 60, settings }, async ({ port }) => {
    for (let round = 0; round < 20; round += 1) await closesAll(c, port, lies)
  })
  for (const says of [/negative frame size -1/, /too small for a message/, /over the limit of 104857600 bytes/]) {
    expectMatch(server.stdout, says)
  }
  expectMatch(server.stdout, /malformed Metadata request/)
  expectMatch(server.stdout, /unknown API key 999/)
  expectMatch(server.stdout, /Produce request of version 1; versions 3 to \d+ are served/)
}

/** Batches that are not what their headers say, and the code of each. `sealed`: the checksum is right, the content is not. */
const badBatches = [
  ['CORRUPT_MESSAGE', (batch) => batch.writeUInt8(batch.readUInt8(70) ^ 1, 70)],
  ['CORRUPT_MESSAGE', (batch) => batch.writeUInt32BE(0, 17)],
  ['INVALID_RECORD', (batch) => batch.writeUInt8(1, 16)],
  ['CORRUPT_MESSAGE', (batch) => batch.writeUInt8(9, 16)],
  ['INVALID_RECORD', (batch) => batch.writeBigInt64BE(5n, 0)],
  ['INVALID_RECORD', (batch) => batch.writeInt16BE(0x20, 21), 'sealed'],
  ['INVALID_RECORD', (batch) => batch.writeInt32BE(7, 23), 'sealed'],
  ['INVALID_RECORD', (batch) => batch.writeInt32BE(1000, 57), 'sealed'],
  ['INVALID_RECORD', (batch) => batch.writeInt32BE(-1, 57), 'sealed'],
  [/./, (batch) => batch.writeInt16BE(7, 21), 'sealed'],
  [/./, (batch) => batch.writeInt32BE(2 ** 31 - 1, 8)],
  [/./, (batch) => batch.writeInt32BE(-1, 8)],
  [/./, (batch) => batch.writeInt32BE(20, 8)],
]

async function corruptBatches(c) {
  await attacked(c, { growth: 40 }, async ({ port }) => {
    const client = await connect(c, port)
    await client.create('clean')
    await client.produce('clean', ['first'])
    for (const [expected, spoil, sealed] of badBatches) {
      const batch = Buffer.from(batchOf(['a', 'b', 'c']))
      spoil(batch)
      if (sealed !== undefined) seal(batch)
      const { errorCode } = await client.produce('clean', [], { batch })
      const name = errorName(errorCode)
      const isRight = typeof expected === 'string' ? name === expected : errorCode > 0
      expect(isRight, `${spoil} was answered with ${name}, expected ${expected}`)
    }
    const cut = batchOf(['a'])
    for (const length of [0, 1, 12, 60, cut.length - 1]) {
      const { errorCode } = await client.produce('clean', [], { batch: cut.subarray(0, length) })
      expect(errorCode > 0, `${length} bytes of a batch were taken`)
    }
    expectEqual(
      (await client.read('clean')).map(({ value }) => value),
      ['first'],
      'records that are there',
    )
  })
}

/** A client that says all that it wants and shuts its side is answered. */
async function halfClosed(c) {
  await attacked(c, { growth: 40 }, async ({ port }) => {
    const connections = await openMany(c, port, 200)
    for (const connection of connections) connection.socket.end(Buffer.concat([metadataRequest(1), metadataRequest(2)]))
    await Promise.all(connections.map((connection) => connection.closed()))
    for (const { correlationIds } of connections)
      expectEqual(correlationIds, [1, 2], 'answers to a client that shut its side')
  })
}

/** Millions of the smallest elements in the largest frames. */
async function hugeArrays(c) {
  const frame = 100 * MIB
  const arrays = [
    // Metadata: names of no letter. OffsetFetch, DescribeGroups, DeleteTopics, FindCoordinator alike.
    [3, 1, Buffer.concat([sizeField((frame - 18) / 2), Buffer.alloc(frame - 18)])],
    [15, 0, Buffer.concat([sizeField((frame - 18) / 2), Buffer.alloc(frame - 18)])],
    [1, 4, Buffer.concat([Buffer.alloc(17), sizeField(Math.floor((frame - 40) / 6)), Buffer.alloc(frame - 40)])],
    [2, 1, Buffer.concat([Buffer.alloc(4), sizeField(Math.floor((frame - 40) / 6)), Buffer.alloc(frame - 40)])],
    [
      0,
      7,
      Buffer.concat([
        Buffer.from('ffffffff00001000', 'hex'),
        sizeField(Math.floor((frame - 40) / 6)),
        Buffer.alloc(frame - 40),
      ]),
    ],
  ]
  const server = await attacked(c, { growth: 600, waitMs: 5000 }, async ({ port }) => {
    for (const [key, version, body] of arrays) {
      const connection = await RawConnection.open(c, port)
      await connection.send(request({ key, version }, body))
      await connection.closed(`request ${key} with millions of elements is refused`, 60_000)
    }
  })
  expectMatch(server.stdout, /malformed .*(elements|entries|budget)/)
}

async function oversize(c) {
  await attacked(c, { growth: 420, waitMs: 4000 }, async ({ port }) => {
    // The largest frames that are allowed, many at once: refused by the topic's limit, after they were received.
    const value = 'v'.repeat(90 * MIB)
    const frame = produceRequest(TOPIC, batchOf([value]), { correlationId: 3 })
    const connections = await openMany(c, port, 12)
    await Promise.all(connections.map((connection) => connection.send(frame)))
    await until(
      () => connections.every(({ correlationIds }) => correlationIds.length === 1),
      'all are answered',
      120_000,
    )
    for (const connection of connections) {
      expectMatch(errorName(connection.head.readInt16BE(8 + 4 + 2 + TOPIC.length + 4 + 4)), /MESSAGE_TOO_LARGE/)
      connection.close()
    }
    // And beyond.
    const connection = await RawConnection.open(c, port)
    await connection.send(Buffer.concat([sizeField(101 * MIB), Buffer.alloc(MIB)]))
    await connection.closed()
  })
}

/** Less than a megabyte that unpacks to a gigabyte, where the broker must look inside. */
async function bombs(c) {
  const prepare = ({ client }) => client.create('packed', { configs: { 'compression.type': 'zstd' } })
  const batch = bombBatch(900)
  await attacked(c, { growth: 300, waitMs: 4000, prepare }, async ({ port }) => {
    const client = await connect(c, port)
    for (let i = 0; i < 10; i += 1) {
      const { errorCode } = await client.produce('packed', [], { batch })
      expectEqual(errorName(errorCode), 'MESSAGE_TOO_LARGE', 'error of a batch that unpacks to 900 MiB')
      await pause(20)
    }
  })
}

await runCases('input', [
  ['requests that come a byte every 10 ms are answered', byteByByte],
  [
    '1,500 connections that stop in the middle of a request are closed in time, and what they claimed costs nothing',
    halfFrames,
  ],
  ['5,000 idle connections', idle],
  [
    'clients that fetch from the tail and never read',
    (c) => neverReading(c, { connections: 100, settings: {}, growth: 350 }),
  ],
  [
    'clients that fetch from the disk and never read',
    (c) => neverReading(c, { connections: 100, settings: { 'ottla.tail.budget.bytes': '0' }, growth: 500 }),
  ],
  [
    '400 clients that fetch with a minimum of bytes and never read are let go when memory is spent',
    (c) => {
      const settings = { 'ottla.tail.budget.bytes': '0', 'ottla.process.budget.bytes': `${64 * MIB}` }
      return neverReading(c, {
        connections: 400,
        minBytes: 4 * MIB,
        settings,
        growth: 600,
        says: /the peer does not read its responses/,
      })
    },
  ],
  ['1,000 requests in one write are answered in order', pipelined],
  ['clients that shut their side after the request', halfClosed],
  ['4,000 connections come and go, with resets and half requests', churn],
  ['HTTP, TLS and SSH are named in the log', otherProtocols],
  ['3,000 connections send garbage, and the log stays short', garbage],
  ['frames that lie about their lengths', lyingFrames],
  ['corrupt and mislabelled batches are refused with their codes, and nothing is appended', corruptBatches],
  ['frames of 100 MiB that hold millions of elements', hugeArrays],
  ['frames of the largest size, many at once', oversize],
  ['batches that unpack to a gigabyte', bombs],
])
