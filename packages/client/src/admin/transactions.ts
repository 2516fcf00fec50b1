/** Transactions and their producers: listed, described, fenced, and aborted where they hang (KIP-664). */
import { ErrorCode } from '@ottla/protocol'
import { DESCRIBE_PRODUCERS, DESCRIBE_TRANSACTIONS, LIST_TRANSACTIONS, WRITE_TXN_MARKERS } from '../apis.ts'
import type { CallContext, CallOptions, Cluster } from '../cluster/cluster.ts'
import { BrokerError, throwBrokerError } from '../errors.ts'
import { initTransactionalProducer } from '../producer/transaction/transaction-requests.ts'
import type { ProducerIdentity } from '../producer/write-identity.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'
import { eachOf } from './each-of.ts'
import { atLeader } from './leaders.ts'
import { type Outcome, outcomeOf, unwrap } from './outcome.ts'

export interface TransactionListing {
  readonly transactionalId: string
  readonly producerId: number
  /** In Kafka's words: Empty, Ongoing, PrepareCommit, … */
  readonly state: string
  /** The broker that coordinates it. */
  readonly coordinator: number
}

export interface ListTransactionsOptions extends CallOptions {
  readonly states?: readonly string[]
  readonly producerIds?: readonly number[]
  /** Only those that run for longer. */
  readonly longerThanMs?: number
  /** Only ids that match as a whole, in the syntax of RE2. */
  readonly pattern?: string
}

export interface TransactionDescription {
  readonly coordinator: number
  readonly state: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** Null when none is open. */
  readonly startedAt: number | null
  readonly partitions: readonly TopicPartition[]
}

export interface ProducerState extends ProducerIdentity {
  readonly lastSequence: number
  readonly lastTimestamp: number
  /** Of the last marker; -1: none. */
  readonly coordinatorEpoch: number
  /** Where its open transaction begins; null when it has none. */
  readonly transactionStartOffset: number | null
}

/** A transaction that hangs on one partition, as DescribeProducers shows it. */
export interface HangingTransaction extends TopicPartition, ProducerIdentity {
  readonly coordinatorEpoch: number
}

const DURATION_SINCE = 1
const PATTERN_SINCE = 2
const FENCE_TIMEOUT_MS = 1

