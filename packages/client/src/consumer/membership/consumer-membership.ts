/**
 * Membership under the consumer protocol (KIP-848): the group's coordinator decides who has what, and tells it in its answers to heartbeats.
 *
 *     out ── heartbeat, epoch 0 ──► member ── answer with another assignment ──► owing ── ensureJoined ──► member
 *      ▲                              │                                            gives back what is not its own any more,
 *      └── fenced, or forgotten ──────┘                                            then takes what is new, and says so
 *
 * Heartbeats run by a timer. Partitions move only within `poll` of the consumer.
 */
import type { Timer } from '@ottla/env'
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  ErrorCode,
  type Init,
  type Value,
  ZERO_UUID,
} from '@ottla/protocol'
import { CONSUMER_GROUP_HEARTBEAT } from '../../apis.ts'
import type { CallContext } from '../../cluster/cluster.ts'
import { BrokerError, ClosedError, isBrokerError, isRetriable, KafkaError, throwBrokerError } from '../../errors.ts'
import { backoffMs } from '../../time/backoff.ts'
import { Deadline } from '../../time/deadline.ts'
import { delay } from '../../time/delay.ts'
import { byTopic, partitionKey, type TopicPartition } from '../../topic-partition.ts'
import type { CommitIdentity } from '../group-offsets.ts'
import { fencedInstance } from './fenced-instance.ts'
import { loadTopicsById } from './load-topics.ts'
import type { Membership, MembershipOptions } from './membership.ts'

type Answer = Value<typeof ConsumerGroupHeartbeatResponse>
type AssignedTopics = NonNullable<Answer['assignment']>['topicPartitions']

const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1
/** A static member that will be back. */
const PAUSE_EPOCH = -2
const FIRST_INTERVAL_MS = 1000
/** How long a member that leaves waits for the answer to its last heartbeat. */
const LAST_ANSWER_MS = 1000
const PATTERNS_SINCE = 1

export class ConsumerMembership implements Membership {
  readonly #parts: MembershipOptions
  readonly #memberId: string
  #epoch = JOIN_EPOCH
  #isJoined = false
  #isLost = false
  /** What the coordinator wants this member to have; null when it has that. */
  #target: AssignedTopics | null = null
  /** The next heartbeat tells everything: the first, and one after an answer that was lost. */
  #tellsAll = true
  #toldSubscription: string | null = null
  #toldOwned: string | null = null
  #intervalMs = FIRST_INTERVAL_MS
  #timer: Timer | null = null
  #beating: Promise<void> | null = null
  #settling: Promise<void> | null = null
  #failures = 0
  #polledAt = 0
  #heardAt: number | null = null
  #isClosed = false
  readonly #ended = new AbortController()
  #fatal: Error | null = null

  constructor(parts: MembershipOptions) {
    this.#parts = parts
    this.#memberId = parts.cluster.env.random.uuid()
  }

