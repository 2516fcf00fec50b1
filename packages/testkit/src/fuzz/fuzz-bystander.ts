/** The well-behaved client beside the bad ones. It must be served at all times, and find what it wrote as it was. */
import type { Env } from '@ottla/env'
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  BatchBuilder,
  CreateTopicsRequest,
  CreateTopicsResponse,
  ErrorCode,
  FetchRequest,
  FetchResponse,
  MetadataRequest,
  MetadataResponse,
  ProduceRequest,
  ProduceResponse,
} from '@ottla/protocol'
import { type Address, WireConnection } from '../wire/wire-connection.ts'
import type { ServedVersions } from './frames.ts'
import { FuzzFault } from './fuzz-peer.ts'

const TIMEOUT_MS = 10_000
const BATCHES = 20
const KEPT = 'kept'
const FETCH_BYTES = 1 << 20

export class FuzzBystander {
  /** Nothing but reads may name it. */
  static readonly topic = KEPT
  readonly #env: Env
  readonly #address: Address
  #connection: WireConnection | null = null
  #written: Buffer = Buffer.alloc(0)
  #served = 0
  #topics = 0
  #topicIds: readonly string[] = []

  constructor(env: Env, address: Address) {
    this.#env = env
    this.#address = address
  }

  get served(): number {
    return this.#served
  }

  get topics(): number {
    return this.#topics
  }

  /** Of all topics but its own, as of the last look. */
  get topicIds(): readonly string[] {
    return this.#topicIds
  }

  /** Makes the topics and writes what is to be found ever after. */
  async prepare(topics: readonly string[]): Promise<void> {
    const connection = await this.#connected()
    const configs = [{ name: 'retention.ms', value: '-1' }]
    const { topics: made } = await connection.request(
      { request: CreateTopicsRequest, response: CreateTopicsResponse },
      4,
      {
        topics: [KEPT, ...topics].map((name) => ({ name, numPartitions: 1, replicationFactor: 1, configs })),
        timeoutMs: TIMEOUT_MS,
      },
    )
    for (const { name, errorCode } of made) expectNone(errorCode, `making ${name}`)
    for (let batch = 0; batch < BATCHES; batch++) await this.#write(connection, batch)
    this.#written = await this.#read()
    await this.#look()
  }

  async servedVersions(): Promise<readonly ServedVersions[]> {
    const connection = await this.#connected()
    const api = { request: ApiVersionsRequest, response: ApiVersionsResponse }
    const { apiKeys } = await connection.request(api, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
    return apiKeys
  }

  /** A look at the topics and a read, both answered as ever. */
  async serve(): Promise<void> {
    await this.#look()
    await this.readAll()
    this.#served++
  }

  /** Throws FuzzFault when what is there is not what was written. */
  async readAll(): Promise<void> {
    const found = await this.#read()
    if (!found.equals(this.#written)) {
      throw new FuzzFault(`${found.length} bytes that differ from the ${this.#written.length} that were written`)
    }
  }

  close(): void {
    this.#connection?.close()
    this.#connection = null
  }

  async #connected(): Promise<WireConnection> {
    this.#connection ??= await WireConnection.connect({
      env: this.#env,
      address: this.#address,
      clientId: 'bystander',
      timeoutMs: TIMEOUT_MS,
    })
    return this.#connection
  }

  async #write(connection: WireConnection, batch: number): Promise<void> {
    const builder = new BatchBuilder({})
    for (let at = 0; at <= batch; at++) {
      builder.append({ key: `${batch}`, value: `record ${at} of batch ${batch}`, timestamp: this.#env.clock.now() })
    }
    const partitionData = [{ index: 0, records: builder.build() }]
    const { responses } = await connection.request({ request: ProduceRequest, response: ProduceResponse }, 7, {
      acks: -1,
      timeoutMs: TIMEOUT_MS,
      topicData: [{ name: KEPT, partitionData }],
    })
    expectNone(responses[0]?.partitionResponses[0]?.errorCode, 'the write')
  }

  async #read(): Promise<Buffer> {
    const connection = await this.#connected()
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: FETCH_BYTES }]
    const { responses } = await connection.request({ request: FetchRequest, response: FetchResponse }, 4, {
      maxWaitMs: 1000,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic: KEPT, partitions }],
    })
    const partition = responses[0]?.partitions[0]
    expectNone(partition?.errorCode, 'the read')
    return Buffer.from(partition?.records ?? Buffer.alloc(0))
  }

  async #look(): Promise<void> {
    const connection = await this.#connected()
    const api = { request: MetadataRequest, response: MetadataResponse }
    const { topics } = await connection.request(api, 12, { topics: null })
    this.#topics = topics.length
    this.#topicIds = topics.filter(({ name }) => name !== KEPT).map(({ topicId }) => topicId)
  }
}

function expectNone(errorCode: number | undefined, what: string): void {
  if (errorCode !== ErrorCode.NONE) throw new FuzzFault(`${what} ended with error ${errorCode}`)
}
