/**
 * A cluster of fake brokers on the hosts of a simulation: just enough of Metadata, Produce, Fetch, ListOffsets and
 * InitProducerId to test a client, strict about sequences, with faults on demand. Holds no tests.
 */
import type { ByteStream, Env } from '@ottla/env'
import { requestHeaderVersion, responseHeaderVersion, skipTags } from '@ottla/net'
import {
  baseSequence,
  codecOf,
  ErrorCode,
  type Init,
  lastOffset,
  producerEpoch,
  producerId,
  Reader,
  type RecordHeader,
  readRecords,
  recordCount,
  type Schema,
  setBaseOffset,
  sizeInBytes,
  type Value,
  Writer,
  ZERO_UUID,
} from '@ottla/protocol'
import type { Simulation } from '@ottla/sim'
import * as apis from './apis.ts'
import { type FakeSaslOptions, FakeSaslState } from './security/fake-sasl.test.ts'

/** What happens to a request: nothing special, an error in each partition, or the end of its connection. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'error'; readonly code: number }
  /** The connection ends before the request takes effect. */
  | { readonly kind: 'lost-request' }
  /** The request takes effect, and the connection ends before the answer. */
  | { readonly kind: 'lost-answer' }

export const NO_FAULT: Fault = { kind: 'none' }

interface KnownProducer {
  epoch: number
  /** Of the last record; -1: none. */
  lastSequence: number
  /** Last batches, newest last: first sequence and base offset. */
  recent: { baseSequence: number; baseOffset: number }[]
}

export class FakePartition {
  leader: number
  leaderEpoch = 0
  readonly batches: Buffer[] = []
  endOffset = 0
  startOffset = 0
  readonly producers = new Map<number, KnownProducer>()
  /** Brokers that have it too, and how far. */
  readonly followers = new Map<number, { endOffset: number }>()

  constructor(leader: number) {
    this.leader = leader
  }

  /** Appends a batch as a broker would; gives the error code and the base offset. */
  append(records: Buffer): { errorCode: number; baseOffset: number } {
    const id = producerId(records, 0)
    if (id >= 0) {
      const fault = this.#checkSequence(id, records)
      if (fault !== null) return fault
    }
    const batch = Buffer.from(records)
    const baseOffset = this.endOffset
    setBaseOffset(batch, 0, baseOffset)
    this.batches.push(batch)
    this.endOffset += recordCount(batch, 0)
    return { errorCode: ErrorCode.NONE, baseOffset }
  }

  /** Whole batches from the one that holds the offset. */
  read(offset: number, endOffset = this.endOffset): Buffer {
    const isIn = (batch: Buffer) => lastOffset(batch, 0) >= offset && lastOffset(batch, 0) < endOffset
    return Buffer.concat(this.batches.filter(isIn))
  }

  values(): string[] {
    return this.batches.flatMap((batch) => [...readRecords(batch)].map(({ value }) => String(value)))
  }

  headers(): (readonly RecordHeader[])[] {
    return this.batches.flatMap((batch) => [...readRecords(batch)].map(({ headers }) => headers))
  }

  #checkSequence(id: number, records: Buffer): { errorCode: number; baseOffset: number } | null {
    const first = baseSequence(records, 0)
    const epoch = producerEpoch(records, 0)
    let known = this.producers.get(id)
    if (known !== undefined && epoch < known.epoch)
      return { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 }
    if (known === undefined || epoch > known.epoch) {
      // Apache Kafka takes up a producer that it does not know with any sequence (KIP-360), and the next epoch of one only from the start.
      if (known !== undefined && first !== 0) {
        return { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 }
      }
      known = { epoch, lastSequence: first - 1, recent: [] }
      this.producers.set(id, known)
    }
    const duplicate = known.recent.find((batch) => batch.baseSequence === first)
    if (duplicate !== undefined) return { errorCode: ErrorCode.NONE, baseOffset: duplicate.baseOffset }
    if (first !== known.lastSequence + 1) {
      return { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 }
    }
    known.lastSequence += recordCount(records, 0)
    known.recent.push({ baseSequence: first, baseOffset: this.endOffset })
    if (known.recent.length > 5) known.recent.shift()
    return null
  }
}

export interface FakeTopic {
  readonly name: string
  readonly id: string
  readonly partitions: FakePartition[]
}

const PORT = 9092
const SERVED = Object.values(apis)
  .map((api) => api.request as Schema)
  .filter(({ name }) =>
    /^(Metadata|Produce|Fetch|ListOffsets|InitProducerId|SaslHandshake|SaslAuthenticate)Request$/.test(name),
  )

