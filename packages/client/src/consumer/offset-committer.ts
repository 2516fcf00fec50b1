/** Commits offsets: on demand, from time to time, and before partitions are given away. */
import { ErrorCode } from '@ottla/protocol'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { isBrokerError } from '../errors.ts'
import { delay } from '../time/delay.ts'
import type { TopicPartition } from '../topic-partition.ts'
import type { ResolvedConsumerOptions } from './consumer-options.ts'
import { type CommitIdentity, commitOffsets, NO_MEMBER, type OffsetAndMetadata } from './group-offsets.ts'
import type { PartitionState } from './partition-state.ts'

export interface OffsetCommitterOptions {
  readonly cluster: Cluster
  readonly options: ResolvedConsumerOptions
  readonly partitions: ReadonlyMap<string, PartitionState>
  /** The membership under which offsets are committed; null: partitions are assigned by hand. */
  readonly identity: () => CommitIdentity | null
  readonly onCommitted: (offsets: readonly (TopicPartition & OffsetAndMetadata)[]) => void
  /** A commit that nobody asked for has failed. */
  readonly onTrouble: (error: Error) => void
}

/** Before partitions are given away a commit may take so long. */
const LAST_COMMIT_MS = 5000

export class OffsetCommitter {
  readonly #parts: OffsetCommitterOptions
  readonly #committed = new Map<PartitionState, number>()
  #dueAt: number
  #isCommitting = false

  constructor(parts: OffsetCommitterOptions) {
    this.#parts = parts
    this.#dueAt = parts.cluster.env.clock.monotonic() + parts.options.autoCommitIntervalMs
  }

  async commit(offsets: readonly (TopicPartition & OffsetAndMetadata)[], context: CallContext): Promise<void> {
    const { cluster, options, identity, onCommitted } = this.#parts
    if (offsets.length === 0) return
    const group = options.groupId!
    const startedAt = cluster.env.clock.monotonic()
    for (;;) {
      try {
        await commitOffsets(cluster, { group, identity: identity() ?? NO_MEMBER, offsets }, context)
        cluster.telemetry.committed(group, offsets, { startedAt, error: null })
        onCommitted(offsets)
        return
      } catch (error) {
        // The coordinator gave the member a new epoch, and the answer that tells it is on its way.
        const isBetweenEpochs = isBrokerError(error, ErrorCode.STALE_MEMBER_EPOCH)
        const waitMs = cluster.options.retryBackoff.initialMs
        if (!isBetweenEpochs || context.deadline.remainingMs <= waitMs) {
          cluster.telemetry.committed(group, offsets, { startedAt, error })
          throw error
        }
        await delay(cluster.env, waitMs, context.signal)
      }
    }
  }

  /** With autoCommit: commits in the background when the interval is over. */
  commitIfDue(): void {
    const { cluster, options, onTrouble } = this.#parts
    if (!options.autoCommit || this.#isCommitting) return
    const now = cluster.env.clock.monotonic()
    if (now < this.#dueAt) return
    this.#dueAt = now + options.autoCommitIntervalMs
    this.#isCommitting = true
    this.#commitConsumed(cluster.context({}))
      .catch((error) => {
        cluster.env.logger.warn('automatic commit failed', { group: options.groupId, error })
        onTrouble(error)
      })
      .finally(() => {
        this.#isCommitting = false
      })
  }

  /** With autoCommit: commits what is done. Never rejects: what could not be committed is read again, by whoever gets the partition. */
  async commitBeforeLeaving(context?: CallContext): Promise<void> {
    const { cluster, options, onTrouble } = this.#parts
    if (!options.autoCommit) return
    try {
      await this.#commitConsumed(context ?? cluster.context({ timeoutMs: LAST_COMMIT_MS }))
    } catch (error) {
      cluster.env.logger.warn('the last commit before partitions are given away failed', {
        group: options.groupId,
        error,
      })
      onTrouble(error as Error)
    }
  }

  async #commitConsumed(context: CallContext): Promise<void> {
    const { partitions } = this.#parts
    const due: (TopicPartition & OffsetAndMetadata)[] = []
    const states: [PartitionState, number][] = []
    for (const state of partitions.values()) {
      const { topic, partition, consumed, consumedEpoch } = state
      if (consumed === null || this.#committed.get(state) === consumed) continue
      due.push({ topic, partition, offset: consumed, leaderEpoch: consumedEpoch })
      states.push([state, consumed])
    }
    await this.commit(due, context)
    const current = new Set(partitions.values())
    for (const [state, offset] of states) this.#committed.set(state, offset)
    for (const state of this.#committed.keys()) if (!current.has(state)) this.#committed.delete(state)
  }
}
