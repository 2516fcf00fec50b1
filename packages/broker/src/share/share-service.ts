/** Share groups as the leaders of partitions serve them: who reads what, and the state of each share partition that is in use here. */
import type { SharePersister } from '@ottla/coordinator'
import { ErrorCode } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { DeadLetterWriter } from './dead-letter/dead-letter-writer.ts'
import type { AcknowledgementBatch } from './partition/acknowledgement.ts'
import { toClientError } from './share-errors.ts'
import { ShareLeader } from './share-leader.ts'
import { ShareMetrics } from './share-metrics.ts'
import { partitionKey, type TopicIdPartition } from './share-partition-key.ts'
import { type ShareSession, ShareSessions } from './share-sessions.ts'
import { type ShareSettings, shareSettings } from './share-settings.ts'
import type { Decided, WriteOutcome } from './state-writer.ts'

/** The leader of a share partition, or why there is none here. */
export type FoundLeader =
  | { readonly kind: 'leader'; readonly leader: ShareLeader }
  | { readonly kind: 'failed'; readonly error: number; readonly message: string }

export interface PartitionAcknowledgement {
  readonly of: TopicIdPartition
  readonly batches: readonly AcknowledgementBatch[]
}

export class ShareService {
  readonly sessions: ShareSessions
  readonly metrics = new ShareMetrics()
  readonly #broker: BrokerContext
  readonly #persister: SharePersister
  readonly #deadLetters: DeadLetterWriter
  /** By group, then by partition. */
  readonly #groups = new Map<string, Map<string, ShareLeader>>()

  constructor(broker: BrokerContext, persister: SharePersister) {
    this.#broker = broker
    this.#persister = persister
    this.#deadLetters = new DeadLetterWriter(broker, this.metrics)
    this.sessions = new ShareSessions(
      () => broker.config.values['group.share.max.share.sessions'],
      (session) => this.#sessionClosed(session),
    )
  }

  /** Share partitions in memory, for diagnostics. */
  *leaders(): IterableIterator<ShareLeader> {
    for (const leaders of this.#groups.values()) yield* leaders.values()
  }

  settings(groupId: string): ShareSettings {
    return shareSettings(this.#broker, groupId)
  }

  /** The leader of a share partition; its state may still have to be loaded. */
  leader(groupId: string, of: TopicIdPartition): FoundLeader {
    const known = this.#find(groupId, of)
    if (known !== undefined) return { kind: 'leader', leader: known }
    const { replica, error } = this.#broker.replicas.findById(of.topicId, of.partition)
    if (replica === undefined) return { kind: 'failed', error, message: 'The partition is not here.' }
    const leaderError = replica.leaderError(-1)
    if (leaderError !== ErrorCode.NONE) return { kind: 'failed', error: leaderError, message: 'Not led here.' }
    const { env, deadlines } = this.#broker
    const leader = new ShareLeader({
      groupId,
      replica,
      persister: this.#persister,
      clock: env.clock,
      defer: (fn) => env.timers.defer(fn),
      deadlines,
      logger: env.logger.child('share'),
      metrics: this.metrics,
      settings: () => this.settings(groupId),
      bury: (from, letters, copied) => this.#deadLetters.bury(from, letters, copied),
      onGone: (gone) => this.#forget(gone),
      onIdle: (idle) => this.#unloadIfUnused(idle),
    })
    this.#keep(leader)
    leader.start()
    return { kind: 'leader', leader }
  }

  /** What a member decides about records of one partition; `told` is called once, with what the member is told. */
  acknowledge(session: ShareSession, { of, batches }: PartitionAcknowledgement, told: Decided): void {
    const { groupId, memberId } = session
    const leader = this.#find(groupId, of)
    if (leader === undefined) told(this.#notLoaded(of))
    else leader.acknowledge(memberId, batches, ({ error, message }) => told({ error: toClientError(error), message }))
  }

  /** The broker stops: nothing is stored or copied any more. */
  close(): void {
    this.#deadLetters.close()
    for (const leader of [...this.leaders()]) {
      leader.end({ error: ErrorCode.NOT_LEADER_OR_FOLLOWER, message: 'The broker stops.' })
    }
  }

  #notLoaded(of: TopicIdPartition): WriteOutcome {
    const { error } = this.#broker.replicas.findById(of.topicId, of.partition)
    if (error !== ErrorCode.NONE) return { error, message: 'The partition is not here.' }
    return { error: ErrorCode.INVALID_RECORD_STATE, message: 'The member holds nothing.' }
  }

  #sessionClosed(session: ShareSession): void {
    this.metrics.closedSessions += 1
    const { groupId, memberId } = session
    // Also partitions that the member has dropped from its session: it may hold records of them.
    for (const leader of [...(this.#groups.get(groupId)?.values() ?? [])]) leader.release(memberId)
  }

  #unloadIfUnused(leader: ShareLeader): void {
    if (!leader.isIdle || this.sessions.isRead(leader.groupId, leader.replica)) return
    leader.end({ error: ErrorCode.NOT_LEADER_OR_FOLLOWER, message: 'Nobody reads it.' })
  }

  #find(groupId: string, of: TopicIdPartition): ShareLeader | undefined {
    return this.#groups.get(groupId)?.get(partitionKey(of))
  }

  #keep(leader: ShareLeader): void {
    const { groupId, replica } = leader
    const leaders = this.#groups.get(groupId) ?? new Map<string, ShareLeader>()
    this.#groups.set(groupId, leaders.set(partitionKey(replica), leader))
  }

  #forget({ groupId, replica }: ShareLeader): void {
    const leaders = this.#groups.get(groupId)
    leaders?.delete(partitionKey(replica))
    if (leaders?.size === 0) this.#groups.delete(groupId)
  }
}
