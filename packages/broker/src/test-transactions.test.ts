/** A transactional producer for tests, request by request. Holds no tests. */
import { equal } from 'node:assert/strict'
import type { ClientConnection } from '@ottla/net'
import {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  batchesIn,
  EndTxnRequest,
  EndTxnResponse,
  ErrorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  type Init,
  InitProducerIdRequest,
  InitProducerIdResponse,
  isControl,
  producerId as producerIdAt,
  readRecords,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from '@ottla/protocol'
import { batch, FETCH, fetchOf, PRODUCE } from './test-broker.test.ts'

export const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
export const INIT_PRODUCER_ID = { request: InitProducerIdRequest, response: InitProducerIdResponse }
export const ADD_PARTITIONS = { request: AddPartitionsToTxnRequest, response: AddPartitionsToTxnResponse }
export const ADD_OFFSETS = { request: AddOffsetsToTxnRequest, response: AddOffsetsToTxnResponse }
export const END_TXN = { request: EndTxnRequest, response: EndTxnResponse }
export const TXN_OFFSET_COMMIT = { request: TxnOffsetCommitRequest, response: TxnOffsetCommitResponse }

/** Transaction version 2: partitions join by the write, each end brings the next epoch. 1: as clients before Kafka 4 do. */
export type ProtocolVersion = 1 | 2

export interface ProducedTo {
  readonly topic: string
  readonly partition?: number
  readonly acks?: number
  readonly sequence?: number
  readonly version?: number
}

export class TransactionalProducer {
  readonly transactionalId: string
  readonly connection: ClientConnection
  readonly protocol: ProtocolVersion
  producerId = -1
  producerEpoch = -1
  #sequences = new Map<string, number>()

  constructor(connection: ClientConnection, transactionalId: string, protocol: ProtocolVersion = 2) {
    this.connection = connection
    this.transactionalId = transactionalId
    this.protocol = protocol
  }

  /** Finds the coordinator, and becomes the only producer of the id. */
  static async open(
    connection: ClientConnection,
    transactionalId: string,
    protocol: ProtocolVersion = 2,
  ): Promise<TransactionalProducer> {
    const producer = new TransactionalProducer(connection, transactionalId, protocol)
    const request = { keyType: 1, coordinatorKeys: [transactionalId] }
    const found = await connection.request(FIND_COORDINATOR, 4, request)
    equal(found.coordinators[0]!.errorCode, ErrorCode.NONE)
    equal(await producer.init(), ErrorCode.NONE)
    return producer
  }

  /** Asks again while the coordinator loads, or ends an earlier transaction. */
  async init(request: Partial<Init<typeof InitProducerIdRequest>> = {}, version = 5): Promise<number> {
    for (;;) {
      const { transactionalId } = this
      const answer = await this.connection.request(INIT_PRODUCER_ID, version, {
        transactionalId,
        transactionTimeoutMs: 60_000,
        ...request,
      })
      if (isPassing(answer.errorCode)) continue
      if (answer.errorCode === ErrorCode.NONE) this.#become(answer.producerId, answer.producerEpoch)
      return answer.errorCode
    }
  }

  async addPartitions(topic: string, partitions: readonly number[] = [0]): Promise<number> {
    for (;;) {
      const { resultsByTopicV3AndBelow } = await this.connection.request(ADD_PARTITIONS, 3, {
        v3AndBelowTransactionalId: this.transactionalId,
        v3AndBelowProducerId: this.producerId,
        v3AndBelowProducerEpoch: this.producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions }],
      })
      const code = resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode
      if (code !== ErrorCode.CONCURRENT_TRANSACTIONS) return code
    }
  }

  async addOffsets(groupId: string): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this
    for (;;) {
      const request = { transactionalId, producerId, producerEpoch, groupId }
      const { errorCode } = await this.connection.request(ADD_OFFSETS, 3, request)
      if (errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS) return errorCode
    }
  }

  /** The records of one batch, with what the transaction needs. */
  batch(values: readonly string[], { topic, partition = 0, sequence }: ProducedTo): Buffer {
    const key = `${partition}/${topic}`
    const baseSequence = sequence ?? this.#sequences.get(key) ?? 0
    const { producerId, producerEpoch } = this
    return batch(
      values.map((value) => ({ value })),
      { producerId, producerEpoch, baseSequence, transactional: true },
    )
  }

  /** Produces without adding the partition first. */
  async send(to: ProducedTo, values: readonly string[]): Promise<number> {
    const { topic, partition = 0, acks = -1 } = to
    const version = to.version ?? (this.protocol === 2 ? 12 : 11)
    const key = `${partition}/${topic}`
    const records = this.batch(values, to)
    const { transactionalId } = this
    const request = {
      transactionalId,
      acks,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    }
    const errorCode = await this.#sent(request, version)
    if (errorCode === ErrorCode.NONE) {
      this.#sequences.set(key, (to.sequence ?? this.#sequences.get(key) ?? 0) + values.length)
    }
    return errorCode
  }

  /** With acks = 0 there is no answer, and nobody knows. */
  async #sent(request: Init<typeof PRODUCE.request>, version: number): Promise<number> {
    if (request.acks === 0) {
      this.connection.send(PRODUCE.request, version, request)
      return ErrorCode.NONE
    }
    const response = await this.connection.request(PRODUCE, version, request)
    return response.responses[0]!.partitionResponses[0]!.errorCode
  }

  /** As a client of its protocol does, all of it. */
  async produce(to: ProducedTo, ...values: string[]): Promise<void> {
    if (this.protocol === 1) equal(await this.addPartitions(to.topic, [to.partition ?? 0]), ErrorCode.NONE)
    equal(await this.send(to, values), ErrorCode.NONE)
  }

  async commitOffset(
    groupId: string,
    offset: { readonly topic: string; readonly partition?: number; readonly offset: number },
    member: Partial<Init<typeof TxnOffsetCommitRequest>> = {},
  ): Promise<number> {
    if (this.protocol === 1) {
      const added = await this.addOffsets(groupId)
      if (added !== ErrorCode.NONE) return added
    }
    const { transactionalId, producerId, producerEpoch } = this
    const response = await this.connection.request(TXN_OFFSET_COMMIT, this.protocol === 2 ? 5 : 4, {
      transactionalId,
      groupId,
      producerId,
      producerEpoch,
      topics: [
        {
          name: offset.topic,
          partitions: [
            { partitionIndex: offset.partition ?? 0, committedOffset: offset.offset, committedMetadata: '' },
          ],
        },
      ],
      ...member,
    })
    return response.topics[0]!.partitions[0]!.errorCode
  }

  async end(outcome: 'commit' | 'abort'): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this
    const committed = outcome === 'commit'
    for (;;) {
      const request = { transactionalId, producerId, producerEpoch, committed }
      const answer = await this.connection.request(END_TXN, this.protocol === 2 ? 5 : 4, request)
      if (isPassing(answer.errorCode)) continue
      if (answer.errorCode === ErrorCode.NONE && this.protocol === 2) {
        this.#become(answer.producerId, answer.producerEpoch)
      }
      return answer.errorCode
    }
  }

  #become(producerId: number, producerEpoch: number): void {
    if (this.producerId !== producerId || this.producerEpoch !== producerEpoch) this.#sequences = new Map()
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }
}