  get identity(): CommitIdentity {
    const { groupInstanceId } = this.#parts.options
    if (!this.#isJoined) return { generation: -1, memberId: '', groupInstanceId }
    return { generation: this.#epoch, memberId: this.#memberId, groupInstanceId }
  }

  readonly keepsPartitions = true

  get isStable(): boolean {
    return this.#isJoined && !this.#isLost && this.#target === null && this.#fatal === null
  }

  get heardAt(): number | null {
    return this.#heardAt
  }

  get failure(): Error | null {
    return this.#fatal
  }

  polled(): void {
    this.#polledAt = this.#parts.cluster.env.clock.monotonic()
  }

  requestRejoin(): void {
    // What was refused is not subscribed to any more.
    if (isBrokerError(this.#fatal, ErrorCode.INVALID_REGULAR_EXPRESSION)) this.#fatal = null
    if (this.#isJoined) this.#beatSoon()
    this.#parts.onRejoinNeeded()
  }

  /** The coordinator does it. */
  watchTopics(): void {}

  ensureJoined(): Promise<void> {
    if (this.#fatal !== null) return Promise.reject(this.#fatal)
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = null
    })
    return this.#settling
  }

  async leave(context: CallContext): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    const giveUp = this.#parts.cluster.env.timers.after(LAST_ANSWER_MS, () =>
      this.#ended.abort(new ClosedError('the member')),
    )
    await this.#beating?.catch(() => {})
    giveUp.cancel()
    if (!this.#isJoined) return
    this.#isJoined = false
    await this.#send(this.#leaveEpoch, context)
  }

  /** A static member keeps its partitions for a session timeout. */
  get #leaveEpoch(): number {
    return this.#parts.options.groupInstanceId === null ? LEAVE_EPOCH : PAUSE_EPOCH
  }

  async #settle(): Promise<void> {
    if (this.#isLost) {
      await this.#parts.quiet()
      this.#isLost = false
      await this.#parts.onLost()
    }
    if (!this.#isJoined) await this.#join()
    while (this.#target !== null && this.#isJoined && !this.#isClosed) await this.#reconcile(this.#target)
  }

  /** Repeats the first heartbeat until it is answered well. */
  async #join(): Promise<void> {
    const { cluster, options, onTrouble } = this.#parts
    for (let failures = 1; !this.#isClosed; failures += 1) {
      try {
        await this.#beat(this.#context(options.sessionTimeoutMs))
        this.#isJoined = true
        this.#schedule(this.#intervalMs)
        return
      } catch (error) {
        if (!this.#mayGoOn(error)) throw this.#clear(error)
        onTrouble(error)
        await delay(cluster.env, backoffMs(cluster.env.random, cluster.options.retryBackoff, failures))
      }
    }
  }

  /** Gives back first, takes then: what others wait for is free as soon as it can be. */
  async #reconcile(target: AssignedTopics): Promise<void> {
    const { owned, quiet, onRevoke, onAssigned } = this.#parts
    const assigned = await this.#named(target)
    const keys = new Set(assigned.map(({ topic, partition }) => partitionKey(topic, partition)))
    await quiet()
    const revoked = owned().filter(({ topic, partition }) => !keys.has(partitionKey(topic, partition)))
    if (revoked.length > 0) await onRevoke(revoked)
    if (!this.#isJoined) return
    if (this.#target === target) this.#target = null
    await onAssigned(assigned)
    this.#beatSoon()
  }

  /** Waits for topics that the metadata does not know yet. */
  async #named(target: AssignedTopics): Promise<TopicPartition[]> {
    const { cluster } = this.#parts
    for (let attempt = 1; ; attempt += 1) {
      const names = new Map<string, string>()
      for (const { id, name } of cluster.metadata.current.topics.values()) names.set(id, name)
      const known = target.filter(({ topicId }) => names.has(topicId))
      // One that is gone again has no name, and nothing to read: the coordinator takes it away with one of its next answers.
      if (known.length === target.length || attempt > 2) {
        return known.flatMap(({ topicId, partitions }) =>
          partitions.map((partition) => ({ topic: names.get(topicId)!, partition })),
        )
      }
      const unknown = target.filter(({ topicId }) => !names.has(topicId)).map(({ topicId }) => topicId)
      await loadTopicsById(cluster, unknown, cluster.context({}))
    }
  }

  #schedule(afterMs: number): void {
    this.#timer?.cancel()
    if (this.#isClosed) return
    this.#timer = this.#parts.cluster.env.timers.after(afterMs, () => this.#onTimer())
  }

  #beatSoon(): void {
    if (this.#beating === null) this.#schedule(0)
  }

  #onTimer(): void {
    const { cluster, group, options } = this.#parts
    if (!this.#isJoined || this.#isClosed || this.#beating !== null) return
    const isStalled = cluster.env.clock.monotonic() - this.#polledAt > options.maxPollIntervalMs
    const context = this.#context(options.sessionTimeoutMs)
    this.#beating = (isStalled ? this.#stall(context) : this.#beat(context))
      .then(
        () => {
          this.#failures = 0
          if (this.#isJoined) this.#schedule(this.#isTold ? this.#intervalMs : 0)
        },
        (error) => this.#afterFailure(error),
      )
      .catch((error) => cluster.env.logger.error('a heartbeat failed unexpectedly', { group, error }))
      .finally(() => {
        this.#beating = null
      })
  }

  /** What this member is and has is what it said last. */
  get #isTold(): boolean {
    return this.#toldSubscription === this.#subscriptionText() && this.#toldOwned === this.#ownedText()
  }

  async #stall(context: CallContext): Promise<void> {
    const { cluster, group, options, onStalled } = this.#parts
    cluster.env.logger.warn('the consumer leaves its group: it was not polled for longer than maxPollIntervalMs', {
      group,
      maxPollIntervalMs: options.maxPollIntervalMs,
    })
    await this.#send(this.#leaveEpoch, context).catch(() => {})
    this.#lost()
    onStalled()
  }

  /** One heartbeat. Throws what the coordinator answers. */
  async #beat(context: CallContext): Promise<void> {
    const subscription = this.#subscriptionText()
    const owned = this.#ownedText()
    let answer: Answer
    try {
      answer = await this.#send(this.#epoch, context)
    } catch (error) {
      this.#tellsAll = true
      throw error
    }
    this.#heardAt = this.#parts.cluster.env.clock.monotonic()
    this.#tellsAll = false
    this.#toldSubscription = subscription
    this.#toldOwned = owned
    this.#epoch = answer.memberEpoch
    this.#intervalMs = answer.heartbeatIntervalMs
    if (answer.assignment === null) return
    this.#target = answer.assignment.topicPartitions
    this.#parts.onRejoinNeeded()
  }

  async #send(epoch: number, { deadline, signal }: CallContext): Promise<Answer> {
    const { cluster, group, lane, options } = this.#parts
    const node = await cluster.coordinators.find(group, { deadline, signal })
    const answer = await lane.request(
      node,
      CONSUMER_GROUP_HEARTBEAT,
      (version) => ({
        groupId: group,
        memberId: this.#memberId,
        memberEpoch: epoch,
        instanceId: options.groupInstanceId,
        ...(epoch < JOIN_EPOCH ? {} : this.#news(epoch, version)),
      }),
      { timeoutMs: options.sessionTimeoutMs, signal },
    )
    throwBrokerError(answer.errorCode, answer.errorMessage, { group })
    return answer
  }

  /** What the coordinator does not know yet. */
  #news(epoch: number, version: number): Init<typeof ConsumerGroupHeartbeatRequest> {
    const { group, options, topics, pattern, owned } = this.#parts
    const re2 = pattern()
    if (re2 !== null && version < PATTERNS_SINCE)
      throw new KafkaError('UNSUPPORTED_VERSION', 'the brokers match no patterns: use a RegExp', { group })
    const isFull = this.#tellsAll || epoch === JOIN_EPOCH
    const tellsTopics = isFull || this.#toldSubscription !== this.#subscriptionText()
    const tellsOwned = isFull || this.#toldOwned !== this.#ownedText()
    return {
      ...(isFull
        ? {
            rackId: options.rack === '' ? null : options.rack,
            rebalanceTimeoutMs: options.maxPollIntervalMs,
            serverAssignor: options.groupRemoteAssignor,
          }
        : {}),
      subscribedTopicNames: tellsTopics ? [...topics()] : null,
      // Empty: none any more.
      subscribedTopicRegex: tellsTopics && version >= PATTERNS_SINCE ? (re2 ?? '') : null,
      topicPartitions: tellsOwned ? this.#withIds(owned(), epoch) : null,
    }
  }

