/**
 * A member of a share group that speaks wire bytes: heartbeats, share fetches, acknowledgements alone and on the way, with all that real
 * members do wrong: they are slow, forget records, break their connections and come back as somebody else.
 */
import {
  ErrorCode,
  errorOf,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponse,
  ShareFetchRequest,
  ShareFetchResponse,
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '@ottla/protocol'
import { WireError } from '../wire/wire-connection.ts'
import type { ModelClient } from './model-client.ts'
import type { ModelTopic } from './model-topic.ts'
import { expectNoError, retry, sleep, TryAgain, Violation } from './retry.ts'
import type { Decision, ShareHistory } from './share-history.ts'

export interface ModelShareMemberOptions {
  readonly client: ModelClient
  readonly name: string
  readonly groupId: string
  readonly topic: ModelTopic
  readonly history: ShareHistory
  readonly lockDurationMs: number
  /** 0: does all as it should; up to 1. */
  readonly trouble: () => number
  readonly giveUpAfterMs: number
}

const FIND = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
const HEARTBEAT = { request: ShareGroupHeartbeatRequest, response: ShareGroupHeartbeatResponse }
const FETCH = { request: ShareFetchRequest, response: ShareFetchResponse }
const ACKNOWLEDGE = { request: ShareAcknowledgeRequest, response: ShareAcknowledgeResponse }
const KEYS_VERSION = 4
const MODES_VERSION = 2
const TYPES: Readonly<Record<Decision, number>> = { accept: 1, release: 2, reject: 3 }
const ALL: readonly Decision[] = ['accept']
const MIXED: readonly Decision[] = ['accept', 'release', 'release', 'reject']
/** The session is over or out of step, or the partition's state is on its way: a new session is begun. */
const BEGIN_ANEW: ReadonlySet<number> = new Set([
  ErrorCode.SHARE_SESSION_NOT_FOUND,
  ErrorCode.INVALID_SHARE_SESSION_EPOCH,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
])

interface Decided {
  readonly offset: number
  readonly decision: Decision
}

export class ModelShareMember {
  readonly #options: ModelShareMemberOptions
  #lives = 0
  #memberId = ''
  #memberEpoch = 0
  #sessionEpoch = 0
  #heartbeatDueMs = 0
  #isAssigned = false
  /** What it holds and has not decided on. */
  readonly #held = new Set<number>()
  #isStopped = false

  constructor(options: ModelShareMemberOptions) {
    this.#options = options
    this.#comeBack()
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Works until it is stopped. Rejects with Violation. */
  async run(): Promise<void> {
    const { client, name, giveUpAfterMs } = this.#options
    let rounds = 0
    const progress = (): number => rounds
    while (!this.#isStopped) {
      await retry({ env: client.env, what: `share member ${name}`, giveUpAfterMs, progress }, () => this.#round())
      rounds++
    }
  }

  async #round(): Promise<void> {
    try {
      await this.#heartbeat()
      if (this.#isAssigned) await this.#work()
      else await sleep(this.#options.client.env, 20)
    } catch (error) {
      // Nobody knows what became of it: the locks may be there until they expire, the session may not.
      if (error instanceof WireError || error instanceof TryAgain) this.#lose()
      throw error
    }
  }

  async #work(): Promise<void> {
    const { client, trouble, lockDurationMs } = this.#options
    const { random, env } = client
    const isTroubled = random.float() < trouble()
    const fault = isTroubled ? random.pick(['breaks off', 'is slow', 'forgets', 'none', 'none', 'none']) : 'none'
    if (fault === 'breaks off') this.#breakOff()
    else if (this.#held.size === 0) await this.#fetch([])
    else if (fault === 'is slow') await sleep(env, lockDurationMs * random.float() * 2)
    else if (fault === 'forgets') this.#held.clear()
    else {
      const decided = isTroubled
        ? this.#draw(MIXED, random.between(1, this.#held.size))
        : this.#draw(ALL, this.#held.size)
      if (random.chance(0.5)) await this.#fetch(decided)
      else await this.#acknowledge(decided)
    }
  }

  #draw(decisions: readonly Decision[], count: number): Decided[] {
    const { random } = this.#options.client
    const offsets = [...this.#held].slice(0, count)
    for (const offset of offsets) this.#held.delete(offset)
    return offsets.sort((a, b) => a - b).map((offset) => ({ offset, decision: random.pick(decisions) }))
  }

  async #heartbeat(): Promise<void> {
    const { client, groupId, topic } = this.#options
    const nowMs = client.env.clock.monotonic()
    if (this.#isAssigned && nowMs < this.#heartbeatDueMs) return
    const found = await client.call(FIND, (version) => ({
      keyType: 0,
      ...(version >= KEYS_VERSION ? { coordinatorKeys: [groupId] } : { key: groupId }),
    }))
    expectNoError(found.coordinators[0]?.errorCode ?? found.errorCode, 'FindCoordinator')
    const answer = await client.call(HEARTBEAT, () => ({
      groupId,
      memberId: this.#memberId,
      memberEpoch: this.#memberEpoch,
      subscribedTopicNames: this.#memberEpoch === 0 ? [topic.name] : null,
    }))
    if (BEGIN_ANEW.has(answer.errorCode)) {
      this.#memberEpoch = 0
      this.#isAssigned = false
      return
    }
    expectNoError(answer.errorCode, 'ShareGroupHeartbeat', answer.errorMessage)
    this.#memberEpoch = answer.memberEpoch
    this.#heartbeatDueMs = nowMs + answer.heartbeatIntervalMs
    if (answer.assignment !== null) this.#isAssigned = answer.assignment.topicPartitions.length > 0
  }

  async #fetch(decided: readonly Decided[]): Promise<void> {
    const { client, groupId, topic, history, name } = this.#options
    const { random, env } = client
    if (this.#sessionEpoch === 0 && decided.length > 0) {
      // Its session is gone, and what it held with it.
      return
    }
    const sentMs = env.clock.monotonic()
    this.#announce(decided)
    const answer = await client.call(FETCH, (version) => ({
      groupId,
      memberId: this.#memberId,
      shareSessionEpoch: this.#sessionEpoch,
      maxWaitMs: random.between(0, 300),
      minBytes: 1,
      maxBytes: random.pick([200, 10_000, 1 << 20]),
      maxRecords: random.between(1, 20),
      batchSize: random.between(1, 20),
      shareAcquireMode: version >= MODES_VERSION ? random.pick([0, 1]) : 0,
      topics: [{ topicId: topic.id, partitions: [{ partitionIndex: 0, acknowledgementBatches: batchesOf(decided) }] }],
    }))
    if (this.#isOver(answer.errorCode)) return
    expectNoError(answer.errorCode, 'ShareFetch', answer.errorMessage)
    this.#sessionEpoch++
    const data = answer.responses[0]?.partitions[0]
    if (decided.length > 0) this.#answered(decided, data?.acknowledgeErrorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR)
    if (data === undefined) return
    expectNoError(data.errorCode, `partition of a share fetch`, data.errorMessage)
    const nowMs = env.clock.monotonic()
    for (const { firstOffset, lastOffset, deliveryCount } of data.acquiredRecords) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        history.acquired(`${name}.${this.#lives}`, offset, { deliveryCount, sentMs, nowMs })
        this.#held.add(offset)
      }
    }
  }

  async #acknowledge(decided: readonly Decided[]): Promise<void> {
    const { client, groupId, topic } = this.#options
    this.#announce(decided)
    const answer = await client.call(ACKNOWLEDGE, () => ({
      groupId,
      memberId: this.#memberId,
      shareSessionEpoch: this.#sessionEpoch,
      topics: [{ topicId: topic.id, partitions: [{ partitionIndex: 0, acknowledgementBatches: batchesOf(decided) }] }],
    }))
    if (this.#isOver(answer.errorCode)) return
    expectNoError(answer.errorCode, 'ShareAcknowledge', answer.errorMessage)
    this.#sessionEpoch++
    this.#answered(decided, answer.responses[0]!.partitions[0]!.errorCode)
  }

  #announce(decided: readonly Decided[]): void {
    for (const { offset } of decided) this.#options.history.deciding(offset)
  }

  #answered(decided: readonly Decided[], errorCode: number): void {
    // The lock was over, or the decision could not be stored: then it expires, and somebody gets the records again.
    if (errorCode === ErrorCode.INVALID_RECORD_STATE || errorOf(errorCode).retriable) return
    if (errorCode !== ErrorCode.NONE) throw new Violation(`a decision was refused with ${errorOf(errorCode).name}`)
    for (const { offset, decision } of decided) this.#options.history.decided(offset, decision)
  }

  #isOver(errorCode: number): boolean {
    if (!BEGIN_ANEW.has(errorCode)) return false
    this.#lose()
    return true
  }

  /** The connection breaks, with everything that was held. */
  #breakOff(): void {
    const { client } = this.#options
    client.disconnect()
    this.#lose()
    if (client.random.chance(0.5)) this.#comeBack()
  }

  #lose(): void {
    const { history, name } = this.#options
    history.gone(`${name}.${this.#lives}`)
    this.#lives++
    this.#sessionEpoch = 0
    this.#held.clear()
  }

  /** As another member. The one that it was is forgotten by its group after the session timeout. */
  #comeBack(): void {
    this.#memberId = this.#options.client.env.random.uuid()
    this.#memberEpoch = 0
    this.#isAssigned = false
  }
}

function batchesOf(decided: readonly Decided[]) {
  return decided.map(({ offset, decision }) => ({
    firstOffset: offset,
    lastOffset: offset,
    acknowledgeTypes: [TYPES[decision]],
  }))
}
