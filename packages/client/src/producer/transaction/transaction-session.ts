/**
 * The state of a transactional producer:
 *
 *     idle ── begin ──► open ── commit, abort ──► idle
 *      ▲                 │ a batch was given up
 *      │                 ▼
 *      └── abort ── broken            fenced: another producer has the transactional id; for good
 *
 * It is what the engine writes under: the identity comes from the coordinator, and before transaction.version 2 a partition may be written to
 * only once the coordinator knows of it.
 */
import { ErrorCode } from '@ottla/protocol'
import type { CallContext, Cluster } from '../../cluster/cluster.ts'
import { BrokerError, isBrokerError, KafkaError } from '../../errors.ts'
import { partitionKey } from '../../topic-partition.ts'
import type { ProducerEngine } from '../producer-engine.ts'
import type { BatchPosition } from '../record-batch.ts'
import type { ProducerIdentity, WriteIdentity } from '../write-identity.ts'
import { protocolOf, type TransactionProtocol } from './transaction-protocol.ts'
import {
  addOffsets,
  addPartitions,
  commitInTransaction,
  endTransaction,
  initTransactionalProducer,
  type TransactionalOffsets,
  type TransactionOwner,
} from './transaction-requests.ts'

export interface TransactionSessionOptions {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
}

type Phase = 'idle' | 'open' | 'broken' | 'fenced'

export class TransactionSession implements WriteIdentity {
  readonly #cluster: Cluster
  readonly #engine: ProducerEngine
  readonly #options: TransactionSessionOptions
  #phase: Phase = 'idle'
  #identity: ProducerIdentity | null = null
  #protocol: TransactionProtocol | null = null
  /** Why the transaction can only be aborted, or the producer is of no more use. */
  #failure: unknown = null
  /** The coordinator knows of the transaction, or may do so. */
  #isKnown = false
  /** Partitions that the coordinator was told. */
  readonly #added = new Set<string>()
  readonly #toAdd = new Map<string, BatchPosition>()
  #adding: Promise<void> | null = null
  readonly #groups = new Set<string>()

  constructor(cluster: Cluster, engine: ProducerEngine, options: TransactionSessionOptions) {
    this.#cluster = cluster
    this.#engine = engine
    this.#options = options
  }

  get transactionalId(): string {
    return this.#options.transactionalId
  }

  get maxProduceVersion(): number {
    return this.#protocol?.maxProduceVersion ?? 0
  }

  get isOpen(): boolean {
    return this.#phase === 'open' || this.#phase === 'broken'
  }

  get isFenced(): boolean {
    return this.#phase === 'fenced'
  }

