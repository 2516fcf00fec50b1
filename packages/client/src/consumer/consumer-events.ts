/** What a consumer tells of itself, beside records. */
import type { TopicPartition } from '../topic-partition.ts'
import type { OffsetAndMetadata } from './group-offsets.ts'

/**
 * What does not go on:
 *
 * - `poll`: the application did not ask for records for maxPollIntervalMs. The member has left its group, so that others read on; the next `poll` (or
 *   step of the iteration) joins again.
 * - `process`: a handler of `run` has not finished with a partition for maxPollIntervalMs. The member stays, the partition waits.
 * - `group`: the group's coordinator has not confirmed the membership for stallAfterMs: it is away, or a rebalance does not end.
 * - `fetch`: partitions from which records are wanted could not be read for stallAfterMs: no leader, no position, no answer.
 */
export type StallKind = 'poll' | 'process' | 'group' | 'fetch'

export interface Stall {
  readonly kind: StallKind
  /** For how long, in milliseconds. */
  readonly sinceMs: number
  /** Those that stand still; all that are assigned for `poll` and `group`. */
  readonly partitions: readonly TopicPartition[]
  /** The last error, where there was one since then. */
  readonly cause: Error | null
}

export interface ConsumerEvents {
  /** After the rebalance listener. */
  readonly assigned: { readonly partitions: readonly TopicPartition[] }
  readonly revoked: { readonly partitions: readonly TopicPartition[] }
  readonly lost: { readonly partitions: readonly TopicPartition[] }
  /** Offsets are with the coordinator. */
  readonly committed: { readonly offsets: readonly (TopicPartition & OffsetAndMetadata)[] }
  /** Something does not go on. Told once, until it goes on again. */
  readonly stalled: Stall
  /** What was told as stalled goes on. */
  readonly recovered: { readonly kind: StallKind; readonly afterMs: number }
  /** `retried`: the consumer goes on by itself. `thrown`: `poll`, `run` or the iteration rejects with it. */
  readonly error: { readonly error: Error; readonly kind: 'retried' | 'thrown' }
}
