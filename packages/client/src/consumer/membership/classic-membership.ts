/**
 * Membership under the classic protocol:
 *
 *     out ── join (wait for all) ──► joined ── sync ──► stable ── heartbeats ──► stable
 *      ▲                                                  │
 *      └── told to rejoin, or forgotten by the group ─────┘
 *
 * Heartbeats run by a timer. Everything that moves partitions runs only within `poll` of the consumer, so that an application never
 * loses a partition while it works on its records, unless it takes longer than the group allows.
 */
import type { Timer } from '@ottla/env'
import { ErrorCode, type JoinGroupResponse, type Value } from '@ottla/protocol'
import { HEARTBEAT, JOIN_GROUP, LEAVE_GROUP, SYNC_GROUP } from '../../apis.ts'
import type { CallContext } from '../../cluster/cluster.ts'
import { BrokerError, isRetriable, KafkaError, throwBrokerError } from '../../errors.ts'
import { backoffMs } from '../../time/backoff.ts'
import { Deadline } from '../../time/deadline.ts'
import { delay } from '../../time/delay.ts'
import { partitionKey, type TopicPartition } from '../../topic-partition.ts'
import type { LastAssignment } from '../assignors/assignor.ts'
import type { CommitIdentity } from '../group-offsets.ts'
import { decideAssignments } from './assign.ts'
import { CONSUMER_PROTOCOL, decodeAssignment, encodeSubscription } from './consumer-protocol.ts'
import { fencedInstance } from './fenced-instance.ts'
import type { Membership, MembershipOptions } from './membership.ts'

const NO_GENERATION = -1
/** The broker answers a join when all have joined, or after the rebalance timeout: some more for the way. */
const JOIN_GRACE_MS = 5000

export class ClassicMembership implements Membership {
  readonly #parts: MembershipOptions
  #memberId = ''
  #generation = NO_GENERATION
  #last: LastAssignment = { partitions: [], generation: NO_GENERATION }
  #isStable = false
  #isRejoinNeeded = true
  /** Partitions are still held from before that are another member's by now. */
  #isLost = false
  #joining: Promise<void> | null = null
  #heartbeatTimer: Timer | null = null
  #heardAt: number | null = null
  #polledAt = 0
  #isClosed = false
  /** As leader: what the last assignment rests on. */
  #partitionCounts: ReadonlyMap<string, number> | null = null
  #fatal: Error | null = null

  constructor(parts: MembershipOptions) {
    this.#parts = parts
  }

