/**
 * A transactional producer: transaction after transaction over several partitions and an offset, some given up, some left open by a producer
 * that ends and comes back, whose former self goes on sending. Asks again after what may pass, as Kafka's clients do.
 */
import {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  BatchBuilder,
  EndTxnRequest,
  EndTxnResponse,
  ErrorCode,
  errorOf,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ProduceRequest,
  ProduceResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from '@ottla/protocol'
import type { ModelClient } from '../model/model-client.ts'
import type { ModelPartition } from '../model/model-topic.ts'
import { retry, sleep, TryAgain, Violation } from '../model/retry.ts'
import { WireError } from '../wire/wire-connection.ts'
import type { ModelTransaction, TransactionHistory } from './transaction-history.ts'

const FIND = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
const INIT = { request: InitProducerIdRequest, response: InitProducerIdResponse }
const ADD_PARTITIONS = { request: AddPartitionsToTxnRequest, response: AddPartitionsToTxnResponse }
const ADD_OFFSETS = { request: AddOffsetsToTxnRequest, response: AddOffsetsToTxnResponse }
const PRODUCE = { request: ProduceRequest, response: ProduceResponse }
const COMMIT = { request: TxnOffsetCommitRequest, response: TxnOffsetCommitResponse }
const END = { request: EndTxnRequest, response: EndTxnResponse }
const TOPIC_ID_VERSION = 13
const KEY_GROUP = 0
const KEY_TRANSACTION = 1

export interface ModelTransactionsOptions {
  readonly client: ModelClient
  readonly name: string
  /** Where it writes; the first is also what it commits offsets of. */
  readonly targets: readonly ModelPartition[]
  readonly history: TransactionHistory
  readonly transactions: number
  /** Transaction version: 2, or 1 as clients before Kafka 4. */
  readonly protocol: 1 | 2
  readonly transactionTimeoutMs: number
  readonly pauseMs: number
  readonly giveUpAfterMs: number
}

interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What became of a request: done; refused for good, the transaction has to be aborted; refused, since another producer took over. */
type Outcome = 'done' | 'refused' | 'fenced'

const FENCED: ReadonlySet<number> = new Set([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
])
const REFUSED: ReadonlySet<number> = new Set([
  ErrorCode.TRANSACTION_ABORTABLE,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
])

export class ModelTransactions {
  readonly #options: ModelTransactionsOptions
  #identity: Identity | null = null
  #sequences = new Map<string, number>()
  #finished = 0
  committed = 0
  aborted = 0
  unknown = 0
  zombies = 0

  constructor(options: ModelTransactionsOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  get groupId(): string {
    return `group-${this.#options.name}`
  }

  async run(): Promise<void> {
    const { transactions, client, pauseMs } = this.#options
    await this.#find(KEY_GROUP, this.groupId)
    await this.#find(KEY_TRANSACTION, this.name)
    for (let number = 1; number <= transactions; number++) {
      await this.#transaction(number)
      this.#finished++
      if (pauseMs > 0) await sleep(client.env, client.random.float() * pauseMs)
    }
  }

  async #transaction(number: number): Promise<void> {
    const { client, history } = this.#options
    const { random } = client
    if (this.#identity === null) await this.#initialize()
    const transaction = history.begin(this.name, number)
    const outcome = await this.#fill(transaction)
    if (outcome === 'fenced') return this.#over(transaction, 'aborted', null)
    if (transaction.records.size === 0 && !transaction.commitsOffset && outcome === 'done') {
      transaction.state = 'aborted'
      return
    }
    // The producer ends, and comes back as another, while the one that ended may go on.
    if (random.chance(0.1)) return this.#leave(transaction)
    await this.#end(transaction, outcome === 'done' && random.chance(0.75) ? 'commit' : 'abort')
  }

  async #fill(transaction: ModelTransaction): Promise<Outcome> {
    const { client, targets } = this.#options
    const { random } = client
    let index = 0
    for (let step = random.between(1, 4); step > 0; step--) {
      const target = random.pick(targets)
      const values = Array.from({ length: random.between(1, 3) }, () => `${transaction.id}/${index++}`)
      const outcome = await this.#send(target, values)
      if (outcome !== 'done') return outcome
      const key = keyOf(target)
      transaction.records.set(key, [...(transaction.records.get(key) ?? []), ...values])
    }
    if (!random.chance(0.4)) return 'done'
    const outcome = await this.#commitOffset(transaction.number)
    if (outcome === 'done') transaction.commitsOffset = true
    return outcome
  }

  async #leave(transaction: ModelTransaction): Promise<void> {
    const { client, targets } = this.#options
    const zombie = this.#identity!
    const sequences = new Map(this.#sequences)
    this.#over(transaction, 'aborted', null)
    await this.#initialize()
    if (!client.random.chance(0.5)) return
    this.zombies++
    const target = client.random.pick(targets)
    const sequence = sequences.get(keyOf(target)) ?? 0
    const late = this.#options.history.begin(`${this.name}-zombie`, this.#finished)
    late.state = 'aborted'
    try {
      await this.#produceOnce(target, [`${late.id}/0`], { identity: zombie, sequence })
      await this.#endOnce(zombie, 'commit')
    } catch (error) {
      if (!(error instanceof WireError || error instanceof TryAgain)) throw error
    }
  }

  async #end(transaction: ModelTransaction, outcome: 'commit' | 'abort'): Promise<void> {
    const { client } = this.#options
    const identity = this.#identity!
    let isUnsure = false
    let isDead = false
    const code = await this.#retry(`${outcome} of ${transaction.id}`, async () => {
      if (isUnsure && client.random.chance(0.1)) {
        isDead = true
        return ErrorCode.NONE
      }
      try {
        return await this.#endOnce(identity, outcome)
      } catch (error) {
        if (error instanceof WireError) isUnsure = true
        throw error
      }
    })
    const lost = outcome === 'commit' && isUnsure ? 'unknown' : 'aborted'
    if (isDead) return this.#over(transaction, lost, null)
    if (code === ErrorCode.NONE) {
      this.#over(transaction, outcome === 'commit' ? 'committed' : 'aborted', this.#identity)
      // Batches that were refused leave gaps in sequences, which only a new epoch forgets.
      if (outcome === 'abort' && this.#options.protocol === 1) this.#identity = null
      return
    }
    // It took too long, and the coordinator has aborted it.
    this.#over(transaction, lost, null)
  }

  #over(transaction: ModelTransaction, state: 'committed' | 'aborted' | 'unknown', identity: Identity | null): void {
    transaction.state = state
    this[state]++
    this.#identity = identity
  }

  async #endOnce(identity: Identity, outcome: 'commit' | 'abort'): Promise<number> {
    const { protocol, client } = this.#options
    const version = protocol === 2 ? 5 : client.random.between(0, 4)
    const connection = await client.connection()
    const answer = await connection.request(END, version, {
      transactionalId: this.name,
      ...identity,
      committed: outcome === 'commit',
    })
    const { errorCode } = answer
    if (errorCode === ErrorCode.NONE) {
      if (protocol === 2 && identity === this.#identity) this.#become(answer)
      return errorCode
    }
    if (FENCED.has(errorCode) || errorCode === ErrorCode.INVALID_TXN_STATE) return errorCode
    return again(errorCode, 'EndTxn')
  }

  async #initialize(): Promise<void> {
    const { client, transactionTimeoutMs, protocol } = this.#options
    await this.#retry(`InitProducerId of ${this.name}`, async () => {
      const connection = await client.connection()
      const version = protocol === 2 ? 5 : client.random.between(0, 4)
      const request = { transactionalId: this.name, transactionTimeoutMs }
      const answer = await connection.request(INIT, version, request)
      if (answer.errorCode !== ErrorCode.NONE) again(answer.errorCode, 'InitProducerId')
      this.#become(answer)
      this.#sequences = new Map()
    })
  }

  #become({ producerId, producerEpoch }: Identity): void {
    const { producerId: id, producerEpoch: epoch } = this.#identity ?? { producerId: -1, producerEpoch: -1 }
    if (id !== producerId || epoch !== producerEpoch) this.#sequences = new Map()
    this.#identity = { producerId, producerEpoch }
  }

  async #send(target: ModelPartition, values: readonly string[]): Promise<Outcome> {
    const identity = this.#identity!
    const key = keyOf(target)
    const sequence = this.#sequences.get(key) ?? 0
    return this.#retry(`produce of ${values[0]}`, async () => {
      if (this.#options.protocol === 1) {
        const added = await this.#addPartition(target, identity)
        if (added !== 'done') return added
      }
      const outcome = await this.#produceOnce(target, values, { identity, sequence })
      if (outcome === 'done') this.#sequences.set(key, sequence + values.length)
      return outcome
    })
  }

  async #produceOnce(
    { topic, partition }: ModelPartition,
    values: readonly string[],
    { identity, sequence }: { identity: Identity; sequence: number },
  ): Promise<Outcome> {
    const { client, protocol } = this.#options
    const version = protocol === 2 ? client.random.between(12, 13) : client.random.between(3, 11)
    const builder = new BatchBuilder({ ...identity, baseSequence: sequence, transactional: true })
    for (const value of values) builder.append({ value: Buffer.from(value), timestamp: client.env.clock.now() })
    const connection = await client.connection()
    const answer = connection.request(PRODUCE, version, {
      transactionalId: this.name,
      acks: client.random.chance(0.8) ? -1 : 1,
      timeoutMs: 10_000,
      topicData: [
        {
          ...(version >= TOPIC_ID_VERSION ? { topicId: topic.id } : { name: topic.name }),
          partitionData: [{ index: partition, records: builder.build() }],
        },
      ],
    })
    if (client.random.chance(0.01)) client.disconnect()
    const { errorCode } = (await answer).responses[0]!.partitionResponses[0]!
    return outcomeOf(errorCode, 'Produce')
  }

  async #addPartition({ topic, partition }: ModelPartition, identity: Identity): Promise<Outcome> {
    const { client } = this.#options
    const connection = await client.connection()
    const { resultsByTopicV3AndBelow } = await connection.request(ADD_PARTITIONS, client.random.between(0, 3), {
      v3AndBelowTransactionalId: this.name,
      v3AndBelowProducerId: identity.producerId,
      v3AndBelowProducerEpoch: identity.producerEpoch,
      v3AndBelowTopics: [{ name: topic.name, partitions: [partition] }],
    })
    return outcomeOf(resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode, 'AddPartitionsToTxn')
  }

  async #commitOffset(offset: number): Promise<Outcome> {
    const { client, protocol, targets } = this.#options
    const { topic, partition } = targets[0]!
    const identity = this.#identity!
    const common = { transactionalId: this.name, groupId: this.groupId, ...identity }
    return this.#retry(`offset ${offset} of ${this.name}`, async () => {
      const connection = await client.connection()
      if (protocol === 1) {
        const { errorCode } = await connection.request(ADD_OFFSETS, client.random.between(0, 4), common)
        const added = outcomeOf(errorCode, 'AddOffsetsToTxn')
        if (added !== 'done') return added
      }
      const version = protocol === 2 ? 5 : client.random.between(0, 4)
      const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }]
      const answer = await connection.request(COMMIT, version, {
        ...common,
        topics: [{ name: topic.name, partitions }],
      })
      return outcomeOf(answer.topics[0]!.partitions[0]!.errorCode, 'TxnOffsetCommit')
    })
  }

  async #find(keyType: number, key: string): Promise<void> {
    await this.#retry(`coordinator of ${key}`, async () => {
      const connection = await this.#options.client.connection()
      const answer = await connection.request(FIND, 4, { keyType, coordinatorKeys: [key] })
      const { errorCode } = answer.coordinators[0]!
      if (errorCode !== ErrorCode.NONE) again(errorCode, 'FindCoordinator')
    })
  }

  #retry<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { client, giveUpAfterMs } = this.#options
    return retry({ env: client.env, what, giveUpAfterMs }, attempt)
  }
}

export function keyOf({ topic, partition }: ModelPartition): string {
  return `${topic.name}-${partition}`
}

function outcomeOf(errorCode: number, what: string): Outcome {
  if (errorCode === ErrorCode.NONE) return 'done'
  if (FENCED.has(errorCode)) return 'fenced'
  if (REFUSED.has(errorCode)) return 'refused'
  return again(errorCode, what)
}

function again(errorCode: number, what: string): never {
  const { name, retriable } = errorOf(errorCode)
  if (retriable || errorCode === ErrorCode.CONCURRENT_TRANSACTIONS) throw new TryAgain(`${what}: ${name}`)
  throw new Violation(`${what}: ${name}`)
}
