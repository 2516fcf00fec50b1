/**
 * Membership in a share group (KIP-932): heartbeats tell the coordinator what is subscribed to, its answers tell from which partitions to fetch. Partitions are not
 * owned, so nothing has to be given back before others get it.
 */
import type { Timer } from '@ottla/env'
import { ErrorCode } from '@ottla/protocol'
import { SHARE_GROUP_HEARTBEAT } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { ClosedError, isBrokerError, isRetriable, throwBrokerError } from '../errors.ts'
import { backoffMs } from '../time/backoff.ts'
import { Deadline } from '../time/deadline.ts'
import type { ResolvedShareOptions } from './share-options.ts'

/** Partitions by topic id. */
export type SharedTopics = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

export interface ShareMembershipOptions {
  readonly cluster: Cluster
  readonly lane: ConnectionPool
  readonly options: ResolvedShareOptions
  readonly topics: () => readonly string[]
  readonly onAssigned: (topics: SharedTopics) => void
  /** It will never be a member. */
  readonly onFailed: (error: Error) => void
  /** Something failed that is tried again. */
  readonly onTrouble: (error: unknown) => void
}

const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1
const ANSWER_MS = 30_000
/** How long a member that leaves waits for the answer to its last heartbeat. */
const LAST_ANSWER_MS = 1000

export class ShareMembership {
  readonly memberId: string
  readonly #parts: ShareMembershipOptions
  #epoch = JOIN_EPOCH
  #toldTopics: string | null = null
  #timer: Timer | null = null
  #beating: Promise<void> | null = null
  #failures = 0
  #isClosed = false
  readonly #ended = new AbortController()

  constructor(parts: ShareMembershipOptions) {
    this.#parts = parts
    this.memberId = parts.cluster.env.random.uuid()
  }

  /** Tells what is subscribed to now; joins with the first call. */
  update(): void {
    if (this.#beating === null) this.#schedule(0)
  }

  async leave(context: CallContext): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    // An answer that is on its way may be the one that makes it a member.
    const giveUp = this.#parts.cluster.env.timers.after(LAST_ANSWER_MS, () =>
      this.#ended.abort(new ClosedError('the member')),
    )
    await this.#beating
    giveUp.cancel()
    if (this.#epoch !== JOIN_EPOCH) await this.#send(LEAVE_EPOCH, context)
  }

  #schedule(afterMs: number): void {
    this.#timer?.cancel()
    if (this.#isClosed) return
    this.#timer = this.#parts.cluster.env.timers.after(afterMs, () => {
      this.#beating = this.#beat().finally(() => {
        this.#beating = null
      })
    })
  }

  async #beat(): Promise<void> {
    const { cluster, topics } = this.#parts
    const told = topics().join(',')
    try {
      const answer = await this.#send(this.#epoch, this.#context())
      this.#failures = 0
      this.#toldTopics = told
      this.#epoch = answer.memberEpoch
      if (answer.assignment !== null) this.#parts.onAssigned(answer.assignment.topicPartitions)
      this.#schedule(topics().join(',') === told ? answer.heartbeatIntervalMs : 0)
    } catch (error) {
      if (this.#isClosed) return
      this.#failures += 1
      if (this.#mayGoOn(error)) {
        this.#parts.onTrouble(error)
        this.#schedule(backoffMs(cluster.env.random, cluster.options.retryBackoff, this.#failures))
      } else this.#parts.onFailed(error as Error)
    }
  }

  async #send(epoch: number, { deadline, signal }: CallContext) {
    const { cluster, lane, options, topics } = this.#parts
    const { groupId, rack } = options
    const node = await cluster.coordinators.find(groupId, { deadline, signal })
    const names = topics()
    const isNews = epoch === JOIN_EPOCH || this.#toldTopics !== names.join(',')
    const answer = await lane.request(
      node,
      SHARE_GROUP_HEARTBEAT,
      {
        groupId,
        memberId: this.memberId,
        memberEpoch: epoch,
        rackId: epoch === JOIN_EPOCH ? rack : null,
        subscribedTopicNames: epoch !== LEAVE_EPOCH && isNews ? [...names] : null,
      },
      { timeoutMs: deadline.remainingMs, signal },
    )
    throwBrokerError(answer.errorCode, answer.errorMessage, { group: groupId })
    return answer
  }

  #mayGoOn(error: unknown): boolean {
    const { cluster, options, onAssigned } = this.#parts
    const isForgotten =
      isBrokerError(error, ErrorCode.FENCED_MEMBER_EPOCH) || isBrokerError(error, ErrorCode.UNKNOWN_MEMBER_ID)
    if (isForgotten) {
      this.#epoch = JOIN_EPOCH
      onAssigned([])
      return true
    }
    cluster.coordinators.forget(options.groupId)
    return isRetriable(error)
  }

  #context(): CallContext {
    return { deadline: new Deadline(this.#parts.cluster.env.clock, ANSWER_MS), signal: this.#ended.signal }
  }
}
