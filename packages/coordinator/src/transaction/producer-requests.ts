/** InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn and EndTxn: from the request to a decision, from its reply to the response. */
import {
  type AddOffsetsToTxnRequest,
  type AddOffsetsToTxnResponse,
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
  type EndTxnRequest,
  type EndTxnResponse,
  ErrorCode,
  type Init,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
} from '@ottla/protocol'
import { coordinatorErrorCode } from '../group/coordinator-error.ts'
import type { Found } from '../led-partitions.ts'
import type { AddPartitions, PartitionError } from './add-partitions.ts'
import { partitionSet } from './partition-set.ts'
import type { ProducerIdSource } from './ports.ts'
import { type ProducerAnswer, refusal } from './producer-answer.ts'
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_TIMEOUT_MS, type ProducerIdAndEpoch } from './transaction.ts'
import { EPOCH_BUMP_VERSION, type TransactionCoordinatorConfig } from './transaction-config.ts'
import type { TransactionPartition } from './transaction-partition.ts'
import * as decide from './transaction-requests.ts'

/** Finds who serves a transactional id, or says why nobody does. */
export type Route = (transactionalId: string) => Found<TransactionPartition>

export interface ProducerRequestsOptions {
  readonly route: Route
  readonly config: () => TransactionCoordinatorConfig
  readonly producerIds: ProducerIdSource
  /** The partition of `__consumer_offsets` that a group belongs to. */
  readonly offsetsPartitionFor: (groupId: string) => number
}

export interface TransactionRequestContext {
  readonly apiVersion: number
}

const OFFSETS_TOPIC = '__consumer_offsets'
const { NONE, INVALID_REQUEST, PRODUCER_FENCED, INVALID_PRODUCER_EPOCH, UNKNOWN_SERVER_ERROR } = ErrorCode

export class ProducerRequests {
  readonly #options: ProducerRequestsOptions

  constructor(options: ProducerRequestsOptions) {
    this.#options = options
  }

  async initProducerId(
    request: InitProducerIdRequest,
    { apiVersion }: TransactionRequestContext,
  ): Promise<Init<typeof InitProducerIdResponse>> {
    const { errorCode, ...producer } = await this.#initProducerId(request)
    // Before version 4 clients do not know PRODUCER_FENCED.
    return { ...producer, errorCode: apiVersion < 4 ? oldFence(errorCode) : errorCode }
  }

  async #initProducerId(request: InitProducerIdRequest): Promise<ProducerAnswer> {
    const { transactionalId } = request
    const expected = expectedOf(request)
    if (expected === undefined) return refusal(INVALID_REQUEST)
    try {
      if (transactionalId === null)
        return { errorCode: NONE, producerId: await this.#options.producerIds.next(), producerEpoch: 0 }
      const errorCode = this.#checkInit(request)
      if (errorCode !== NONE) return refusal(errorCode)
      const found = this.#options.route(transactionalId)
      if ('errorCode' in found) return refusal(found.errorCode)
      const timeoutMs = request.enable2Pc ? NO_TIMEOUT_MS : request.transactionTimeoutMs
      return await found.partition.submitWithId<ProducerAnswer>((asked) =>
        decide.initProducerId(asked, { transactionalId, timeoutMs, expected }),
      )
    } catch (error) {
      return refusal(coordinatorErrorCode(error, UNKNOWN_SERVER_ERROR))
    }
  }

