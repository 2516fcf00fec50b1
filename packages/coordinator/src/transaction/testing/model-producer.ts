/** A producer as an application runs it: it retries what may be retried, and gives up when it was fenced. */
import { ErrorCode } from '@ottla/protocol'
import type { TransactionOutcome } from '../ports.ts'
import type { ProducerIdAndEpoch } from '../transaction.ts'
import type { TransactionCoordinator } from '../transaction-coordinator.ts'
import type { ModelPartition } from './model-partition.ts'

export interface ModelTransaction {
  readonly name: string
  /** Partitions that a client of version 1 has added. */
  readonly added: Set<number>
  /** What partitions have acknowledged. */
  readonly acknowledged: string[]
  /** `open`, `unknown`: it may have ended in either way, but in one. */
  outcome: TransactionOutcome | 'open' | 'unknown'
}

export interface ModelWorld {
  readonly coordinator: () => TransactionCoordinator
  readonly partitions: readonly ModelPartition[]
  /** How clients and partition leaders speak. */
  readonly protocol: 'version-1' | 'version-2'
  /** A producer was told its id and epoch by InitProducerId. */
  readonly initialized: (producer: ModelProducer) => void
  /** Something a producer asked for, while it was the newest or was not, has an effect. */
  readonly succeeded: (producer: ModelProducer, what: string) => void
  readonly ended: (transaction: ModelTransaction) => void
  /** May be sent once more, much later. */
  readonly sent: (resend: () => Promise<unknown>, producer: ProducerIdAndEpoch) => void
}

type Phase = 'init' | 'ready' | 'ending' | 'recovering' | 'dead'