function isPassing(errorCode: number): boolean {
  switch (errorCode) {
    case ErrorCode.CONCURRENT_TRANSACTIONS:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.NOT_COORDINATOR:
      return true
    default:
      return false
  }
}

export interface ReadCommitted {
  /** Of committed transactions, and of no transaction, as a consumer sees them. */
  readonly values: readonly string[]
  readonly lastStableOffset: number
  readonly highWatermark: number
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]
}

/** What a consumer with isolation.level=read_committed sees of a partition. */
export async function readCommitted(
  connection: ClientConnection,
  from: { readonly topic: string; readonly partition?: number; readonly offset?: number; readonly maxWaitMs?: number },
): Promise<ReadCommitted> {
  const request = fetchOf([from], { isolationLevel: 1, maxWaitMs: from.maxWaitMs ?? 0 })
  const response = await connection.request(FETCH, 12, request)
  const partition = response.responses[0]!.partitions[0]!
  equal(partition.errorCode, ErrorCode.NONE)
  const records = partition.records ?? Buffer.alloc(0)
  const waiting = [...(partition.abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
  const dropped = new Set<number>()
  const values: string[] = []
  for (const pos of batchesIn(records)) {
    const producerId = producerIdAt(records, pos)
    const [first] = readRecords(records, pos)
    while (waiting.length > 0 && waiting[0]!.firstOffset <= first!.offset) dropped.add(waiting.shift()!.producerId)
    if (isControl(records, pos)) dropped.delete(producerId)
    else if (!dropped.has(producerId)) for (const { value } of readRecords(records, pos)) values.push(String(value))
  }
  const { lastStableOffset, highWatermark } = partition
  return { values, lastStableOffset, highWatermark, aborted: partition.abortedTransactions ?? [] }
}

/** Waits until no transaction is open on the partition. */
export async function stable(connection: ClientConnection, topic: string): Promise<void> {
  for (;;) {
    const { lastStableOffset, highWatermark } = await readCommitted(connection, { topic, maxWaitMs: 10 })
    if (lastStableOffset === highWatermark) return
  }
}
