/**
 * Fetching and acknowledging at one broker. Requests of a share session are numbered, so one is under way at a time:
 *
 *     idle ── records are wanted ──► ShareFetch, with the acknowledgements that wait ──► idle
 *      └───── none are wanted, but acknowledgements wait ──► ShareAcknowledge ─────────► idle
 */
import {
  ErrorCode,
  type Init,
  type ShareAcknowledgeRequest,
  type ShareFetchRequest,
  type ShareFetchResponse,
  type Value,
} from '@ottla/protocol'
import { SHARE_ACKNOWLEDGE, SHARE_FETCH } from '../apis.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { brokerError, KafkaError, throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import type { Deadline } from '../time/deadline.ts'
import { type Acknowledgement, AcknowledgeType, acknowledgementBatches, addAcknowledgement } from './acknowledgement.ts'
import type { ResolvedShareOptions } from './share-options.ts'

export type AcquiredPartition = Value<typeof ShareFetchResponse>['responses'][number]['partitions'][number]

export interface SharePartition {
  readonly topicId: string
  readonly partition: number
}

export interface ShareSessionOptions {
  readonly cluster: Cluster
  readonly lane: ConnectionPool
  readonly options: ResolvedShareOptions
  readonly memberId: () => string
  /** The partitions that this broker leads, of those to fetch from. */
  readonly partitions: () => readonly SharePartition[]
  /** How many records may be acquired now; 0: none. */
  readonly wanted: () => number
  readonly onAcquired: (from: SharePartition, data: AcquiredPartition, lockMs: number) => void
  /** The broker does not lead a partition (any more), or cannot be reached. */
  readonly onTrouble: (error: unknown) => void
}

interface Waiting extends SharePartition {
  readonly acknowledgements: Acknowledgement[]
}

type RequestTopics = NonNullable<Init<typeof ShareFetchRequest>['topics']>

const NEW_EPOCH = 0
const FINAL_EPOCH = -1
const MAX_EPOCH = 2 ** 31 - 1
const RENEW_SINCE = 2
const WAIT_GRACE_MS = 5000
const ANSWER_MS = 30_000

export class ShareSession {
  readonly node: BrokerNode
  readonly #parts: ShareSessionOptions
  #epoch = NEW_EPOCH
  /** Partitions that the broker knows to be of the session, by key. */
  #known = new Map<string, SharePartition>()
  #waiting = new Map<string, Waiting>()
  #isBusy = false
  #isClosed = false

  constructor(node: BrokerNode, parts: ShareSessionOptions) {
    this.node = node
    this.#parts = parts
  }

