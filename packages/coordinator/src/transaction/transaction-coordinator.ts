/**
 * The transaction coordinator of a broker: the partitions of `__transaction_state` that it leads, and the requests about the
 * transactional ids on them.
 */
import {
  type AddOffsetsToTxnRequest,
  type AddOffsetsToTxnResponse,
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponse,
  type EndTxnRequest,
  type EndTxnResponse,
  ErrorCode,
  type Init,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  type ListTransactionsRequest,
  type ListTransactionsResponse,
  partitionForGroup,
} from '@ottla/protocol'
import type { LoadOutcome, ShardCounts } from '@ottla/runtime'
import { type Found, type LedLog, LedPartitions } from '../led-partitions.ts'
import type { CompilePattern, MarkerReport, TransactionEnv } from './ports.ts'
import { ProducerRequests, type TransactionRequestContext } from './producer-requests.ts'
import { TransactionAdmin } from './transaction-admin.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import { TransactionPartition } from './transaction-partition.ts'

export interface TransactionCoordinatorOptions {
  readonly env: TransactionEnv
  /** Asked whenever a setting is needed, as settings and the finalized feature level may change. */
  readonly config: () => TransactionCoordinatorConfig
  /** The partition of `__consumer_offsets` that a group belongs to: `partitionFor` of the group coordinator. */
  readonly offsetsPartitionFor: (groupId: string) => number
  readonly compilePattern: CompilePattern
}

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #partitions = new LedPartitions<TransactionPartition>()
  readonly #producers: ProducerRequests
  readonly #admin: TransactionAdmin

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
    const { env, config, offsetsPartitionFor, compilePattern } = options
    const route = (transactionalId: string) => this.#route(transactionalId)
    this.#producers = new ProducerRequests({ route, config, producerIds: env.producerIds, offsetsPartitionFor })
    this.#admin = new TransactionAdmin({
      route,
      partitions: () => this.#partitions.all(),
      isLoading: () => this.#partitions.isLoading,
      nowMs: () => env.clock.now(),
      compilePattern,
    })
  }

  /** The partition of `__transaction_state` that a transactional id belongs to. */
  partitionFor(transactionalId: string): number {
    return partitionForGroup(transactionalId, this.#options.config().transactionStatePartitions)
  }

  /**
   * This broker became leader of a partition of `__transaction_state`: loads it, serves its ids, and has the markers sent of what
   * had ended. Until then clients are answered COORDINATOR_LOAD_IN_PROGRESS. Resolves with 'stale' when a newer epoch is known,
   * 'overtaken' when one came while loading. Rejects with what reading threw.
   */
  load(partition: number, epoch: number, { batches, writer }: LedLog): Promise<LoadOutcome> {
    const { env, config } = this.#options
    return this.#partitions.load(partition, epoch, (signal) =>
      TransactionPartition.open({ partition, epoch, env, config, writer, batches, signal }),
    )
  }

  /** Another broker leads the partition since `epoch`. Who waits is answered NOT_COORDINATOR; markers are its to send. */
  unload(partition: number, epoch: number): void {
    this.#partitions.unload(partition, epoch)
  }

  /** The partition is no more: `__transaction_state` was deleted. */
  forget(partition: number): void {
    this.#partitions.forget(partition)
  }

  /** All of the partition's log below `offset` will stay. Calls of another epoch than the served one are ignored. */
  committed(partition: number, epoch: number, offset: number): void {
    this.#partitions.committed(partition, epoch, offset)
  }

  /** A write to the partition's log failed, and the log now ends at `logEndOffset`. */
  failed(partition: number, epoch: number, failure: { error: Error; logEndOffset: number }): void {
    this.#partitions.failed(partition, epoch, failure)
  }

  /**
   * What became of markers, in the partition and epoch that they named. Resolves when the report needs no more care; one of another epoch
   * than the served one is ignored.
   */
  async markersWritten(partition: number, coordinatorEpoch: number, report: MarkerReport): Promise<void> {
    await this.#partitions.servedIn(partition, coordinatorEpoch)?.markersWritten(report)
  }

  /** Topics were deleted: transactions that have ended do not wait for markers in them. */
  async topicsDeleted(names: readonly string[]): Promise<void> {
    await Promise.all([...this.#partitions.all()].map((partition) => partition.dropTopics(names)))
  }

  /** Partitions of the topic that this broker leads, by state. */
  partitionCounts(): ShardCounts {
    return this.#partitions.counts()
  }

  /** Ends all service. Who waits, and who comes later, is answered COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#partitions.close()
  }

  /** The partition in service that holds the id, for tests and diagnostics. */
  inspect(transactionalId: string): TransactionPartition | undefined {
    const found = this.#route(transactionalId)
    return 'partition' in found ? found.partition : undefined
  }

  /** For metrics. */
  counts(): { readonly partitions: number; readonly transactionalIds: number; readonly unfinished: number } {
    let [partitions, transactionalIds, unfinished] = [0, 0, 0]
    for (const { shard } of this.#partitions.all()) {
      partitions += 1
      transactionalIds += shard.transactions.size
      unfinished += shard.markers.size
    }
    return { partitions, transactionalIds, unfinished }
  }

  initProducerId(
    request: InitProducerIdRequest,
    context: TransactionRequestContext,
  ): Promise<Init<typeof InitProducerIdResponse>> {
    return this.#producers.initProducerId(request, context)
  }

  addPartitionsToTxn(
    request: AddPartitionsToTxnRequest,
    context: TransactionRequestContext,
  ): Promise<Init<typeof AddPartitionsToTxnResponse>> {
    return this.#producers.addPartitionsToTxn(request, context)
  }

  addOffsetsToTxn(
    request: AddOffsetsToTxnRequest,
    context: TransactionRequestContext,
  ): Promise<Init<typeof AddOffsetsToTxnResponse>> {
    return this.#producers.addOffsetsToTxn(request, context)
  }

  endTxn(request: EndTxnRequest, context: TransactionRequestContext): Promise<Init<typeof EndTxnResponse>> {
    return this.#producers.endTxn(request, context)
  }

  describeTransactions(request: DescribeTransactionsRequest): Init<typeof DescribeTransactionsResponse> {
    return this.#admin.describeTransactions(request)
  }

  listTransactions(request: ListTransactionsRequest): Init<typeof ListTransactionsResponse> {
    return this.#partitions.isClosed
      ? { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }
      : this.#admin.listTransactions(request)
  }

  #route(transactionalId: string): Found<TransactionPartition> {
    return this.#partitions.find(this.partitionFor(transactionalId))
  }
}
