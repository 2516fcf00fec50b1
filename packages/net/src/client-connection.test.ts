import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import type { ByteStream, Env } from '@ottla/env'
import {
  ApiVersionsResponse,
  apiOf,
  codecOf,
  ErrorCode,
  HeartbeatRequest,
  HeartbeatResponse,
  type Init,
  MetadataRequest,
  MetadataResponse,
  type Schema,
  Writer,
} from '@ottla/protocol'
import { ClientConnection } from './client-connection.ts'
import { ConnectionError } from './connection-error.ts'
import { FakeStream, FakeTimers, SILENT } from './fake-world.test.ts'
import { requestHeaderVersion, responseHeaderVersion } from './message-header.ts'

const HEARTBEAT = { request: HeartbeatRequest, response: HeartbeatResponse }
const METADATA = { request: MetadataRequest, response: MetadataResponse }
const SERVED = [
  { apiKey: 3, minVersion: 0, maxVersion: 9 },
  { apiKey: 12, minVersion: 0, maxVersion: 4 },
  { apiKey: 18, minVersion: 0, maxVersion: 3 },
]

interface SentRequest {
  readonly key: number
  readonly version: number
  readonly correlationId: number
}

interface Setup {
  readonly timers: FakeTimers
  readonly stream: FakeStream
  readonly connecting: Promise<ClientConnection>
  /** Requests sent since the last call. */
  sent(): SentRequest[]
  respond<R extends Schema>(to: SentRequest, schema: R, value: Init<R>, version?: number): void
}

function setup(signal?: AbortSignal): Setup {
  const timers = new FakeTimers()
  const stream = new FakeStream()
  const env = {
    timers,
    clock: { now: () => timers.now, monotonic: () => timers.now },
    logger: SILENT,
    network: { connect: async (): Promise<ByteStream> => stream },
  } as unknown as Env
  const connecting = ClientConnection.connect({
    env,
    host: 'broker',
    port: 9092,
    clientId: 'test',
    connectTimeoutMs: 1000,
    requestTimeoutMs: 5000,
    softwareName: 'ottla',
    softwareVersion: '0.1.0',
    ...(signal === undefined ? {} : { signal }),
  })
  const sent = (): SentRequest[] => {
    timers.endTurn()
    const bytes = Buffer.concat(stream.writes.splice(0))
    const requests: SentRequest[] = []
    for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
      const [key, version] = [bytes.readInt16BE(at + 4), bytes.readInt16BE(at + 6)]
      requests.push({ key, version, correlationId: bytes.readInt32BE(at + 8) })
    }
    return requests
  }
  const respond: Setup['respond'] = (to, schema, value, version = to.version) => {
    const writer = new Writer()
    writer.int32(0)
    writer.int32(to.correlationId)
    if (responseHeaderVersion(schema, version) === 1) writer.uvarint(0)
    codecOf(schema, version).encode(writer, value as never)
    const frame = writer.toBuffer()
    frame.writeInt32BE(frame.length - 4, 0)
    stream.receive(frame)
  }
  return { timers, stream, connecting, sent, respond }
}

async function connected(): Promise<Setup & { connection: ClientConnection }> {
  const its = setup()
  await turn()
  const [first] = its.sent()
  its.respond(first!, ApiVersionsResponse, { apiKeys: SERVED })
  return { ...its, connection: await its.connecting }
}

