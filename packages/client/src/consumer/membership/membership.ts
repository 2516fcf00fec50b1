/** A consumer's place in its group, whichever protocol the group speaks. */
import type { CallContext, Cluster } from '../../cluster/cluster.ts'
import type { ConnectionPool } from '../../connection/connection-pool.ts'
import type { TopicPartition } from '../../topic-partition.ts'
import type { ResolvedConsumerOptions } from '../consumer-options.ts'
import type { CommitIdentity } from '../group-offsets.ts'

/** All of them are waited for. They are called within `ensureJoined` alone. */
export interface MembershipEvents {
  /** The partitions go back to the group: the last moment to commit. */
  readonly onRevoke: (partitions: readonly TopicPartition[]) => Promise<void>
  /** The group went on without this member. */
  readonly onLost: () => Promise<void>
  /** All that this member has now; what it had before and still has goes on as it is. */
  readonly onAssigned: (partitions: readonly TopicPartition[]) => Promise<void>
}

export interface MembershipOptions extends MembershipEvents {
  readonly cluster: Cluster
  /** JoinGroup waits at the broker: it needs connections of its own. */
  readonly lane: ConnectionPool
  readonly group: string
  readonly options: ResolvedConsumerOptions
  /** The topics that are subscribed to, now. */
  readonly topics: () => readonly string[]
  /** What the coordinator matches with names of topics, now. */
  readonly pattern: () => string | null
  /** The partitions that are held, now. */
  readonly owned: () => readonly TopicPartition[]
  /** Resolves within the next `poll`, when the application holds no record; nothing is handed out then until `ensureJoined` is done. */
  readonly quiet: () => Promise<void>
  /** `poll` should call {@link Membership.ensureJoined}. */
  readonly onRejoinNeeded: () => void
  /** Something failed that is tried again. */
  readonly onTrouble: (error: unknown) => void
  /** The member has left the group: the application did not poll for maxPollIntervalMs. */
  readonly onStalled: () => void
}

export interface Membership {
  /** Under which offsets are committed. */
  readonly identity: CommitIdentity
  /** Nothing is to be done within `poll`. */
  readonly isStable: boolean
  /** Records may be handed out while it joins, until it asks for quiet. */
  readonly keepsPartitions: boolean
  /** Monotonic time of the last good answer of the coordinator; null before. */
  readonly heardAt: number | null
  /** Why this member will never be one again; null when it may. */
  readonly failure: Error | null
  /** Tells that the application is alive. */
  polled(): void
  /** The subscription changed: with the next {@link ensureJoined} the group hears of it. */
  requestRejoin(): void
  /** Looks whether topics of the group changed. */
  watchTopics(): void
  /** Joins, or moves partitions, if that is needed; several calls wait for the same. Rejects with what makes it impossible. */
  ensureJoined(): Promise<void>
  /** Leaves the group, so that its partitions go to others at once. A static member stays: it is expected back. */
  leave(context: CallContext): Promise<void>
}