export class FakeCluster {
  readonly simulation: Simulation
  readonly brokerIds: readonly number[]
  readonly topics = new Map<string, FakeTopic>()
  /** Asked for each request. */
  fault: (apiName: string, brokerId: number) => Fault = () => NO_FAULT
  /** Asked for each batch; a code refuses it. */
  refuse: (batch: Buffer, partition: FakePartition) => number = () => ErrorCode.NONE
  /** Names of requests, in the order of arrival. */
  readonly requests: string[] = []
  /** Brokers that gave records, in order. */
  readonly readFrom: number[] = []
  /** By broker: the leader names a follower in the rack of who fetches. */
  readonly racks = new Map<number, string>()
  /** Brokers without topic ids: versions as in Kafka 2.4. */
  isOld = false
  /** What brokers say of themselves: the id of the cluster, and who belongs to it. Default: one cluster of all. */
  describe: (brokerId: number) => { clusterId: string; brokerIds: readonly number[]; errorCode?: number } | null = () =>
    null
  /** Whom the brokers serve. Default: everybody. */
  sasl: Omit<FakeSaslOptions, 'now'> | null = null
  /** What the connections know of their clients, in the order in which they were made. */
  readonly sessions: FakeSaslState[] = []
  /** Further APIs that the brokers serve, by name: what they answer to a request of a version. */
  readonly served = new Map<string, (body: never, version: number) => unknown>()
  /** Names of requests that came where none was due. */
  readonly trespasses: string[] = []
  /** Kafka answers a fetch without new data after maxWaitMs. */
  #nextProducerId = 100
  readonly #waiting = new Set<() => void>()

  constructor(simulation: Simulation, brokerCount: number) {
    this.simulation = simulation
    this.brokerIds = Array.from({ length: brokerCount }, (_, index) => index + 1)
  }

  get bootstrapServers(): string {
    return this.brokerIds.map((id) => `b${id}:${PORT}`).join(',')
  }

  async start(): Promise<void> {
    for (const id of this.brokerIds) await this.startBroker(id)
  }

  async startBroker(id: number): Promise<void> {
    const { env } = this.simulation.host(`b${id}`).start()
    await env.network.listen({ host: '', port: PORT }, (stream) => {
      new FakeConnection(this, { id, env, stream })
    })
  }

  createTopic(name: string, partitionCount: number): FakeTopic {
    const partitions = Array.from(
      { length: partitionCount },
      (_, index) => new FakePartition(this.brokerIds[index % this.brokerIds.length]!),
    )
    const id = this.isOld ? ZERO_UUID : Buffer.from(name.padEnd(16, '-')).toString('base64url')
    const topic = { name, id, partitions }
    this.topics.set(name, topic)
    return topic
  }

  /** Another broker leads the partition from now on. */
  moveLeader(partition: FakePartition): void {
    const at = this.brokerIds.indexOf(partition.leader)
    partition.leader = this.brokerIds[(at + 1) % this.brokerIds.length]!
    partition.leaderEpoch += 1
  }

  newProducerId(): number {
    this.#nextProducerId += 1
    return this.#nextProducerId
  }

  topicOf(named: { name?: string; topicId: string }): FakeTopic | undefined {
    if (named.name !== undefined && named.name !== '') return this.topics.get(named.name)
    return [...this.topics.values()].find(({ id }) => id === named.topicId)
  }

  /** Resolves when a record is appended, or after the time. */
  async appended(env: Env, timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = env.timers.after(timeoutMs, () => wake())
      const wake = () => {
        timer.cancel()
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
    })
  }

  wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}

interface Place {
  readonly id: number
  readonly env: Env
  readonly stream: ByteStream
}

/** Answers the requests of one connection, one after the other. */
class FakeConnection {
  readonly #cluster: FakeCluster
  readonly #place: Place
  #received = Buffer.alloc(0)
  #last: Promise<void> = Promise.resolve()
  readonly #session: FakeSaslState | null