  acknowledge(of: SharePartition, offset: number, type: AcknowledgeType): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new KafkaError('CLOSED', 'the share consumer is closed'))
        return
      }
      const key = keyOf(of)
      let waiting = this.#waiting.get(key)
      if (waiting === undefined) this.#waiting.set(key, (waiting = { ...of, acknowledgements: [] }))
      addAcknowledgement(waiting.acknowledgements, { offset, type, resolve, reject })
      this.wake()
    })
  }

  /** Sends what is due at the end of this turn, so that what one turn acknowledges travels together. */
  wake(): void {
    this.#parts.cluster.env.timers.defer(() => {
      if (this.#isBusy || this.#isClosed) return
      const wantsRecords = this.#parts.wanted() > 0 && (this.#parts.partitions().length > 0 || this.#known.size > 0)
      if (!wantsRecords && this.#waiting.size === 0) return
      this.#isBusy = true
      this.#exchange(wantsRecords ? 'fetch' : 'acknowledge')
        .catch((error) => this.#parts.onTrouble(error))
        .finally(() => {
          this.#isBusy = false
          this.wake()
        })
    })
  }

  /** Tells what waits and ends the session: locks that are left are given up. */
  async close(deadline: Deadline): Promise<void> {
    const { cluster } = this.#parts
    while (this.#isBusy && !deadline.isOver) await new Promise<void>((resolve) => cluster.env.timers.after(10, resolve))
    this.#isClosed = true
    const sent = this.#takeWaiting()
    if (this.#epoch === NEW_EPOCH) {
      settle(sent, () => new KafkaError('CLOSED', 'the share consumer is closed'))
      return
    }
    await this.#sendAcknowledgements(FINAL_EPOCH, sent, Math.min(ANSWER_MS, deadline.remainingMs))
  }

  async #exchange(what: 'fetch' | 'acknowledge'): Promise<void> {
    // A new session holds no locks: acknowledgements belong to one that is over.
    if (this.#epoch === NEW_EPOCH) settle(this.#takeWaiting(), lost)
    const sent = this.#takeWaiting()
    if (hasRenewal(sent)) await this.#refuseRenewals(sent)
    if (what === 'fetch') await this.#fetch(sent)
    else if (sent.size > 0) await this.#sendAcknowledgements(this.#epoch, sent)
  }

  /** An old broker would end the session for a renewal, with all its locks. */
  async #refuseRenewals(sent: Map<string, Waiting>): Promise<void> {
    const { lane, options } = this.#parts
    const connection = await lane.connection(this.node).catch((error) => this.#failed(sent, error))
    if (connection.versionOf(SHARE_ACKNOWLEDGE) >= RENEW_SINCE) return
    const refusal = new KafkaError('UNSUPPORTED_VERSION', 'the broker does not renew locks', { group: options.groupId })
    for (const [key, { acknowledgements, ...of }] of sent) {
      const others = acknowledgements.filter(({ type }) => type !== AcknowledgeType.renew)
      for (const { type, reject } of acknowledgements) if (type === AcknowledgeType.renew) reject(refusal)
      if (others.length > 0) sent.set(key, { ...of, acknowledgements: others })
      else sent.delete(key)
    }
  }

  async #fetch(sent: Map<string, Waiting>): Promise<void> {
    const { lane, options, memberId, wanted, partitions, onAcquired } = this.#parts
    const current = new Map(partitions().map((partition) => [keyOf(partition), partition]))
    const added = [...current].filter(([key]) => !this.#known.has(key)).map(([, partition]) => partition)
    const forgotten = [...this.#known].filter(([key]) => !current.has(key)).map(([, partition]) => partition)
    const isRenewal = hasRenewal(sent)
    const maxRecords = isRenewal ? 0 : wanted()
    try {
      const answer = await lane.request(
        this.node,
        SHARE_FETCH,
        (version) => ({
          groupId: options.groupId,
          memberId: memberId(),
          shareSessionEpoch: this.#epoch,
          // A renewal brings no records: the broker answers at once.
          maxWaitMs: isRenewal ? 0 : options.fetchMaxWaitMs,
          minBytes: isRenewal ? 0 : options.fetchMinBytes,
          maxBytes: isRenewal ? 0 : options.fetchMaxBytes,
          maxRecords,
          batchSize: maxRecords,
          shareAcquireMode: version >= RENEW_SINCE ? options.acquireMode : 0,
          isRenewAck: version >= RENEW_SINCE && isRenewal,
          topics: requestTopics(added, sent),
          forgottenTopicsData: byTopicId(forgotten).map(([topicId, ofTopic]) => ({
            topicId,
            partitions: ofTopic.map(({ partition }) => partition),
          })),
        }),
        { timeoutMs: options.fetchMaxWaitMs + WAIT_GRACE_MS + ANSWER_MS },
      )
      throwBrokerError(answer.errorCode, answer.errorMessage, { group: options.groupId })
      this.#known = current
      this.#nextEpoch()
      const told = new Set<string>()
      for (const { topicId, partitions: ofTopic } of answer.responses) {
        for (const data of ofTopic) {
          const from = { topicId, partition: data.partitionIndex }
          told.add(keyOf(from))
          settleOne(sent.get(keyOf(from)), brokerError(data.acknowledgeErrorCode, data.acknowledgeErrorMessage))
          onAcquired(from, data, answer.acquisitionLockTimeoutMs)
        }
      }
      for (const [key, waiting] of sent) if (!told.has(key)) settleOne(waiting, null)
    } catch (error) {
      this.#failed(sent, error)
    }
  }

  async #sendAcknowledgements(epoch: number, sent: Map<string, Waiting>, timeoutMs = ANSWER_MS): Promise<void> {
    const { lane, options, memberId } = this.#parts
    try {
      const answer = await lane.request(
        this.node,
        SHARE_ACKNOWLEDGE,
        (version): Init<typeof ShareAcknowledgeRequest> => ({
          groupId: options.groupId,
          memberId: memberId(),
          shareSessionEpoch: epoch,
          isRenewAck: version >= RENEW_SINCE && hasRenewal(sent),
          topics: requestTopics([], sent),
        }),
        { timeoutMs },
      )
      throwBrokerError(answer.errorCode, answer.errorMessage, { group: options.groupId })
      this.#nextEpoch()
      for (const { topicId, partitions } of answer.responses) {
        for (const { partitionIndex: partition, errorCode, errorMessage } of partitions) {
          settleOne(sent.get(keyOf({ topicId, partition })), brokerError(errorCode, errorMessage))
        }
      }
      for (const waiting of sent.values()) settleOne(waiting, null)
    } catch (error) {
      this.#failed(sent, error)
    }
  }

  /** Whatever went wrong, a new session is the way on. */
  #failed(sent: Map<string, Waiting>, error: unknown): never {
    settle(sent, () => error)
    this.#epoch = NEW_EPOCH
    this.#known = new Map()
    throw error
  }

  #nextEpoch(): void {
    this.#epoch = this.#epoch === MAX_EPOCH ? 1 : this.#epoch + 1
  }

  #takeWaiting(): Map<string, Waiting> {
    const waiting = this.#waiting
    this.#waiting = new Map()
    return waiting
  }
}

