/** Sends records in transactions: all of one are seen, or none, by readers with isolation level read_committed. */
import type { CallContext, CallOptions, Cluster } from '../../cluster/cluster.ts'
import { ArgumentError, ClosedError, KafkaError } from '../../errors.ts'
import { abortable } from '../../time/delay.ts'
import type { SendOptions } from '../producer.ts'
import { ProducerEngine } from '../producer-engine.ts'
import type { ProducerOptions } from '../producer-options.ts'
import type { ProducerRecord, RecordMetadata } from '../producer-record.ts'
import type { OffsetsOfConsumer, OffsetToCommit, Transaction } from './transaction.ts'
import { TransactionSession } from './transaction-session.ts'

export interface TransactionalProducerOptions extends Omit<ProducerOptions, 'acks' | 'isIdempotent'> {
  /**
   * Name of this producer's work, the same over restarts, and of no other producer at the same time: the next holder of the name
   * fences this one, and what it left open is aborted.
   */
  readonly transactionalId: string
  /** The coordinator aborts a transaction that is open for longer. Default 60,000. */
  readonly transactionTimeoutMs?: number
}

export interface TransactionOptions extends CallOptions {
  /** How often the body may be run, in all, when the transaction has to be aborted for a reason that another attempt may not meet. Default 1. */
  readonly attempts?: number
}

/**
 * Writes in transactions: all records of one are seen, or none.
 *
 *     await producer.transaction(async (transaction) => {
 *       for (const record of await consumer.poll()) transaction.send({ topic: results, value: resultOf(record) })
 *       await transaction.sendOffsets(consumer)
 *     })
 */
export class TransactionalProducer implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #engine: ProducerEngine
  readonly #session: TransactionSession
  /** Transactions of one producer follow each other. */
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  /** Use `kafka.transactionalProducer()`. @internal */
  constructor(
    cluster: Cluster,
    { transactionalId, transactionTimeoutMs = 60_000, ...options }: TransactionalProducerOptions,
  ) {
    if (transactionalId === '') throw new ArgumentError('a transactional id is not empty')
    this.#cluster = cluster
    let session: TransactionSession | undefined
    this.#engine = new ProducerEngine(cluster, { ...options, acks: 'all' }, (engine) => {
      session = new TransactionSession(cluster, engine, { transactionalId, transactionTimeoutMs })
      return session
    })
    this.#session = session!
    cluster.roles.add(this)
  }

  /**
   * Runs the body in a transaction: commits when it returns, aborts when it throws or a record cannot be written. A call during another
   * one waits for its end. Rejects with what the body threw, with what went wrong, or with BrokerError PRODUCER_FENCED: another producer has the
   * transactional id now, for good. When the commit itself rejects with TimeoutError its outcome is unknown; all other errors mean that nothing counts.
   * A signal aborts the transaction, also while the body goes on; once the commit is under way it only ends the waiting.
   */
  transaction<T>(body: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const run = this.#last.then(() => this.#run(body, options))
    this.#last = run.catch(() => {})
    return abortable(run, options.signal)
  }

  /** Waits for the transaction under way, then closes its connections. A signal only ends the waiting. */
  close(options: SendOptions = {}): Promise<void> {
    this.#isClosed = true
    this.#cluster.roles.delete(this)
    return abortable(
      this.#last.then(() => this.#engine.close()),
      options.signal,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run<T>(
    body: (transaction: Transaction) => Promise<T>,
    { attempts = 1, ...call }: TransactionOptions,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(body, call)
      } catch (error) {
        if (attempt >= attempts || !(error instanceof Aborted && error.mayRepeat)) throw unwrapped(error)
      }
    }
  }

  async #attempt<T>(body: (transaction: Transaction) => Promise<T>, call: CallOptions): Promise<T> {
    if (this.#isClosed) throw new ClosedError('the producer')
    call.signal?.throwIfAborted()
    await this.#session.begin(this.#cluster.context(call))
    const scope = new Scope(this.#engine, this.#session, () => this.#cluster.context(call))
    let result: T
    try {
      result = await abortable(body(scope), call.signal)
      await abortable(scope.settle(), call.signal)
    } catch (error) {
      scope.end()
      await this.#abort(error)
      this.#session.throwIfFenced(error)
      throw error === scope.failure ? new Aborted(error) : error
    }
    try {
      await this.#session.commit(this.#cluster.context({ timeoutMs: call.timeoutMs }))
    } catch (error) {
      if (!this.#session.isOpen) throw error
      await this.#abort(error)
      throw new Aborted(error)
    }
    return result
  }

  /** What failed is more worth knowing than that the abort failed too: the coordinator aborts in the end. */
  async #abort(reason: unknown): Promise<void> {
    this.#session.failed(reason)
    await this.#engine.abandon(reason)
    try {
      await this.#session.abort(this.#cluster.context({}))
    } catch (error) {
      if (this.#session.isFenced) return
      this.#cluster.env.logger.warn('a transaction could not be aborted; its coordinator will do it', { error })
    }
  }
}

/** The transaction was aborted, for a reason that is not the body's own. */
class Aborted {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }

  get mayRepeat(): boolean {
    return this.reason instanceof KafkaError && !FINAL.has(this.reason.code)
  }
}