  constructor(cluster: FakeCluster, place: Place) {
    this.#cluster = cluster
    this.#place = place
    const now = () => place.env.clock.monotonic()
    this.#session = cluster.sasl === null ? null : new FakeSaslState({ ...cluster.sasl, now })
    if (this.#session !== null) cluster.sessions.push(this.#session)
    place.stream.onData = (chunk) => this.#receive(chunk)
    place.stream.onDrain = () => {}
    place.stream.onClose = () => {}
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const frame = Buffer.from(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
      this.#last = this.#last.then(() => this.#answer(frame))
    }
  }

  async #answer(frame: Buffer): Promise<void> {
    const reader = new Reader(frame)
    const key = reader.int16()
    const version = reader.int16()
    const correlationId = reader.int32()
    if (key === 18) {
      this.#send(apiVersionsAnswer(correlationId, this.#cluster))
      return
    }
    const api = Object.values(apis).find(({ request }) => request.key === key)!
    const { request, response } = api as { request: Schema; response: Schema }
    if (requestHeaderVersion(request, version) >= 1) reader.nullableString()
    if (requestHeaderVersion(request, version) >= 2) skipTags(reader)
    const body = codecOf(request, version).decode(reader)
    const name = request.name.replace('Request', '')
    if (!name.startsWith('Sasl') && this.#session?.isOpen === false) {
      this.#cluster.trespasses.push(name)
      this.#place.stream.destroy()
      return
    }
    this.#cluster.requests.push(name)
    const fault = this.#cluster.fault(name, this.#place.id)
    if (fault.kind === 'lost-request') {
      this.#place.stream.destroy()
      return
    }
    const own = this.#cluster.served.get(name)
    const code = fault.kind === 'error' ? fault.code : ErrorCode.NONE
    const answer = own === undefined ? await this.#handle(name, body, code) : own(body as never, version)
    if (fault.kind === 'lost-answer') {
      this.#place.stream.destroy()
      return
    }
    const writer = new Writer()
    writer.int32(0)
    writer.int32(correlationId)
    if (responseHeaderVersion(response, version) >= 1) writer.uvarint(0)
    codecOf(response, version).encode(writer, answer as never)
    const bytes = writer.toBuffer()
    bytes.writeInt32BE(bytes.length - 4, 0)
    this.#send(bytes)
  }