export const TIMEOUT_MS = 20_000
const RETRIABLE: ReadonlySet<number> = new Set([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

export class ModelProducer implements ProducerIdAndEpoch {
  readonly transactionalId: string
  readonly name: string
  phase: Phase = 'init'
  producerId = -1
  producerEpoch = -1
  /** Whether a newer producer had been initialized when this one last asked for something. */
  wasNewest = true
  isBusy = false
  readonly #world: ModelWorld
  #transaction: ModelTransaction | null = null
  #intent: TransactionOutcome = 'commit'
  #count = 0

  constructor(world: ModelWorld, transactionalId: string, name: string) {
    this.#world = world
    this.transactionalId = transactionalId
    this.name = name
  }

  get transaction(): ModelTransaction | null {
    return this.#transaction
  }

  /** Goes on with what it is at: initializing, or ending a transaction. */
  async step(): Promise<void> {
    if (this.phase === 'init' || this.phase === 'recovering') await this.#init()
    else if (this.phase === 'ending') await this.#sendEnd()
  }

  recover(): void {
    if (this.phase === 'ready') this.phase = 'recovering'
  }

  end(intent: TransactionOutcome): void {
    if (this.phase !== 'ready') return
    const isEmpty = this.#transaction === null || this.#transaction.acknowledged.length === 0
    if (isEmpty && (intent === 'commit' || this.#world.protocol === 'version-1')) return
    this.phase = 'ending'
    this.#intent = intent
  }

  async produce(partition: number): Promise<void> {
    const leader = this.#world.partitions[partition]
    if (this.phase !== 'ready' || leader === undefined) return
    this.#transaction ??= { name: `${this.name}/${++this.#count}`, added: new Set(), acknowledged: [], outcome: 'open' }
    const transaction = this.#transaction
    const value = `${transaction.name}/${transaction.acknowledged.length}/${partition}`
    const refusal = await this.#addAsClient(transaction, partition)
    const errorCode = refusal === ErrorCode.NONE ? await this.#append(leader, partition, value) : refusal
    if (errorCode === ErrorCode.NONE) {
      this.#world.succeeded(this, 'produce')
      transaction.acknowledged.push(value)
    } else if (!RETRIABLE.has(errorCode)) this.#die()
  }

  async #append(leader: ModelPartition, partition: number, value: string): Promise<number> {
    const { producerId, producerEpoch } = this
    const producer = { producerId, producerEpoch }
    const state = leader.stateOf(producerId)
    if (producerEpoch < state.epoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    if (leader.needsVerification(producer) === 'yes') {
      const { markerCount } = state
      const what = this.#world.protocol === 'version-2' ? 'add' : 'verify'
      const errorCode = await this.#ask(what, partition, producer)
      if (errorCode !== ErrorCode.NONE) return errorCode
      if (state.markerCount !== markerCount) return ErrorCode.CONCURRENT_TRANSACTIONS
      if (producerEpoch < state.epoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    }
    leader.append(producer, value)
    return ErrorCode.NONE
  }

  /** Before version 2 the client adds its partitions. */
  async #addAsClient({ added }: ModelTransaction, partition: number): Promise<number> {
    if (this.#world.protocol === 'version-2' || added.has(partition)) return ErrorCode.NONE
    const errorCode = await this.#askAsClient(partition, this)
    if (errorCode === ErrorCode.NONE) added.add(partition)
    return errorCode
  }

  async #ask(what: 'add' | 'verify', partition: number, producer: ProducerIdAndEpoch): Promise<number> {
    const { transactionalId } = this
    const topics = [{ name: 't', partitions: [partition] }]
    const request = {
      transactions: [{ transactionalId, ...producer, verifyOnly: what === 'verify', topics }],
      v3AndBelowTransactionalId: '',
      v3AndBelowProducerId: -1,
      v3AndBelowProducerEpoch: -1,
      v3AndBelowTopics: [],
    }
    const send = () => this.#world.coordinator().addPartitionsToTxn(request, { apiVersion: 5 })
    if (what === 'add') this.#world.sent(send, producer)
    const { resultsByTransaction } = await send()
    return resultsByTransaction?.[0]?.topicResults?.[0]?.resultsByPartition?.[0]?.partitionErrorCode ?? -1
  }

  async #askAsClient(partition: number, { producerId, producerEpoch }: ProducerIdAndEpoch): Promise<number> {
    const request = {
      transactions: [],
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: 't', partitions: [partition] }],
    }
    const { resultsByTopicV3AndBelow } = await this.#world.coordinator().addPartitionsToTxn(request, { apiVersion: 3 })
    return resultsByTopicV3AndBelow?.[0]?.resultsByPartition?.[0]?.partitionErrorCode ?? -1
  }

  async #init(): Promise<void> {
    const isRecovering = this.phase === 'recovering'
    const request = {
      transactionalId: this.transactionalId,
      transactionTimeoutMs: TIMEOUT_MS,
      producerId: isRecovering ? this.producerId : -1,
      producerEpoch: isRecovering ? this.producerEpoch : -1,
      enable2Pc: false,
      keepPreparedTxn: false,
    }
    const answer = await this.#world.coordinator().initProducerId(request, { apiVersion: 5 })
    if (RETRIABLE.has(answer.errorCode ?? -1)) return
    if (answer.errorCode !== ErrorCode.NONE) {
      this.#die()
      return
    }
    // What was going on is not: InitProducerId aborts it.
    this.#finish('abort')
    this.#adopt(answer)
    if (isRecovering) this.#world.succeeded(this, 'recover')
    this.phase = 'ready'
    this.#world.initialized(this)
  }

  async #sendEnd(): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = this
    const committed = this.#intent === 'commit'
    const apiVersion = this.#world.protocol === 'version-2' ? 5 : 4
    const request = { transactionalId, producerId, producerEpoch, committed }
    const send = () => this.#world.coordinator().endTxn(request, { apiVersion })
    this.#world.sent(send, { producerId, producerEpoch })
    const answer = await send()
    if (RETRIABLE.has(answer.errorCode ?? -1)) return
    if (answer.errorCode !== ErrorCode.NONE) {
      this.#die()
      return
    }
    this.#world.succeeded(this, 'end')
    this.#finish(this.#intent)
    if (apiVersion >= 5) this.#adopt(answer)
    this.phase = 'ready'
  }

  #adopt({
    producerId = -1,
    producerEpoch = -1,
  }: {
    producerId?: number | undefined
    producerEpoch?: number | undefined
  }): void {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }

  #finish(outcome: ModelTransaction['outcome']): void {
    const transaction = this.#transaction
    if (transaction === null) return
    transaction.outcome = outcome
    this.#transaction = null
    this.#world.ended(transaction)
  }

  #die(): void {
    this.phase = 'dead'
    this.#finish('unknown')
  }
}
