/**
 * The group coordinator of a broker, tied to the replicas of `__consumer_offsets`: loads a partition when this broker comes to lead it, tells what is
 * committed and what was taken back, and lets it go with the leadership.
 */
import type { GroupCoordinator } from '@ottla/coordinator'
import type { Logger } from '@ottla/env'
import { ApiError, ErrorCode } from '@ottla/protocol'
import { GROUP_METADATA_TOPIC } from '../internal-topics.ts'
import type { Replica, ReplicaWatcher } from '../replica/replica.ts'
import type { ReplicaObserver } from '../replica/replica-registry.ts'
import { ReplicaWriter } from './replica-writer.ts'
import { storedBatches } from './stored-batches.ts'

export class GroupService implements ReplicaObserver, ReplicaWatcher {
  readonly coordinator: GroupCoordinator
  readonly #logger: Logger
  readonly #replicas = new Set<Replica>()

  constructor(coordinator: GroupCoordinator, logger: Logger) {
    this.coordinator = coordinator
    this.#logger = logger
  }

  /** Waits until what was written so far is committed, or failed. */
  async settle(): Promise<void> {
    const flushes = [...this.#replicas].filter(isServing).map(async (replica) => replica.log.flush())
    await Promise.allSettled(flushes)
  }

  onReplica(replica: Replica): void {
    if (replica.topic !== GROUP_METADATA_TOPIC) return
    if (!replica.isLeader) {
      this.coordinator.unload(replica.partition, replica.leaderEpoch)
      return
    }
    this.#replicas.add(replica)
    replica.watch(this)
    replica.whenReady(() => this.#load(replica))
  }

  onStopped(replica: Replica): void {
    if (replica.topic !== GROUP_METADATA_TOPIC) return
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
    const epoch = replica.leaderEpoch
    const log = { batches: storedBatches(replica), writer: new ReplicaWriter(replica, epoch) }
    this.coordinator.load(replica.partition, epoch, log).catch((error: unknown) => {
      this.#logger.error('groups of a partition cannot be loaded', { partition: replica.partition, error })
    })
  }
}

function isServing(replica: Replica): boolean {
  return replica.isReady && replica.leaderError(-1) === ErrorCode.NONE
}