  /** That another producer has the transactional id explains all that went wrong. */
  throwIfFenced(cause: unknown): void {
    if (this.#phase === 'fenced') throw new BrokerError(ErrorCode.PRODUCER_FENCED, null, { cause })
  }

  current(): ProducerIdentity | null {
    return this.#phase === 'open' ? this.#identity : null
  }

  /** The coordinator gives the epochs: with a broken transaction comes another one. */
  exhausted(): void {}

  admits(position: BatchPosition): boolean {
    if (this.#phase !== 'open') return false
    this.#isKnown = true
    if (this.#protocol?.name === 'v2') return true
    const key = partitionKey(position.topic, position.partition)
    if (this.#added.has(key)) return true
    this.#toAdd.set(key, position)
    this.#adding ??= this.#addWaiting().finally(() => {
      this.#adding = null
      this.#engine.wake()
    })
    return false
  }

  failed(error: unknown): void {
    if (this.#phase !== 'open') return
    this.#phase = isBrokerError(error, ErrorCode.PRODUCER_FENCED) ? 'fenced' : 'broken'
    this.#failure = error
    this.#engine.giveUp(error)
  }

  /** Begins a transaction, once nothing is left of a former one. Rejects with what makes that impossible. */
  async begin(context: CallContext): Promise<void> {
    this.throwIfFenced(this.#failure)
    this.#protocol = await this.#findProtocol(context)
    this.#identity ??= await this.#guard(initTransactionalProducer(this.#cluster, this.#options, context))
    this.#phase = 'open'
    this.#failure = null
  }

  /** Offsets become part of the transaction. */
  async commitOffsets(commit: TransactionalOffsets, context: CallContext): Promise<void> {
    this.#throwIfBroken()
    const owner = this.#owner()
    this.#isKnown = true
    try {
      if (this.#protocol?.name === 'v1' && !this.#groups.has(commit.group)) {
        await this.#guard(addOffsets(this.#cluster, { owner, group: commit.group }, context))
        this.#groups.add(commit.group)
      }
      const protocol = this.#protocol!
      await this.#guard(commitInTransaction(this.#cluster, { owner, commit, protocol }, context))
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  /** All that was sent has to be answered before. Rejects when the transaction is broken: then it is to be aborted. */
  async commit(context: CallContext): Promise<void> {
    this.#throwIfBroken()
    try {
      await this.#end('commit', context)
    } catch (error) {
      if (this.#phase === 'open') {
        // Nobody knows how it ended: the next begin asks for a new epoch, which is given when the end is decided.
        this.#identity = null
        this.#forget()
      }
      throw error
    }
    this.#forget()
  }

  /** Takes back what was written. Nothing may be under way any more. */
  async abort(context: CallContext): Promise<void> {
    if (this.#phase === 'fenced') return
    const { name } = this.#protocol!
    try {
      await this.#end('abort', context)
      // Sequences of what was given up are unknown to the partitions: only a new epoch begins without doubt.
      if (name === 'v1') this.#identity = null
    } catch (error) {
      this.#identity = null
      throw error
    } finally {
      this.#forget()
      this.#engine.restartSequences()
    }
  }

  async #end(outcome: 'commit' | 'abort', context: CallContext): Promise<void> {
    if (!this.#isKnown) return
    const owner = this.#owner()
    const protocol = this.#protocol!
    const next = await this.#guard(endTransaction(this.#cluster, { owner, outcome, protocol }, context))
    const isSame = next.producerId === owner.producerId && next.producerEpoch === owner.producerEpoch
    if (isSame) return
    this.#identity = next
    if (outcome === 'commit') this.#engine.restartSequences()
  }

  #forget(): void {
    if (this.#phase !== 'fenced') this.#phase = 'idle'
    this.#isKnown = false
    this.#added.clear()
    this.#toAdd.clear()
    this.#groups.clear()
  }

  #owner(): TransactionOwner {
    return { transactionalId: this.transactionalId, ...this.#identity! }
  }

  #throwIfBroken(): void {
    if (this.#phase === 'open') return
    if (this.#failure !== null) throw this.#failure
    throw new KafkaError('NO_TRANSACTION', 'the transaction is over')
  }

  async #findProtocol(context: CallContext): Promise<TransactionProtocol> {
    const target = { kind: 'transaction-coordinator', transactionalId: this.transactionalId } as const
    return protocolOf(await this.#cluster.connectionTo(target, context))
  }

  /** Tells the coordinator of the partitions that wait, until none does. */
  async #addWaiting(): Promise<void> {
    try {
      while (this.#toAdd.size > 0 && this.#phase === 'open') {
        const partitions = [...this.#toAdd.values()]
        this.#toAdd.clear()
        const context = this.#cluster.context({ timeoutMs: this.#engine.options.deliveryTimeoutMs })
        await this.#guard(addPartitions(this.#cluster, { owner: this.#owner(), partitions }, context))
        for (const { topic, partition } of partitions) this.#added.add(partitionKey(topic, partition))
      }
    } catch (error) {
      this.failed(error)
    }
  }

  /** Whoever is fenced stays so. */
  async #guard<T>(request: Promise<T>): Promise<T> {
    try {
      return await request
    } catch (error) {
      if (isBrokerError(error, ErrorCode.PRODUCER_FENCED)) {
        this.#phase = 'fenced'
        this.#failure = error
        this.#engine.giveUp(error)
      }
      throw error
    }
  }
}
