/** How a consumer is, at one moment. */
import type { TopicPartition } from '../topic-partition.ts'
import type { ConsumerEngine } from './consumer-engine.ts'
import type { Stall } from './consumer-events.ts'

/** What a partition still holds for this consumer. */
export interface PartitionLag extends TopicPartition {
  readonly position: number | null
  /** End of what can be read; -1 before the first fetch. */
  readonly endOffset: number
  readonly lag: number
}

/**
 * - `idle`: nothing is subscribed to or assigned.
 * - `joining`: the group has not assigned anything yet, or moves partitions.
 * - `running`: all is well.
 * - `stalled`: see `stalls`.
 * - `failed`: it ended for good; each `poll` rejects with `lastError`.
 * - `closed`
 */
export type ConsumerState = 'idle' | 'joining' | 'running' | 'stalled' | 'failed' | 'closed'

/** Times are in milliseconds. */
export interface ConsumerHealth {
  readonly state: ConsumerState
  /** False when somebody should look: stalled, failed or closed. */
  readonly isHealthy: boolean
  readonly stalls: readonly Stall[]
  readonly assignment: readonly TopicPartition[]
  /** Since the application asked for records; null before it did. */
  readonly sinceLastPollMs: number | null
  /** Since the group's coordinator answered; null without a group, and before. */
  readonly sinceLastHeartbeatMs: number | null
  /** Since a broker answered a fetch, with records or without; null before. */
  readonly sinceLastFetchMs: number | null
  readonly lag: readonly PartitionLag[]
  /** Of all partitions together. */
  readonly totalLag: number
  /** The last error, be it one after which the consumer went on by itself. */
  readonly lastError: { readonly error: Error; readonly sinceMs: number } | null
}

/** How far behind the end each partition is, as the last fetches told. */
export function lagOf({ partitions, options }: ConsumerEngine): PartitionLag[] {
  return [...partitions.values()].map((state) => {
    const { topic, partition, position } = state
    const endOffset = options.isReadCommitted ? state.lastStableOffset : state.highWatermark
    return { topic, partition, position, endOffset, lag: position === null ? 0 : Math.max(0, endOffset - position) }
  })
}

export function healthOf(engine: ConsumerEngine): ConsumerHealth {
  const { cluster, membership, watch, fetcher, lastError } = engine
  const now = cluster.env.clock.monotonic()
  const since = (at: number | null | undefined) => (at === null || at === undefined ? null : Math.round(now - at))
  const { stalls } = watch
  const state = stateOf(engine, stalls)
  const lag = lagOf(engine)
  return {
    state,
    isHealthy: state === 'idle' || state === 'joining' || state === 'running',
    stalls,
    assignment: engine.assignment,
    sinceLastPollMs: since(engine.polledAt),
    sinceLastHeartbeatMs: since(membership?.heardAt),
    sinceLastFetchMs: since(fetcher.answeredAt),
    lag,
    totalLag: lag.reduce((sum, { lag: ofPartition }) => sum + ofPartition, 0),
    lastError: lastError === null ? null : { error: lastError.error, sinceMs: Math.round(now - lastError.at) },
  }
}

function stateOf(engine: ConsumerEngine, stalls: readonly Stall[]): ConsumerState {
  if (engine.isClosed) return 'closed'
  if ((engine.membership?.failure ?? null) !== null) return 'failed'
  if (stalls.length > 0) return 'stalled'
  if (engine.subscription === null && engine.partitions.size === 0) return 'idle'
  return engine.isSettled ? 'running' : 'joining'
}