  #withIds(owned: readonly TopicPartition[], epoch: number): { topicId: string; partitions: number[] }[] {
    if (epoch === JOIN_EPOCH) return []
    const { topics } = this.#parts.cluster.metadata.current
    return [...byTopic(owned)].map(([name, ofTopic]) => ({
      topicId: topics.get(name)?.id ?? ZERO_UUID,
      partitions: ofTopic.map(({ partition }) => partition),
    }))
  }

  #subscriptionText(): string {
    return `${this.#parts.topics().join(',')} ${this.#parts.pattern() ?? ''}`
  }

  #ownedText(): string {
    const keys = this.#parts.owned().map(({ topic, partition }) => partitionKey(topic, partition))
    return keys.sort().join(',')
  }

  #afterFailure(error: unknown): void {
    const { cluster, group } = this.#parts
    cluster.env.logger.debug('heartbeat failed', { group, error })
    if (this.#isClosed) return
    if (!this.#mayGoOn(error)) {
      this.#fatal = this.#clear(error)
      this.#lost()
      return
    }
    this.#parts.onTrouble(error)
    if (!this.#isJoined) return
    this.#failures += 1
    this.#schedule(backoffMs(cluster.env.random, cluster.options.retryBackoff, this.#failures))
  }

  /** False when the error ends the membership for good. */
  #mayGoOn(error: unknown): boolean {
    const { cluster, group } = this.#parts
    for (const code of FORGOTTEN) {
      if (!isBrokerError(error, code)) continue
      if (this.#isJoined) this.#lost()
      else this.#startAnew()
      return true
    }
    // The former holder of the instance id has to go first: its session ends, or it leaves.
    if (isBrokerError(error, ErrorCode.UNRELEASED_INSTANCE_ID)) return this.#isJoined === false
    if (!isRetriable(error)) return false
    if (!(error instanceof BrokerError) || COORDINATOR_CODES.has(error.errorCode)) cluster.coordinators.forget(group)
    return true
  }

  /** An error that says what it means for who runs this. */
  #clear(error: unknown): Error {
    const { group, options } = this.#parts
    if (isBrokerError(error, ErrorCode.FENCED_INSTANCE_ID)) return fencedInstance(error, group, options)
    return error as Error
  }

  /** The group does not count on this member any more. */
  #lost(): void {
    this.#startAnew()
    this.#isJoined = false
    this.#isLost = true
    this.#parts.onRejoinNeeded()
  }

  #startAnew(): void {
    this.#timer?.cancel()
    this.#epoch = JOIN_EPOCH
    this.#target = null
    this.#tellsAll = true
    this.#toldOwned = null
  }

  #context(timeoutMs: number): CallContext {
    return { deadline: new Deadline(this.#parts.cluster.env.clock, timeoutMs), signal: this.#ended.signal }
  }
}

const FORGOTTEN = [ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID]
const COORDINATOR_CODES = new Set<number>([ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE])

/** True for an answer that says that the group cannot take members of this protocol. */
export function isOtherProtocol(error: unknown): boolean {
  return error instanceof KafkaError && OTHER_PROTOCOL.has(error.code)
}

const OTHER_PROTOCOL = new Set(['UNSUPPORTED_VERSION', 'INCONSISTENT_GROUP_PROTOCOL'])