  #checkInit({ transactionalId, transactionTimeoutMs, enable2Pc, keepPreparedTxn }: InitProducerIdRequest): number {
    const { twoPhaseCommitEnable, transactionMaxTimeoutMs } = this.#options.config()
    if (transactionalId === '') return INVALID_REQUEST
    if (enable2Pc && !twoPhaseCommitEnable) return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    // Not there in Kafka either.
    if (keepPreparedTxn) return ErrorCode.UNSUPPORTED_VERSION
    const isInRange = transactionTimeoutMs > 0 && transactionTimeoutMs <= transactionMaxTimeoutMs
    return enable2Pc || isInRange ? NONE : ErrorCode.INVALID_TRANSACTION_TIMEOUT
  }

  async addPartitionsToTxn(
    request: AddPartitionsToTxnRequest,
    { apiVersion }: TransactionRequestContext,
  ): Promise<Init<typeof AddPartitionsToTxnResponse>> {
    if (apiVersion < 4) {
      const { v3AndBelowTransactionalId: transactionalId, v3AndBelowTopics: topics } = request
      const producer = { producerId: request.v3AndBelowProducerId, producerEpoch: request.v3AndBelowProducerEpoch }
      const partitions = partitionsOf(topics)
      const errors = await this.#add({ transactionalId, producer, partitions, clientTransactionVersion: 0 })
      return { resultsByTopicV3AndBelow: resultsOf(errors, apiVersion < 2 ? oldFence : same) }
    }
    const results = request.transactions.map(async ({ transactionalId, topics, verifyOnly, ...producer }) => {
      const partitions = partitionsOf(topics)
      const add = {
        transactionalId,
        producer,
        partitions,
        clientTransactionVersion: this.#versionOf(EPOCH_BUMP_VERSION),
      }
      const errors = await (verifyOnly ? this.#verify(add) : this.#add(add))
      // Before version 5 brokers do not know TRANSACTION_ABORTABLE.
      return { transactionalId, topicResults: resultsOf(errors, apiVersion < 5 ? notAbortable : same) }
    })
    return { errorCode: NONE, resultsByTransaction: await Promise.all(results) }
  }

  async addOffsetsToTxn(
    { transactionalId, groupId, producerId, producerEpoch }: AddOffsetsToTxnRequest,
    { apiVersion }: TransactionRequestContext,
  ): Promise<Init<typeof AddOffsetsToTxnResponse>> {
    const partitions = partitionSet([
      { topic: OFFSETS_TOPIC, partitions: [this.#options.offsetsPartitionFor(groupId)] },
    ])
    const producer = { producerId, producerEpoch }
    const [result] = await this.#add({ transactionalId, producer, partitions, clientTransactionVersion: 0 })
    const errorCode = result?.errorCode ?? NONE
    return { errorCode: apiVersion < 2 ? oldFence(errorCode) : errorCode }
  }

  async endTxn(
    { transactionalId, producerId, producerEpoch, committed }: EndTxnRequest,
    { apiVersion }: TransactionRequestContext,
  ): Promise<Init<typeof EndTxnResponse>> {
    if (transactionalId === '') return refusal(INVALID_REQUEST)
    const found = this.#options.route(transactionalId)
    if ('errorCode' in found) return refusal(found.errorCode)
    const clientTransactionVersion = this.#versionOf(apiVersion >= 5 ? EPOCH_BUMP_VERSION : 0)
    const producer = { producerId, producerEpoch }
    const end = {
      transactionalId,
      producer,
      outcome: committed ? 'commit' : 'abort',
      clientTransactionVersion,
    } as const
    try {
      const { errorCode, ...next } = await found.partition.submitWithId<ProducerAnswer>((asked) =>
        decide.endTransaction(asked, end),
      )
      return { ...next, errorCode: apiVersion < 2 ? oldFence(errorCode) : errorCode }
    } catch (error) {
      return refusal(coordinatorErrorCode(error, UNKNOWN_SERVER_ERROR))
    }
  }

  #add(request: AddPartitions): Promise<PartitionError[]> {
    return this.#ask(request, (partition) => partition.submit((asked) => decide.addPartitions(asked, request)))
  }

  #verify(request: AddPartitions): Promise<PartitionError[]> {
    return this.#ask(request, (partition) => partition.submit((asked) => decide.verify(asked, request)))
  }

  async #ask(
    { transactionalId, partitions }: AddPartitions,
    submit: (partition: TransactionPartition) => Promise<PartitionError[]>,
  ): Promise<PartitionError[]> {
    if (transactionalId === '') return decide.errorsOf(partitions, INVALID_REQUEST)
    const found = this.#options.route(transactionalId)
    if ('errorCode' in found) return decide.errorsOf(partitions, found.errorCode)
    try {
      return await submit(found.partition)
    } catch (error) {
      return decide.errorsOf(partitions, coordinatorErrorCode(error, UNKNOWN_SERVER_ERROR))
    }
  }

  /** A client may have been told of a feature that is not finalized here, or no more. */
  #versionOf(clientTransactionVersion: number): number {
    return this.#options.config().transactionVersion >= EPOCH_BUMP_VERSION ? clientTransactionVersion : 0
  }
}

/** undefined: one of the two without the other. */
function expectedOf({ producerId, producerEpoch }: ProducerIdAndEpoch): ProducerIdAndEpoch | null | undefined {
  const hasId = producerId !== NO_PRODUCER_ID
  const hasEpoch = producerEpoch !== NO_PRODUCER_EPOCH
  if (hasId !== hasEpoch) return undefined
  return hasId ? { producerId, producerEpoch } : null
}

function partitionsOf(topics: AddPartitionsToTxnRequest['v3AndBelowTopics']) {
  return partitionSet(topics.map(({ name, partitions }) => ({ topic: name, partitions })))
}

function resultsOf(errors: readonly PartitionError[], fit: (errorCode: number) => number) {
  const topics = new Map<string, { partitionIndex: number; partitionErrorCode: number }[]>()
  for (const { topic, partition, errorCode } of errors) {
    let results = topics.get(topic)
    if (results === undefined) topics.set(topic, (results = []))
    results.push({ partitionIndex: partition, partitionErrorCode: fit(errorCode) })
  }
  return [...topics].map(([name, resultsByPartition]) => ({ name, resultsByPartition }))
}

function same(errorCode: number): number {
  return errorCode
}

function oldFence(errorCode: number): number {
  return errorCode === PRODUCER_FENCED ? INVALID_PRODUCER_EPOCH : errorCode
}

function notAbortable(errorCode: number): number {
  return errorCode === ErrorCode.TRANSACTION_ABORTABLE ? ErrorCode.INVALID_TXN_STATE : errorCode
}