/** Lets what was promised happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

test('a broker that does not know the version is asked again in one that it knows', async () => {
  const its = setup()
  await turn()
  const [first] = its.sent()
  deepEqual([first!.key, first!.version], [18, 4])
  its.respond(first!, ApiVersionsResponse, { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: SERVED }, 0)
  await turn()
  const [second] = its.sent()
  equal(second!.version, 3)
  its.respond(second!, ApiVersionsResponse, { apiKeys: SERVED })
  const connection = await its.connecting
  deepEqual(connection.peer.apis.get(3), { min: 0, max: 9 })
})

test('a connection that is given up while the broker has not said what it speaks is closed at once', async () => {
  const abort = new AbortController()
  const its = setup(abort.signal)
  await turn()
  its.sent()
  abort.abort(new Error('enough'))
  await rejects(its.connecting, /enough/)
  deepEqual([its.stream.isClosed, its.timers.waiting], [true, 0])
})

test('the highest version that both know is spoken, or less on demand', async () => {
  const { connection } = await connected()
  equal(connection.versionOf(METADATA), 9)
  equal(connection.versionOf(METADATA, 5), 5)
  throws(() => connection.versionOf({ request: { ...MetadataRequest, key: 99 }, response: MetadataResponse }), {
    code: 'UNSUPPORTED_VERSION',
  })
})

test('requests of one turn leave in one write, and each gets its own answer', async () => {
  const { connection, stream, timers, sent, respond } = await connected()
  const first = connection.request(HEARTBEAT, 4, { groupId: 'g', memberId: 'm' })
  const second = connection.request(METADATA, 9, { topics: [] })
  timers.endTurn()
  equal(stream.writes.length, 1)
  const [one, two] = sent()
  respond(one!, HeartbeatResponse, { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
  respond(two!, MetadataResponse, { clusterId: 'c' })
  equal((await first).errorCode, ErrorCode.REBALANCE_IN_PROGRESS)
  equal((await second).clusterId, 'c')
  equal(connection.inFlight, 0)
})

test('an answer that nobody is due ends the connection', async () => {
  const { connection, sent, respond } = await connected()
  const request = connection.request(HEARTBEAT, 4, { groupId: 'g', memberId: 'm' })
  const [one] = sent()
  respond({ ...one!, correlationId: one!.correlationId + 1 }, HeartbeatResponse, {})
  await rejects(request, { code: 'MALFORMED_RESPONSE' })
  equal(connection.isClosed, true)
})

test('without an answer in time the connection is over, for all that wait on it', async () => {
  const { connection, timers, sent } = await connected()
  let end: ConnectionError | undefined
  connection.onClose = (error) => {
    end = error
  }
  const slow = connection.request(HEARTBEAT, 4, { groupId: 'g', memberId: 'm' }, { timeoutMs: 100 })
  const other = connection.request(METADATA, 9, {})
  sent()
  timers.advance(100)
  await rejects(slow, { code: 'TIMEOUT', retriable: true })
  await rejects(other, { code: 'TIMEOUT' })
  equal(end?.code, 'TIMEOUT')
  await rejects(connection.request(METADATA, 9, {}), { code: 'CLOSED' })
})

test('a connection that the broker closes rejects what waits', async () => {
  const { connection, stream } = await connected()
  const request = connection.request(METADATA, 9, {})
  stream.destroy()
  await rejects(request, ConnectionError)
  equal(connection.isClosed, true)
})

test('an unreadable answer rejects its request and ends the connection', async () => {
  const { connection, stream, sent } = await connected()
  const request = connection.request(METADATA, 9, {})
  const [one] = sent()
  const bytes = Buffer.alloc(13, 0xff)
  bytes.writeInt32BE(9, 0)
  bytes.writeInt32BE(one!.correlationId, 4)
  stream.receive(bytes)
  await rejects(request, { code: 'MALFORMED_RESPONSE' })
  equal(connection.isClosed, true)
})

test('header versions are those of the API table', () => {
  for (let key = 0; key < 100; key++) {
    const api = apiOf(key)
    if (api === undefined) continue
    for (let version = api.requestVersions.min; version <= api.requestVersions.max; version++) {
      equal(requestHeaderVersion(api.request, version), api.requestHeaderVersion(version), `${api.name} ${version}`)
      equal(responseHeaderVersion(api.response, version), api.responseHeaderVersion(version), `${api.name} ${version}`)
    }
  }
})
