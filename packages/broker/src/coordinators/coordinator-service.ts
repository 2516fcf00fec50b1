/**
 * A coordinator of a broker, tied to the replicas of its internal topic: loads a partition when this broker comes to lead it, tells what is
 * committed and what was taken back, and lets it go with the leadership.
 */
import type { PartitionWriter, StoredBatches } from '@ottla/coordinator'
import type { Logger } from '@ottla/env'
import { ApiError, ErrorCode } from '@ottla/protocol'
import type { ShardCounts } from '@ottla/runtime'
import type { Replica, ReplicaWatcher } from '../replica/replica.ts'
import type { ReplicaObserver } from '../replica/replica-registry.ts'
import { LoadSlots } from './load-slots.ts'
import { ReplicaWriter } from './replica-writer.ts'
import { storedBatches } from './stored-batches.ts'

/** Where a partition is read from and written to, in one epoch. */
export interface CoordinatorLog {
  /** Read once, from the log start; ends at the log end. */
  readonly batches: StoredBatches
  readonly writer: PartitionWriter
}

/** A coordinator whose state is a topic. All calls come in the turn of what they tell of. */
export interface ReplicatedCoordinator {
  /** This broker leads the partition since `epoch`. Rejects with what reading threw. */
  load(partition: number, epoch: number, log: CoordinatorLog): Promise<unknown>
  /** Another broker does. */
  unload(partition: number, epoch: number): void
  /** The partition is no more, or its log cannot be used. */
  forget(partition: number): void
  /** All below `offset` will stay. */
  committed(partition: number, epoch: number, offset: number): void
  /** A write failed, and the log now ends at `logEndOffset`. */
  failed(partition: number, epoch: number, failure: { readonly error: Error; readonly logEndOffset: number }): void
  /** Topics of users were deleted, which the state may speak of. */
  topicsDeleted?(names: readonly string[]): Promise<void>
  /** Partitions of the topic that this broker leads, by state. */
  partitionCounts(): ShardCounts
  /** Ends all service. */
  close(): void
}

export interface CoordinatorServiceOptions<C extends ReplicatedCoordinator> {
  /** The internal topic that the coordinator writes. */
  readonly topic: string
  readonly coordinator: C
  readonly logger: Logger
}

export class CoordinatorService<out C extends ReplicatedCoordinator> implements ReplicaObserver, ReplicaWatcher {
  readonly topic: string
  readonly coordinator: C
  readonly #logger: Logger
  readonly #replicas = new Set<Replica>()
  readonly #slots = new LoadSlots()

  constructor({ topic, coordinator, logger }: CoordinatorServiceOptions<C>) {
    this.topic = topic
    this.coordinator = coordinator
    this.#logger = logger
  }

  /** Waits until what was written so far is committed, or failed. */
  async settle(): Promise<void> {
    const flushes = [...this.#replicas].filter(isServing).map(async (replica) => replica.log.flush())
    await Promise.allSettled(flushes)
  }

  onReplica(replica: Replica): void {
    if (replica.topic !== this.topic) return
    if (!replica.isLeader) {
      this.coordinator.unload(replica.partition, replica.leaderEpoch)
      return
    }
    this.#replicas.add(replica)
    replica.watch(this)
    replica.whenReady(() => this.#load(replica))
  }

  onStopped(replica: Replica): void {
    if (replica.topic !== this.topic) return
    this.#replicas.delete(replica)
    replica.unwatch(this)
    this.coordinator.forget(replica.partition)
  }

  onVisible(replica: Replica): void {
    this.coordinator.committed(replica.partition, replica.leaderEpoch, replica.highWatermark)
  }

  onChanged(replica: Replica): void {
    const error = replica.leaderError(-1)
    if (error === ErrorCode.NONE || !replica.isReady) return
    // A log that cannot be used now may be opened again in the same epoch.
    if (error === ErrorCode.KAFKA_STORAGE_ERROR) this.coordinator.forget(replica.partition)
    else this.coordinator.unload(replica.partition, replica.leaderEpoch)
  }

  onReverted(replica: Replica, endOffset: number): void {
    const error = new ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
    this.coordinator.failed(replica.partition, replica.leaderEpoch, { error, logEndOffset: endOffset })
  }

  #load(replica: Replica): void {
    if (replica.leaderError(-1) !== ErrorCode.NONE) return
    const { topic, partition, leaderEpoch } = replica
    const log = { batches: storedBatches(replica, this.#slots), writer: new ReplicaWriter(replica, leaderEpoch) }
    this.coordinator.load(partition, leaderEpoch, log).catch((error: unknown) => {
      this.#logger.error('the partition of a coordinator cannot be loaded', { topic, partition, error })
    })
  }
}

function isServing(replica: Replica): boolean {
  return replica.isReady && replica.leaderError(-1) === ErrorCode.NONE
}
