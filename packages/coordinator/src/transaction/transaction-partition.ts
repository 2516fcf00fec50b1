/** One partition of `__transaction_state` in service: a shard, its runtime and its log. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import {
  type Instant,
  type LoadedRecords,
  loadShard,
  type ReplyToken,
  ShardRuntime,
  type Unloadable,
} from '@ottla/runtime'
import type { PartitionWriter, StoredBatches } from '../ports.ts'
import { SkippedRecords } from '../skipped-records.ts'
import { topicsOf } from './partition-set.ts'
import type { MarkerReport, TransactionEnv } from './ports.ts'
import { NeedsProducerIdError } from './producer-answer.ts'
import { outcomeOf } from './transaction.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import { decodeTransactionRecord, encodeTransactionRecord, type TransactionRecord } from './transaction-record-codec.ts'
import * as decide from './transaction-requests.ts'
import { TransactionShard } from './transaction-shard.ts'
import type {
  TransactionChange,
  TransactionDecision,
  TransactionMessage,
  TransactionTimer,
} from './transaction-turn.ts'

export interface OpenTransactionPartition {
  readonly partition: number
  readonly epoch: number
  readonly env: TransactionEnv
  readonly config: () => TransactionCoordinatorConfig
  readonly writer: PartitionWriter
  readonly batches: StoredBatches
  readonly signal: AbortSignal
}

type TransactionRuntime = ShardRuntime<
  TransactionShard,
  TransactionRecord,
  TransactionChange,
  TransactionTimer,
  TransactionMessage
>

export class TransactionPartition implements Unloadable {
  readonly partition: number
  readonly epoch: number
  readonly shard: TransactionShard
  readonly #env: TransactionEnv
  readonly #runtime: TransactionRuntime

  private constructor(options: OpenTransactionPartition, shard: TransactionShard, endOffset: number) {
    const { partition, epoch, env, config, writer } = options
    this.partition = partition
    this.epoch = epoch
    this.shard = shard
    this.#env = env
    this.#runtime = new ShardRuntime({
      shard,
      registry: shard.registry,
      writer: {
        append: (records) => {
          const { transactionVersion } = config()
          const encoded = records.map((record) => encodeTransactionRecord(record, transactionVersion))
          return writer.append(encoded, { timestampMs: env.clock.now() })
        },
      },
      clock: env.clock,
      timers: env.timers,
      endOffset,
      onMessage: (message) => this.#handle(message),
      onTimerError: (error) =>
        env.log.warn('a timer of the transaction coordinator waits for the log', { partition, error }),
      commitTimeout: {
        afterMs: config().commitTimeoutMs,
        error: () => new ApiError(ErrorCode.REQUEST_TIMED_OUT),
      },
    })
  }

  /** Loads the log and goes into service. Rejects with what reading threw, or the signal's reason. */
  static async open(options: OpenTransactionPartition): Promise<TransactionPartition> {
    const { partition, epoch, env, config, batches, signal } = options
    const shard = new TransactionShard(config)
    const skipped = new SkippedRecords()
    const source = recordsOf(batches, skipped)
    const { recordCount, durationMs, endOffset } = await loadShard({
      shard,
      source,
      clock: env.clock,
      timers: env.timers,
      signal,
    })
    skipped.tell(env.log, 'records of the transaction coordinator were skipped', partition)
    const fields = { partition, epoch, records: recordCount, transactionalIds: shard.transactions.size, durationMs }
    env.log.info('transaction coordinator loaded a partition', fields)
    const opened = new TransactionPartition(options, shard, endOffset)
    opened.#runtime.start()
    return opened
  }

  /** Whether requests are still answered; false once unloaded. */
  get isOpen(): boolean {
    return !this.#runtime.isClosed
  }

  /** Requests that have no answer yet. */
  get waitingCount(): number {
    return this.#runtime.waitingCount
  }

  /** Too much waits for the log: nobody else is served before some of it is written. */
  get isBehind(): boolean {
    return this.#runtime.isBehind
  }

  /** Key and due time of each timer, for tests and diagnostics. */
  pendingTimers(): Iterable<[key: string, atMonotonicMs: number]> {
    return this.#runtime.pendingTimers()
  }

  /** Resolves with what the decision replies. Rejects with ApiError. */
  submit<V>(decide: (asked: decide.Asked) => TransactionDecision): Promise<V> {
    return this.#runtime.submit<V>((shard: TransactionShard, token: ReplyToken, now: Instant) =>
      decide({ shard, token, now }),
    )
  }

  /** Likewise; when the decision needs a producer id, gets one and decides again. Rejects with ApiError, also when there is no id. */
  async submitWithId<V>(decide: (asked: decide.AskedWithId) => TransactionDecision): Promise<V> {
    try {
      return await this.submit<V>((asked) => decide({ ...asked, spareProducerId: null }))
    } catch (error) {
      if (!(error instanceof NeedsProducerIdError)) throw error
    }
    const spareProducerId = await this.#env.producerIds.next()
    return this.submit<V>((asked) => decide({ ...asked, spareProducerId }))
  }

  /**
   * Takes a report until it is part of the committed state, or the partition is unloaded: a report that is lost would leave its
   * transaction waiting for ever.
   */
  markersWritten(report: MarkerReport): Promise<void> {
    return this.#insist((asked, when) => decide.markersWritten(asked, report, when))
  }

  dropTopics(topics: readonly string[]): Promise<void> {
    return this.#insist((asked) => decide.dropTopics(asked, topics))
  }

  /** Reads the state as committed. Throws ApiError when unloaded. */
  query<V>(read: (shard: TransactionShard, offset: number) => V): V {
    return this.#runtime.query(read)
  }

  committed(offset: number): void {
    this.#runtime.committed(offset)
  }

  failed(error: Error, endOffset: number): void {
    this.#runtime.failed(error, endOffset)
  }

  unload(error: Error): void {
    this.#runtime.unload(error)
  }

  /** A decision that writes nothing is not refused by the log; what takes it back is a failure of what was written before. */
  async #insist(decide: (asked: decide.Asked, when: 'now' | 'later') => TransactionDecision): Promise<void> {
    let when: 'now' | 'later' = 'now'
    while (this.isOpen) {
      try {
        await this.submit((asked) => decide(asked, when))
        return
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        when = 'later'
      }
    }
  }

  #handle(message: TransactionMessage): void {
    switch (message.kind) {
      case 'log':
        this.#env.log.info(message.text, message.fields)
        break
      case 'needs-producer-id':
        void this.#timeOutWithId(message)
        break
      case 'markers':
        this.#sendMarkers(message)
        break
    }
  }

  #sendMarkers({ transaction, partitions }: Extract<TransactionMessage, { kind: 'markers' }>): void {
    const { transactionalId, producerId, producerEpoch, clientTransactionVersion } = transaction
    const progress = this.shard.markers.get(transactionalId)
    // All its topics were deleted while the decision was on its way to the disk.
    if (progress === undefined) return
    this.#env.markers.send({
      partition: this.partition,
      coordinatorEpoch: this.epoch,
      transactionalId,
      decidedAt: progress.decidedAt,
      producerId,
      producerEpoch,
      outcome: outcomeOf(transaction),
      transactionVersion: clientTransactionVersion,
      topics: topicsOf(partitions),
    })
  }

  /** When this fails, the next search for transactions that take too long finds it again. */
  async #timeOutWithId(message: Extract<TransactionMessage, { kind: 'needs-producer-id' }>): Promise<void> {
    try {
      const spareProducerId = await this.#env.producerIds.next()
      await this.submit((asked) => decide.timeOut({ ...asked, spareProducerId }, message))
    } catch (error) {
      const { transactionalId } = message
      this.#env.log.warn('a transaction that takes too long is not aborted yet', { transactionalId, error })
    }
  }
}

async function* recordsOf(
  batches: StoredBatches,
  skipped: SkippedRecords,
): AsyncGenerator<LoadedRecords<TransactionRecord>> {
  for await (const { records, nextOffset } of batches) yield { records: decodedRecords(records, skipped), nextOffset }
}

function* decodedRecords(
  records: Iterable<Parameters<typeof decodeTransactionRecord>[0]>,
  skipped: SkippedRecords,
): IterableIterator<{ offset: number; record: TransactionRecord }> {
  for (const stored of records) {
    const record = decodeTransactionRecord(stored)
    if (record.kind === 'skipped') skipped.add(record.reason)
    else yield { offset: stored.offset, record }
  }
}