const FINAL = new Set(['PRODUCER_FENCED', 'CLOSED', 'RECORD_TOO_LARGE', 'CODEC_FAILED', 'INVALID_ARGUMENT'])

function unwrapped(error: unknown): unknown {
  return error instanceof Aborted ? error.reason : error
}

/** One run of a body. */
class Scope implements Transaction {
  readonly #engine: ProducerEngine
  readonly #session: TransactionSession
  readonly #context: () => CallContext
  readonly #pending = new Set<Promise<unknown>>()
  #isOver = false
  /** The first that went wrong with a record or with offsets. */
  failure: unknown = NOTHING

  constructor(engine: ProducerEngine, session: TransactionSession, context: () => CallContext) {
    this.#engine = engine
    this.#session = session
    this.#context = context
  }

  send<K = Buffer, V = Buffer>(record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    return this.#watch(() => this.#engine.send(record, undefined))
  }

  sendAll<K = Buffer, V = Buffer>(records: Iterable<ProducerRecord<K, V>>): Promise<RecordMetadata[]> {
    const all = Promise.all(Array.from(records, (record) => this.send(record)))
    // Who does not wait for it hears of a failure from the transaction.
    all.catch(() => {})
    return all
  }

  sendOffsets(consumer: OffsetsOfConsumer, offsets: Iterable<OffsetToCommit> = consumer.positions()): Promise<void> {
    const { groupId, generationId, memberId, groupInstanceId } = consumer.groupMetadata()
    const member = { generation: generationId, memberId, groupInstanceId }
    const commit = { group: groupId, member, offsets: [...offsets] }
    return this.#watch(async () => {
      if (commit.offsets.length > 0) await this.#session.commitOffsets(commit, this.#context())
    })
  }

  /** Waits for all that was sent, then takes no more. Rejects with the first failure. */
  async settle(): Promise<void> {
    await this.#engine.flush()
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    this.#isOver = true
    if (this.failure !== NOTHING) throw this.failure
  }

  end(): void {
    this.#isOver = true
  }

  #watch<T>(start: () => Promise<T>): Promise<T> {
    if (this.#isOver) return Promise.reject(new KafkaError('NO_TRANSACTION', 'the transaction is over'))
    const work = start()
    const watched = work
      .catch((error: unknown) => {
        if (this.failure === NOTHING) this.failure = error
      })
      .finally(() => this.#pending.delete(watched))
    this.#pending.add(watched)
    return work
  }
}

const NOTHING = Symbol('nothing')