  #send(bytes: Buffer): void {
    this.#place.stream.write([bytes])
  }

  async #handle(name: string, body: unknown, code: number): Promise<unknown> {
    switch (name) {
      case 'Metadata':
        return this.#metadata(body as Value<typeof apis.METADATA.request>)
      case 'Produce':
        return this.#produce(body as Value<typeof apis.PRODUCE.request>, code)
      case 'Fetch':
        return await this.#fetch(body as Value<typeof apis.FETCH.request>, code)
      case 'ListOffsets':
        return this.#listOffsets(body as Value<typeof apis.LIST_OFFSETS.request>, code)
      case 'InitProducerId':
        return { errorCode: code, producerId: this.#cluster.newProducerId(), producerEpoch: 0 }
      case 'SaslHandshake': {
        const handshake = body as Value<typeof apis.SASL_HANDSHAKE.request>
        return this.#session?.handshake(handshake) ?? { errorCode: ErrorCode.ILLEGAL_SASL_STATE }
      }
      case 'SaslAuthenticate':
        return this.#session!.authenticate(body as Value<typeof apis.SASL_AUTHENTICATE.request>)
      default:
        throw new Error(`the fake broker does not serve ${name}`)
    }
  }

  #metadata({ topics }: Value<typeof apis.METADATA.request>): Init<typeof apis.METADATA.response> {
    const { topics: known, racks } = this.#cluster
    const all = { clusterId: 'fake', brokerIds: this.#cluster.brokerIds, errorCode: ErrorCode.NONE as number }
    const { clusterId, brokerIds, errorCode } = { ...all, ...this.#cluster.describe(this.#place.id) }
    if (errorCode !== ErrorCode.NONE) return { errorCode }
    const names = topics === null ? [...known.keys()] : topics.map(({ name }) => name ?? '')
    return {
      clusterId,
      controllerId: 1,
      brokers: brokerIds.map((id) => ({ nodeId: id, host: `b${id}`, port: PORT, rack: racks.get(id) ?? null })),
      topics: names.map((name) => {
        const topic = known.get(name)
        if (topic === undefined) return { name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
        return {
          name,
          topicId: topic.id,
          partitions: topic.partitions.map(({ leader, leaderEpoch, followers }, partitionIndex) => ({
            partitionIndex,
            leaderId: leader,
            leaderEpoch,
            replicaNodes: [leader, ...followers.keys()],
            isrNodes: [leader, ...followers.keys()],
          })),
        }
      }),
    }
  }

  #produce({ topicData }: Value<typeof apis.PRODUCE.request>, code: number): Init<typeof apis.PRODUCE.response> {
    const responses = topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index, records }) => {
        const partition = this.#cluster.topicOf({ name, topicId })?.partitions[index]
        if (partition === undefined) return { index, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 }
        if (partition.leader !== this.#place.id) {
          return { index, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 }
        }
        const refusal = code === ErrorCode.NONE ? this.#cluster.refuse(records!, partition) : code
        if (refusal !== ErrorCode.NONE) return { index, errorCode: refusal, baseOffset: -1 }
        return { index, ...partition.append(records!) }
      }),
    }))
    this.#cluster.wake()
    return { responses }
  }

  async #fetch(request: Value<typeof apis.FETCH.request>, code: number): Promise<Init<typeof apis.FETCH.response>> {
    const read = () =>
      request.topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map((wanted) => this.#read({ topic, topicId, rack: request.rackId }, wanted, code)),
      }))
    const isEmpty = (responses: ReturnType<typeof read>) =>
      responses.every(({ partitions }) =>
        partitions.every(
          ({ errorCode, records, preferredReadReplica }) =>
            errorCode === ErrorCode.NONE && records.length === 0 && preferredReadReplica === -1,
        ),
      )
    let responses = read()
    if (isEmpty(responses)) {
      await this.#cluster.appended(this.#place.env, request.maxWaitMs)
      responses = read()
    }
    return { responses }
  }

  #read(
    { topic: name, topicId, rack }: { topic: string; topicId: string; rack: string },
    { partition: partitionIndex, fetchOffset }: { partition: number; fetchOffset: number },
    code: number,
  ) {
    const partition = this.#cluster.topicOf({ name, topicId })?.partitions[partitionIndex]
    const records = Buffer.alloc(0)
    const answer = { partitionIndex, errorCode: code, highWatermark: -1, records, preferredReadReplica: -1 }
    if (code !== ErrorCode.NONE) return answer
    if (partition === undefined) return { ...answer, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
    const { id } = this.#place
    const replica = partition.leader === id ? partition : partition.followers.get(id)
    if (replica === undefined) return { ...answer, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
    if (fetchOffset < partition.startOffset || fetchOffset > replica.endOffset) {
      return { ...answer, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
    }
    const { racks, readFrom } = this.#cluster
    const nearby = [...partition.followers].find(
      ([other, { endOffset }]) => rack !== '' && racks.get(other) === rack && endOffset >= fetchOffset,
    )
    if (replica === partition && racks.get(id) !== rack && nearby !== undefined) {
      return { ...answer, highWatermark: partition.endOffset, preferredReadReplica: nearby[0] }
    }
    const read = partition.read(fetchOffset, replica.endOffset)
    if (read.length > 0) readFrom.push(id)
    return { ...answer, highWatermark: replica.endOffset, records: read }
  }

  #listOffsets({ topics }: Value<typeof apis.LIST_OFFSETS.request>, code: number) {
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const partition = this.#cluster.topics.get(name)?.partitions[partitionIndex]
          if (partition === undefined) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
          if (partition.leader !== this.#place.id)
            return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
          return {
            partitionIndex,
            errorCode: code,
            offset: timestamp === -2 ? partition.startOffset : partition.endOffset,
          }
        }),
      })),
    }
  }
}

/** Versions that the fakes serve; `isOld` as a broker without topic ids. */
function apiVersionsAnswer(correlationId: number, { isOld, served }: FakeCluster): Buffer {
  const oldest: Readonly<Record<string, number>> = { ProduceRequest: 8, FetchRequest: 11, MetadataRequest: 8 }
  const more = Object.values(apis)
    .map((api) => api.request as Schema)
    .filter(({ name }) => served.has(name.replace('Request', '')))
  const all = [...SERVED, ...more]
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  writer.int16(ErrorCode.NONE)
  writer.uvarint(all.length + 1)
  for (const { key, name, versions } of all) {
    writer.int16(key)
    writer.int16(versions.min)
    writer.int16(isOld ? Math.min(versions.max, oldest[name] ?? versions.max) : versions.max)
    writer.uvarint(0)
  }
  writer.int32(0)
  writer.uvarint(0)
  const bytes = writer.toBuffer()
  bytes.writeInt32BE(bytes.length - 4, 0)
  return bytes
}

/** Bytes of the batches in a buffer, for tests that look at them one by one. */
export function splitBatches(bytes: Buffer): Buffer[] {
  const batches: Buffer[] = []
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
    batches.push(bytes.subarray(at, at + sizeInBytes(bytes, at)))
  }
  return batches
}
