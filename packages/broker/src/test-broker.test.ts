/** A broker in this process on real sockets and a folder of its own, and clients for it. Holds no tests. */
import { tmpdir } from 'node:os'
import type { TestContext } from 'node:test'
import { parseServerProperties } from '@ottla/config'
import { type ByteStream, createLogger, type LogLine } from '@ottla/env'
import { type NodeEnv, nodeEnv } from '@ottla/env/node'
import { type ApiPair, ClientConnection } from '@ottla/net'
import {
  BatchBuilder,
  type BatchOptions,
  CreateTopicsRequest,
  CreateTopicsResponse,
  FetchRequest,
  FetchResponse,
  type Init,
  ProduceRequest,
  ProduceResponse,
  type RecordInit,
  type Schema,
  type Value,
} from '@ottla/protocol'
import { SlabPool } from '@ottla/stdx'
import { countedEnv, type SystemCalls } from './counted-env.test.ts'
import { type RunningBroker, startBroker } from './start-broker.ts'

export const PRODUCE = { request: ProduceRequest, response: ProduceResponse }
export const FETCH = { request: FetchRequest, response: FetchResponse }
export const CREATE_TOPICS = { request: CreateTopicsRequest, response: CreateTopicsResponse }

export interface TestWorld {
  /** Hears the lines of the log, which nobody does otherwise. */
  readonly onLine?: (line: LogLine) => void
  /** Counts what the broker asks of the system; its clients are not counted. */
  readonly calls?: SystemCalls
  /** Its memory is what a server has, instead of a pool that overwrites what is freed. */
  readonly hasOwnPool?: true
}

export class TestBroker {
  readonly env: NodeEnv
  readonly folder: string
  /** Of the broker that runs, or ran last. */
  pool = new SlabPool()
  readonly #overrides: Readonly<Record<string, string>>
  readonly #calls: SystemCalls | undefined
  readonly #hasOwnPool: boolean
  #running: RunningBroker | null = null
  readonly #connections: ClientConnection[] = []

  private constructor(overrides: Readonly<Record<string, string>>, { onLine, calls, hasOwnPool }: TestWorld) {
    this.#calls = calls
    this.#hasOwnPool = hasOwnPool === true
    const env = nodeEnv({ logLevel: onLine === undefined ? 'fatal' : 'info', timersKeepAlive: true })
    const logger = onLine && createLogger({ levels: env.logLevels, now: () => env.clock.now(), write: onLine })
    this.env = logger === undefined ? env : { ...env, logger }
    this.folder = `${tmpdir()}/ottla-broker-test-${this.env.random.uuid()}`
    this.#overrides = overrides
  }

  /** Starts a broker that is stopped, and its folder removed, when the test is over. */
  static async start(
    t: TestContext,
    overrides: Readonly<Record<string, string>> = {},
    world: TestWorld = {},
  ): Promise<TestBroker> {
    const broker = new TestBroker(overrides, world)
    t.after(async () => {
      await broker.stop()
      await broker.env.files.removeDirectory(broker.folder)
    })
    await broker.start()
    return broker
  }