export class TransactionsAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async list(options: ListTransactionsOptions = {}): Promise<TransactionListing[]> {
    const context = this.#cluster.context(options)
    const { states = [], producerIds = [], longerThanMs = -1, pattern = null } = options
    const brokers = await this.#cluster.metadata.brokers(context)
    const answers = await Promise.all(
      brokers.map(async ({ id }) => {
        const { transactionStates } = await this.#cluster.call(
          {
            target: { kind: 'broker', id },
            api: LIST_TRANSACTIONS,
            init: (version) => ({
              stateFilters: [...states],
              producerIdFilters: [...producerIds],
              ...(version >= DURATION_SINCE ? { durationFilter: longerThanMs } : {}),
              ...(version >= PATTERN_SINCE ? { transactionalIdPattern: pattern } : {}),
            }),
            what: 'list transactions',
            check: ({ errorCode }) => throwBrokerError(errorCode),
          },
          context,
        )
        return transactionStates.map(({ transactionalId, producerId, transactionState: state }) => ({
          transactionalId,
          producerId,
          state,
          coordinator: id,
        }))
      }),
    )
    return answers.flat()
  }

  /** By transactional id. */
  describe(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<TransactionDescription>>> {
    const context = this.#cluster.context(options)
    return eachOf(transactionalIds, (transactionalId) => this.#describe(transactionalId, context))
  }

  /** Producers that write to each partition, by partition key; at its leader, or at the named broker's replica. */
  async describeProducers(
    partitions: readonly TopicPartition[],
    options: CallOptions & { readonly broker?: number } = {},
  ): Promise<Map<string, Outcome<ProducerState[]>>> {
    const at = options.broker === undefined ? {} : { broker: options.broker }
    return atLeader(
      this.#cluster,
      { partitions, ...at, context: this.#cluster.context(options) },
      async (id, topics) => {
        const answer = await this.#cluster.call(
          {
            target: { kind: 'broker', id },
            api: DESCRIBE_PRODUCERS,
            init: { topics: topics.map(({ name, partitions: partitionIndexes }) => ({ name, partitionIndexes })) },
            what: 'describe producers',
          },
          this.#cluster.context(options),
        )
        return answer.topics.flatMap(({ name: topic, partitions: ofTopic }) =>
          ofTopic.map((found) => {
            const partition = found.partitionIndex
            const producers = found.activeProducers.map((producer) => ({
              producerId: producer.producerId,
              producerEpoch: producer.producerEpoch,
              lastSequence: producer.lastSequence,
              lastTimestamp: producer.lastTimestamp,
              coordinatorEpoch: producer.coordinatorEpoch,
              transactionStartOffset: producer.currentTxnStartOffset < 0 ? null : producer.currentTxnStartOffset,
            }))
            return [partitionKey(topic, partition), outcomeOf(found, { topic, partition }, () => producers)] as const
          }),
        )
      },
    )
  }

  /** Ends what is open under the ids and keeps their producers from writing any more: gives the epochs that are theirs now. */
  fenceProducers(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<ProducerIdentity>>> {
    const context = this.#cluster.context(options)
    return eachOf(transactionalIds, (transactionalId) =>
      initTransactionalProducer(this.#cluster, { transactionalId, transactionTimeoutMs: FENCE_TIMEOUT_MS }, context),
    )
  }

  /** Ends the transaction that is open under the id, whoever holds it (KIP-939). */
  async forceTerminate(transactionalId: string, options: CallOptions = {}): Promise<void> {
    unwrap((await this.fenceProducers([transactionalId], options)).get(transactionalId))
  }

  /** Writes the marker that a hanging transaction waits for on one partition. For those that no coordinator knows any more. */
  async abort(hanging: HangingTransaction, options: CallOptions = {}): Promise<void> {
    const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = hanging
    const context = this.#cluster.context(options)
    await this.#cluster.metadata.load([topic], context)
    const leader = this.#cluster.metadata.leader(topic, partition)
    if (leader === undefined) throw new BrokerError(ErrorCode.LEADER_NOT_AVAILABLE, null, { topic, partition })
    const marker = {
      producerId,
      producerEpoch,
      coordinatorEpoch: Math.max(0, coordinatorEpoch),
      transactionResult: false,
      topics: [{ name: topic, partitionIndexes: [partition] }],
    }
    await this.#cluster.call(
      {
        target: { kind: 'broker', id: leader.node.id },
        api: WRITE_TXN_MARKERS,
        init: { markers: [marker] },
        what: `abort a transaction on ${topic}-${partition}`,
        check: ({ markers }) => {
          const code = markers[0]?.topics[0]?.partitions[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
          throwBrokerError(code, null, { topic, partition })
        },
      },
      context,
    )
  }

  async #describe(transactionalId: string, context: CallContext): Promise<TransactionDescription> {
    const target = { kind: 'transaction-coordinator', transactionalId } as const
    const answer = await this.#cluster.call(
      {
        target,
        api: DESCRIBE_TRANSACTIONS,
        init: { transactionalIds: [transactionalId] },
        what: `describe transactional id ${transactionalId}`,
        check: ({ transactionStates: [found] }) => throwBrokerError(found!.errorCode),
      },
      context,
    )
    const found = answer.transactionStates[0]!
    const coordinator = await this.#cluster.coordinators.findOf('transaction', transactionalId, context)
    return {
      coordinator: coordinator.id,
      state: found.transactionState,
      producerId: found.producerId,
      producerEpoch: found.producerEpoch,
      timeoutMs: found.transactionTimeoutMs,
      startedAt: found.transactionStartTimeMs < 0 ? null : found.transactionStartTimeMs,
      partitions: found.topics.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
    }
  }
}