function requestTopics(added: readonly SharePartition[], sent: ReadonlyMap<string, Waiting>): RequestTopics {
  const named = new Map<string, SharePartition>(added.map((partition) => [keyOf(partition), partition]))
  for (const [key, waiting] of sent) named.set(key, waiting)
  return byTopicId([...named.values()]).map(([topicId, ofTopic]) => ({
    topicId,
    partitions: ofTopic.map((of) => ({
      partitionIndex: of.partition,
      acknowledgementBatches: acknowledgementBatches(sent.get(keyOf(of))?.acknowledgements ?? []),
    })),
  }))
}

function byTopicId(partitions: readonly SharePartition[]): [topicId: string, partitions: SharePartition[]][] {
  const topics = new Map<string, SharePartition[]>()
  for (const partition of partitions) {
    const known = topics.get(partition.topicId)
    if (known === undefined) topics.set(partition.topicId, [partition])
    else known.push(partition)
  }
  return [...topics]
}

export function keyOf({ topicId, partition }: SharePartition): string {
  return `${topicId}/${partition}`
}

function hasRenewal(sent: ReadonlyMap<string, Waiting>): boolean {
  for (const { acknowledgements } of sent.values())
    if (acknowledgements.some(({ type }) => type === AcknowledgeType.renew)) return true
  return false
}

function settle(sent: ReadonlyMap<string, Waiting>, error: () => unknown): void {
  for (const waiting of sent.values()) settleOne(waiting, error())
}

/** Settles what waits, once. */
function settleOne(waiting: Waiting | undefined, error: unknown): void {
  for (const { resolve, reject } of waiting?.acknowledgements.splice(0) ?? []) {
    if (error === null) resolve()
    else reject(error)
  }
}

function lost(): unknown {
  return brokerError(ErrorCode.SHARE_SESSION_NOT_FOUND)
}