  /** Under which offsets are committed. */
  get identity(): CommitIdentity {
    const { groupInstanceId } = this.#parts.options
    return { generation: this.#generation, memberId: this.#memberId, groupInstanceId }
  }

  get heardAt(): number | null {
    return this.#heardAt
  }

  get failure(): Error | null {
    return this.#fatal
  }

  get keepsPartitions(): boolean {
    return this.#parts.options.assignors.every(({ isCooperative }) => isCooperative === true)
  }

  get isStable(): boolean {
    return this.#isStable && !this.#isRejoinNeeded
  }

  /** Tells that the application is alive. */
  polled(): void {
    this.#polledAt = this.#parts.cluster.env.clock.monotonic()
  }

  /** Has the group assigned anew with the next {@link ensureJoined}. */
  requestRejoin(): void {
    if (this.#isRejoinNeeded) return
    this.#isRejoinNeeded = true
    this.#parts.onRejoinNeeded()
  }

  /** The leader has the group assigned anew when a topic grew, came or went. */
  watchTopics(): void {
    if (this.#partitionCounts === null) return
    const { metadata } = this.#parts.cluster
    for (const [topic, count] of this.#partitionCounts) {
      if (metadata.topic(topic)?.partitions.length !== count) this.requestRejoin()
    }
    for (const topic of this.#parts.topics()) {
      if (metadata.topic(topic) !== undefined && !this.#partitionCounts.has(topic)) this.requestRejoin()
    }
  }

  /** Joins, if that is needed; several calls wait for the same join. Rejects with what makes it impossible. */
  ensureJoined(): Promise<void> {
    if (this.#fatal !== null) return Promise.reject(this.#fatal)
    if (this.#parts.pattern() !== null) return Promise.reject(noPatterns(this.#parts.group))
    if (this.isStable) return Promise.resolve()
    this.#joining ??= this.#join().finally(() => {
      this.#joining = null
    })
    return this.#joining
  }

  /** Leaves the group, so that its partitions go to others at once. A static member stays: it is expected back. */
  async leave(context: CallContext): Promise<void> {
    this.#isClosed = true
    this.#heartbeatTimer?.cancel()
    const { groupInstanceId } = this.#parts.options
    if (this.#memberId === '' || groupInstanceId !== null) return
    await this.#sendLeave(context, 'the consumer is being closed')
  }

  async #join(): Promise<void> {
    const { cluster } = this.#parts
    // Heartbeats go on until all is given up: the application may take its time.
    await this.#giveUpBefore()
    this.#isStable = false
    for (let failures = 1; !this.#isClosed; failures += 1) {
      try {
        this.#isRejoinNeeded = false
        const partitions = await this.#joinOnce()
        this.#isStable = true
        this.#heardAt = cluster.env.clock.monotonic()
        this.#last = { partitions, generation: this.#generation }
        this.#scheduleHeartbeat()
        await this.#take(partitions)
        return
      } catch (error) {
        this.#isRejoinNeeded = true
        const waitMs = this.#afterFailedJoin(error, failures)
        if (waitMs > 0) await delay(cluster.env, waitMs)
      }
    }
  }

  /** What has to go before the group is asked: all, where members do not keep their partitions. */
  async #giveUpBefore(): Promise<void> {
    const { owned, topics, quiet, onLost, onRevoke } = this.#parts
    if (this.#isLost) {
      await quiet()
      this.#isLost = false
      await onLost()
      return
    }
    const wanted = new Set(topics())
    const leaving = this.keepsPartitions ? owned().filter(({ topic }) => !wanted.has(topic)) : owned()
    if (leaving.length === 0) return
    await quiet()
    await onRevoke(leaving)
  }

  /** What another member is to have is given up, and the group told so by another join (KIP-429). */
  async #take(partitions: readonly TopicPartition[]): Promise<void> {
    const { owned, quiet, onRevoke, onAssigned } = this.#parts
    await quiet()
    const keys = new Set(partitions.map(({ topic, partition }) => partitionKey(topic, partition)))
    const revoked = owned().filter(({ topic, partition }) => !keys.has(partitionKey(topic, partition)))
    if (revoked.length > 0) {
      await onRevoke(revoked)
      this.requestRejoin()
    }
    await onAssigned(partitions)
  }

  /** How long to wait before the next attempt. Throws what ends the membership. */
  #afterFailedJoin(error: unknown, failures: number): number {
    const { cluster, group, onTrouble } = this.#parts
    cluster.env.logger.debug('could not join the group', { group, error })
    const code = error instanceof BrokerError ? error.errorCode : null
    switch (code) {
      case ErrorCode.MEMBER_ID_REQUIRED:
      case ErrorCode.REBALANCE_IN_PROGRESS:
        return 0
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.ILLEGAL_GENERATION:
        if (code === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
        this.#generation = NO_GENERATION
        return 0
      case null:
        if (!isRetriable(error)) throw error
        cluster.coordinators.forget(group)
        break
      case ErrorCode.NOT_COORDINATOR:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
        cluster.coordinators.forget(group)
        break
      default:
        if (code === ErrorCode.FENCED_INSTANCE_ID) throw this.#fenced(error as BrokerError)
        if (!isRetriable(error)) throw error
    }
    onTrouble(error)
    return backoffMs(cluster.env.random, cluster.options.retryBackoff, failures)
  }

  async #joinOnce(): Promise<TopicPartition[]> {
    const { cluster, group, options } = this.#parts
    const context = this.#context(options.maxPollIntervalMs + JOIN_GRACE_MS)
    const node = await cluster.coordinators.find(group, context)
    const joined = await this.#sendJoin(node)
    if (joined.memberId !== '') this.#memberId = joined.memberId
    throwBrokerError(joined.errorCode, null, { group })
    this.#generation = joined.generationId
    const isLeader = joined.leader === joined.memberId
    let assignments: readonly { memberId: string; assignment: Buffer }[] = []
    this.#partitionCounts = null
    if (isLeader && !joined.skipAssignment) {
      const decision = await decideAssignments(cluster, joined, { assignors: options.assignors, context })
      assignments = decision.assignments
      this.#partitionCounts = decision.partitionCounts
    }
    const synced = await this.#parts.lane.request(
      node,
      SYNC_GROUP,
      {
        groupId: group,
        generationId: this.#generation,
        memberId: this.#memberId,
        groupInstanceId: options.groupInstanceId,
        protocolType: CONSUMER_PROTOCOL,
        protocolName: joined.protocolName,
        assignments,
      },
      { timeoutMs: options.maxPollIntervalMs + JOIN_GRACE_MS },
    )
    throwBrokerError(synced.errorCode, null, { group })
    return decodeAssignment(synced.assignment)
  }

  #sendJoin(node: { host: string; port: number }): Promise<Value<typeof JoinGroupResponse>> {
    const { group, options, lane, topics } = this.#parts
    const said = {
      topics: topics(),
      ownedPartitions: this.keepsPartitions ? this.#parts.owned() : [],
      generation: this.#last.generation,
      rack: options.rack === '' ? null : options.rack,
    }
    const protocols = options.assignors.map((assignor) => {
      const userData = assignor.userData?.(this.#last) ?? null
      return { name: assignor.name, metadata: encodeSubscription({ ...said, userData }) }
    })
    return lane.request(
      node,
      JOIN_GROUP,
      {
        groupId: group,
        sessionTimeoutMs: options.sessionTimeoutMs,
        rebalanceTimeoutMs: options.maxPollIntervalMs,
        memberId: this.#memberId,
        groupInstanceId: options.groupInstanceId,
        protocolType: CONSUMER_PROTOCOL,
        protocols,
      },
      { timeoutMs: options.maxPollIntervalMs + JOIN_GRACE_MS },
    )
  }