  async start(): Promise<void> {
    const fixed = { listeners: 'PLAINTEXT://localhost:0', 'log.dirs': this.folder, 'ottla.http.listener': '' }
    const settings = { ...fixed, ...this.#overrides }
    const parsed = parseServerProperties('', 'test', Object.entries(settings))
    if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.problems))
    const env = this.#calls === undefined ? this.env : countedEnv(this.env, this.#calls)
    this.pool = new SlabPool({ poison: true })
    this.#running = await startBroker(env, parsed.config, this.#hasOwnPool ? {} : { pool: this.pool })
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections.splice(0)) connection.close()
    await this.#running?.stop()
    this.#running = null
  }

  get running(): RunningBroker {
    if (this.#running === null) throw new Error('the broker does not run')
    return this.#running
  }

  get port(): number {
    return this.running.listeners[0]!.port
  }

  async connect(): Promise<ClientConnection> {
    const connection = await ClientConnection.connect({
      env: this.env,
      host: '127.0.0.1',
      port: this.port,
      clientId: 'test',
      connectTimeoutMs: 60_000,
      requestTimeoutMs: 60_000,
      softwareName: 'test',
      softwareVersion: '1',
    })
    this.#connections.push(connection)
    return connection
  }

  async connectRaw(): Promise<RawClient> {
    return new RawClient(await this.env.network.connect({ host: '127.0.0.1', port: this.port }))
  }

  /** Creates topics by an own connection; gives their ids by name. */
  async createTopics(
    topics: Readonly<Record<string, number>>,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<Map<string, string>> {
    const connection = await this.connect()
    const response = await connection.request(CREATE_TOPICS, 7, {
      topics: Object.entries(topics).map(([name, numPartitions]) => ({
        name,
        numPartitions,
        replicationFactor: 1,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: 10_000,
    })
    connection.close()
    for (const { name, errorCode, errorMessage } of response.topics) {
      if (errorCode !== 0) throw new Error(`${name}: ${errorCode} ${errorMessage}`)
    }
    return new Map(response.topics.map(({ name, topicId }) => [name, topicId]))
  }
}

/** Bytes out, bytes in. */
export class RawClient {
  readonly stream: ByteStream
  received = Buffer.alloc(0)
  isClosed = false
  #changed: () => void = () => {}

  constructor(stream: ByteStream) {
    this.stream = stream
    stream.onData = (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
      this.#changed()
    }
    stream.onClose = () => {
      this.isClosed = true
      this.#changed()
    }
  }

  send(...parts: Buffer[]): void {
    this.stream.write(parts)
  }

  async closed(): Promise<void> {
    await this.#until(() => this.isClosed)
  }

  /** Correlation ids of the first `count` responses. */
  async correlationIds(count: number): Promise<number[]> {
    const ids = (): number[] => {
      const found: number[] = []
      for (let at = 0; at + 8 <= this.received.length; at += 4 + this.received.readInt32BE(at)) {
        if (at + 4 + this.received.readInt32BE(at) > this.received.length) break
        found.push(this.received.readInt32BE(at + 4))
      }
      return found
    }
    await this.#until(() => ids().length >= count || this.isClosed)
    return ids()
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }
}

/** A whole request frame. Header version 1, or 2 when `isFlexible`. */
export function requestFrame(
  header: { key: number; version: number; correlationId: number; isFlexible?: boolean },
  body: Buffer,
): Buffer {
  const head = Buffer.alloc(header.isFlexible ? 15 : 14)
  head.writeInt32BE(head.length - 4 + body.length, 0)
  head.writeInt16BE(header.key, 4)
  head.writeInt16BE(header.version, 6)
  head.writeInt32BE(header.correlationId, 8)
  head.writeInt16BE(-1, 12)
  return Buffer.concat([head, body])
}

export function batch(records: readonly RecordInit[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder({ timestamp: Date.now(), ...options })
  for (const record of records) builder.append(record)
  return builder.build()
}

type ProduceInit = Init<typeof ProduceRequest>

/** Produces one batch to one partition; gives the partition's part of the response. */
export async function produceTo(
  connection: ClientConnection,
  to: { topic: string; partition?: number; acks?: number; version?: number },
  records: Buffer,
): Promise<Value<typeof ProduceResponse>['responses'][number]['partitionResponses'][number]> {
  const { topic, partition = 0, acks = -1, version = 12 } = to
  const request: ProduceInit = {
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  }
  const response = await connection.request(PRODUCE, version, request)
  return response.responses[0]!.partitionResponses[0]!
}

export interface FetchFrom {
  readonly topic: string
  readonly partition?: number
  readonly offset?: number
  readonly maxBytes?: number
}

/** A sessionless fetch by topic name, version 12. */
export function fetchOf(
  from: readonly FetchFrom[],
  options: Partial<Init<typeof FetchRequest>> = {},
): Init<typeof FetchRequest> {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 50 << 20,
    topics: from.map(({ topic, partition = 0, offset = 0, maxBytes = 1 << 20 }) => ({
      topic,
      partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: maxBytes }],
    })),
    ...options,
  }
}

export type { ApiPair, Schema }