  #scheduleHeartbeat(): void {
    const { cluster, options } = this.#parts
    this.#heartbeatTimer?.cancel()
    this.#heartbeatTimer = cluster.env.timers.after(options.heartbeatIntervalMs, () => {
      this.#heartbeat().catch((error) => {
        cluster.env.logger.error('a heartbeat failed unexpectedly', { error })
      })
    })
  }

  async #heartbeat(): Promise<void> {
    const { cluster, group, options, onStalled } = this.#parts
    if (!this.#isStable || this.#isClosed) return
    const now = cluster.env.clock.monotonic()
    if (now - this.#polledAt > options.maxPollIntervalMs) {
      cluster.env.logger.warn('the consumer leaves its group: it was not polled for longer than maxPollIntervalMs', {
        group,
        maxPollIntervalMs: options.maxPollIntervalMs,
      })
      // A static member keeps its partitions for a session timeout: it may be back.
      if (options.groupInstanceId === null) {
        const context = this.#context(options.sessionTimeoutMs)
        await this.#sendLeave(context, 'max.poll.interval.ms exceeded').catch(() => {})
      }
      this.#forgotten('member')
      onStalled()
      return
    }
    const generation = this.#generation
    try {
      await this.#sendHeartbeat()
      this.#heardAt = cluster.env.clock.monotonic()
    } catch (error) {
      if (generation !== this.#generation || this.#isClosed) return
      this.#afterFailedHeartbeat(error)
    }
    if (this.#isStable && !this.#isClosed) this.#scheduleHeartbeat()
  }

  async #sendHeartbeat(): Promise<void> {
    const { cluster, group, options, lane } = this.#parts
    const node = await cluster.coordinators.find(group, this.#context(options.sessionTimeoutMs))
    const { generation: generationId, memberId, groupInstanceId } = this.identity
    const heartbeat = { groupId: group, generationId, memberId, groupInstanceId }
    const { errorCode } = await lane.request(node, HEARTBEAT, heartbeat, { timeoutMs: options.sessionTimeoutMs })
    throwBrokerError(errorCode, null, { group })
  }

  #afterFailedHeartbeat(error: unknown): void {
    const { cluster, group, options, onTrouble } = this.#parts
    cluster.env.logger.debug('heartbeat failed', { group, error })
    const code = error instanceof BrokerError ? error.errorCode : null
    switch (code) {
      case ErrorCode.REBALANCE_IN_PROGRESS:
        this.#heardAt = cluster.env.clock.monotonic()
        this.requestRejoin()
        return
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.#forgotten('member')
        return
      case ErrorCode.ILLEGAL_GENERATION:
        this.#forgotten('generation')
        return
      case ErrorCode.FENCED_INSTANCE_ID:
        this.#fenced(error as BrokerError)
        this.#forgotten('member')
        return
      default:
        onTrouble(error)
        cluster.coordinators.forget(group)
        if (cluster.env.clock.monotonic() - (this.#heardAt ?? 0) > options.sessionTimeoutMs)
          this.#forgotten('generation')
    }
  }

  #fenced(error: BrokerError): BrokerError {
    this.#fatal = fencedInstance(error, this.#parts.group, this.#parts.options)
    return this.#fatal as BrokerError
  }

  /** The group does not count on this member any more. */
  #forgotten(what: 'member' | 'generation'): void {
    if (what === 'member') this.#memberId = ''
    this.#generation = NO_GENERATION
    this.#isStable = false
    this.#isLost = true
    this.#heartbeatTimer?.cancel()
    this.requestRejoin()
  }

  async #sendLeave(context: CallContext, reason: string): Promise<void> {
    const { cluster, group, options } = this.#parts
    const { groupInstanceId } = options
    await cluster.call(
      {
        target: { kind: 'coordinator', group },
        api: LEAVE_GROUP,
        init: (version) =>
          version >= 3
            ? { groupId: group, members: [{ memberId: this.#memberId, groupInstanceId, reason }] }
            : { groupId: group, memberId: this.#memberId },
        what: `leave group ${group}`,
        check: ({ errorCode }) => {
          if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) return
          throwBrokerError(errorCode, null, { group })
        },
      },
      context,
    )
  }

  #context(timeoutMs: number): CallContext {
    return { deadline: new Deadline(this.#parts.cluster.env.clock, timeoutMs), signal: undefined }
  }
}

function noPatterns(group: string): KafkaError {
  const message = 'the group is of the classic protocol, whose coordinator matches no patterns: use a RegExp'
  return new KafkaError('UNSUPPORTED_VERSION', message, { group })
}

/** True for what a commit of a former member is answered with. */
export function isMembershipError(error: unknown): boolean {
  return error instanceof KafkaError && MEMBERSHIP_CODES.has(error.code)
}

const MEMBERSHIP_CODES = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
])
