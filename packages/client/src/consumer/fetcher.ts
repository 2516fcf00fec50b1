/**
 * Keeps records at hand: one fetch under way per broker, for the partitions of which too little is buffered. The broker
 * holds a fetch back until there is something new, so nothing here polls.
 */
import type { Timer } from '@ottla/env'
import type { ClientConnection } from '@ottla/net'
import { ErrorCode, type FetchRequest, type FetchResponse, type Init, type Value, ZERO_UUID } from '@ottla/protocol'
import { SlabPool } from '@ottla/stdx'
import { FETCH } from '../apis.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { AuthenticationError, BrokerError, KafkaError, NoOffsetError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { byTopic, partitionKey } from '../topic-partition.ts'
import type { ResolvedConsumerOptions } from './consumer-options.ts'
import { type FetchDelta, FetchSession, type FetchTarget } from './fetch-session.ts'
import { FetchedRecords } from './fetched-records.ts'
import type { PartitionState } from './partition-state.ts'
import { FREE_RESPONSES_MAX_BYTES, ResponseMemory } from './response-memory.ts'

export interface FetcherOptions {
  readonly cluster: Cluster
  readonly lane: ConnectionPool
  readonly options: ResolvedConsumerOptions
  /** The partitions that are read, by key. */
  readonly partitions: ReadonlyMap<string, PartitionState>
  /** There are records, or a partition lost its position. */
  readonly onProgress: () => void
  /** A partition cannot be read. */
  readonly onError: (error: Error) => void
  /** Something failed that is tried again. */
  readonly onTrouble: (error: Error) => void
}

type PartitionData = Value<typeof FetchResponse>['responses'][number]['partitions'][number]

/** From this version on topics are named by id. */
const IDS_SINCE = 13
const MAX_WAIT_GRACE_MS = 1000

export class Fetcher {
  readonly #parts: FetcherOptions
  readonly #busy = new Set<number>()
  readonly #sessions = new Map<number, FetchSession>()
  readonly #memory = new SlabPool({ maxFreeBytes: FREE_RESPONSES_MAX_BYTES })
  #timer: Timer | null = null
  #isScheduled = false
  #isClosed = false
  #answeredAt: number | null = null

  constructor(parts: FetcherOptions) {
    this.#parts = parts
  }

  /** Monotonic time of the last answer of any broker; null before. */
  get answeredAt(): number | null {
    return this.#answeredAt
  }

  /** There is room for more: one answer is buffered ahead of the one that is being handed out. */
  hasRoom({ bufferedBytes }: PartitionState): boolean {
    return bufferedBytes * 2 < this.#parts.options.maxPartitionFetchBytes
  }

  /** Sends what fetches are due at the end of this turn. Cheap: call it whenever something changed. */
  wake(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    this.#parts.cluster.env.timers.defer(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.#run()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #run(): void {
    const { cluster, partitions } = this.#parts
    const now = cluster.env.clock.monotonic()
    const byNode = new Map<BrokerNode, PartitionState[]>()
    let next = Number.POSITIVE_INFINITY
    for (const state of partitions.values()) {
      if (!this.#wantsMore(state)) continue
      if (state.notBefore > now) {
        next = Math.min(next, state.notBefore)
        continue
      }
      const node = this.#nodeOf(state)
      if (node === undefined) {
        cluster.metadata.need(state.topic)
        continue
      }
      const group = byNode.get(node)
      if (group === undefined) byNode.set(node, [state])
      else group.push(state)
    }
    for (const [node, states] of byNode) if (!this.#busy.has(node.id)) this.#fetch(node, states)
    this.#timer?.cancel()
    this.#timer = next === Number.POSITIVE_INFINITY ? null : cluster.env.timers.after(next - now, () => this.wake())
  }

  #wantsMore(state: PartitionState): boolean {
    if (state.position === null || state.isPaused || state.isFetching) return false
    return this.hasRoom(state)
  }

  #nodeOf(state: PartitionState): BrokerNode | undefined {
    const { metadata, env } = this.#parts.cluster
    const { topic, partition, preferredReplica } = state
    if (preferredReplica >= 0) {
      const replica = metadata.current.brokers.get(preferredReplica)
      const isOffline = metadata.partition(topic, partition)?.offlineReplicas.includes(preferredReplica) === true
      if (replica !== undefined && !isOffline && env.clock.monotonic() < state.preferredUntil) return replica
      state.preferredReplica = -1
    }
    return metadata.leader(topic, partition)?.node
  }

  #fetch(node: BrokerNode, states: readonly PartitionState[]): void {
    this.#busy.add(node.id)
    const session = this.#session(node.id)
    for (const state of states) state.isFetching = true
    const seeks = new Map(states.map((state) => [state.key, { state, seeks: state.seeks, offset: state.fetchOffset }]))
    const startedAt = this.#parts.cluster.env.clock.monotonic()
    const memory = new ResponseMemory(this.#memory)
    this.#request(node, session, states, memory)
      .then(
        (answer) => {
          this.#tell({ node, states, startedAt }, answer, null)
          this.#answered({ session, memory }, answer, seeks)
          memory.release()
        },
        (error) => {
          this.#tell({ node, states, startedAt }, null, error)
          this.#unanswered(node, session, states, error)
        },
      )
      .catch((error) => this.#parts.onError(error))
      .finally(() => {
        this.#busy.delete(node.id)
        for (const state of states) state.isFetching = false
        this.wake()
      })
  }

  async #request(
    node: BrokerNode,
    session: FetchSession,
    states: readonly PartitionState[],
    memory: ResponseMemory,
  ): Promise<Value<typeof FetchResponse>> {
    const { cluster, lane, options } = this.#parts
    const connection: ClientConnection = await lane.connection(node)
    const targets = states.map((state) => this.#target(state))
    const haveIds = targets.every(({ topicId }) => topicId !== ZERO_UUID)
    const version = connection.versionOf(FETCH, haveIds ? Number.POSITIVE_INFINITY : IDS_SINCE - 1)
    const delta = session.next(targets)
    const timeoutMs = Math.max(cluster.options.requestTimeoutMs, options.fetchMaxWaitMs + MAX_WAIT_GRACE_MS)
    return await connection.request(FETCH, version, fetchRequest(delta, options, version), { timeoutMs, memory })
  }

  #tell(
    fetch: { readonly node: BrokerNode; readonly states: readonly PartitionState[]; readonly startedAt: number },
    answer: Value<typeof FetchResponse> | null,
    error: unknown,
  ): void {
    const { cluster, options } = this.#parts
    let sizeBytes = 0
    for (const { topic, topicId, partitions } of answer?.responses ?? []) {
      let bytes = 0
      for (const { records } of partitions) bytes += records?.length ?? 0
      const name = topic === '' ? nameOf(fetch.states, cluster, topicId) : topic
      if (bytes > 0 && name !== undefined) cluster.telemetry.figures.topicConsumed(name).bytes += bytes
      sizeBytes += bytes
    }
    const { groupId } = options
    const { node, states, startedAt } = fetch
    cluster.telemetry.fetched({
      groupId,
      brokerId: node.id,
      partitionCount: states.length,
      sizeBytes,
      startedAt,
      error,
    })
  }

  #target({ key, topic, partition, fetchOffset }: PartitionState): FetchTarget {
    const { metadata } = this.#parts.cluster
    const topicId = metadata.current.topics.get(topic)?.id ?? ZERO_UUID
    const leaderEpoch = metadata.partition(topic, partition)?.leaderEpoch ?? -1
    return {
      key,
      topic,
      topicId,
      partition,
      fetchOffset,
      leaderEpoch,
      maxBytes: this.#parts.options.maxPartitionFetchBytes,
    }
  }

  #answered(
    { session, memory }: { readonly session: FetchSession; readonly memory: ResponseMemory },
    answer: Value<typeof FetchResponse>,
    asked: ReadonlyMap<string, { state: PartitionState; seeks: number; offset: number }>,
  ): void {
    if (!session.accept(answer)) {
      this.#parts.cluster.env.logger.debug('fetch session is over', { errorCode: answer.errorCode })
      if (!isSessionError(answer.errorCode)) this.#parts.cluster.metadata.invalidate()
      return
    }
    const now = this.#parts.cluster.env.clock.monotonic()
    this.#answeredAt = now
    let refused: Set<PartitionState> | null = null
    for (const { topic, topicId, partitions } of answer.responses) {
      const name = session.nameOf(topic, topicId)
      if (name === undefined) continue
      for (const data of partitions) {
        const entry = asked.get(partitionKey(name, data.partitionIndex))
        if (entry === undefined) continue
        if (data.errorCode !== ErrorCode.NONE) (refused ??= new Set()).add(entry.state)
        if (entry.state.seeks === entry.seeks && entry.state.fetchOffset === entry.offset)
          this.#take(entry.state, data, answer, memory)
      }
    }
    // A session leaves out what has nothing new: that is well too.
    for (const { state } of asked.values()) if (refused?.has(state) !== true) state.fetchedAt = now
  }

  #take(state: PartitionState, data: PartitionData, answer: Value<typeof FetchResponse>, memory: ResponseMemory): void {
    const { options: read, onProgress } = this.#parts
    if (data.errorCode !== ErrorCode.NONE) {
      this.#refused(state, data, answer)
      return
    }
    state.highWatermark = data.highWatermark
    state.lastStableOffset = data.lastStableOffset
    state.logStartOffset = data.logStartOffset
    if (data.preferredReadReplica >= 0) {
      const { env, options } = this.#parts.cluster
      state.preferredReplica = data.preferredReadReplica
      state.preferredUntil = env.clock.monotonic() + options.metadataMaxAgeMs
      return
    }
    if (data.records === null || data.records.length === 0) return
    const { topic, partition, fetchOffset } = state
    const { isReadCommitted, checkCrcs, key, value } = read
    const records = new FetchedRecords(data, {
      topic,
      partition,
      fetchOffset,
      isReadCommitted,
      checkCrcs,
      key,
      value,
      memory: memory.retain(),
    })
    state.buffer(records)
    onProgress()
  }

  #refused(state: PartitionState, data: PartitionData, answer: Value<typeof FetchResponse>): void {
    const { cluster, options, onProgress, onError, onTrouble } = this.#parts
    const { topic, partition } = state
    const error = new BrokerError(data.errorCode, null, { topic, partition })
    cluster.env.logger.debug('a partition could not be fetched', { topic, partition, code: error.code })
    if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      if (state.preferredReplica >= 0) state.preferredReplica = -1
      else if (options.autoOffsetReset.kind !== 'none') state.seekTo('reset')
      else {
        const message = `offset ${state.fetchOffset} of ${topic}-${partition} is out of range`
        onError(new NoOffsetError(message, { topic, partition, cause: error }))
      }
      onProgress()
      return
    }
    if (!error.retriable && !LEADER_ERRORS.has(data.errorCode)) {
      onError(error)
      state.notBefore = cluster.env.clock.monotonic() + cluster.options.retryBackoff.maxMs
      return
    }
    onTrouble(error)
    state.preferredReplica = -1
    state.notBefore = cluster.env.clock.monotonic() + cluster.options.retryBackoff.initialMs
    const { leaderId, leaderEpoch } = data.currentLeader
    const nodes = answer.nodeEndpoints.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack }))
    if (leaderId >= 0) cluster.metadata.learnLeader({ topic, partition, leader: leaderId, leaderEpoch, nodes })
    cluster.metadata.invalidate()
  }

  #unanswered(node: BrokerNode, session: FetchSession, states: readonly PartitionState[], error: Error): void {
    session.reset()
    if (this.#isClosed || (error instanceof KafkaError && error.code === 'CLOSED')) return
    const { cluster, onTrouble } = this.#parts
    onTrouble(error)
    cluster.env.logger.debug('fetch without an answer', { broker: node.id, error })
    if (error instanceof AuthenticationError) this.#parts.onError(error)
    const notBefore = cluster.env.clock.monotonic() + cluster.options.retryBackoff.initialMs
    for (const state of states) {
      state.notBefore = notBefore
      state.preferredReplica = -1
    }
    cluster.metadata.invalidate()
  }

  #session(nodeId: number): FetchSession {
    let session = this.#sessions.get(nodeId)
    if (session === undefined) {
      session = new FetchSession()
      this.#sessions.set(nodeId, session)
    }
    return session
  }
}

/** Not retriable by Kafka's table, but cured by fresh metadata. */
const LEADER_ERRORS = new Set<number>([ErrorCode.UNKNOWN_LEADER_EPOCH, ErrorCode.FENCED_LEADER_EPOCH])

const SESSION_ERRORS = new Set<number>([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
])

function isSessionError(errorCode: number): boolean {
  return SESSION_ERRORS.has(errorCode)
}

function fetchRequest(delta: FetchDelta, options: ResolvedConsumerOptions, version: number): Init<typeof FetchRequest> {
  const topicOf = (targets: readonly FetchTarget[]) => {
    const { topic, topicId } = targets[0]!
    return version >= IDS_SINCE ? { topicId } : { topic }
  }
  return {
    maxWaitMs: options.fetchMaxWaitMs,
    minBytes: options.fetchMinBytes,
    maxBytes: options.fetchMaxBytes,
    isolationLevel: options.isReadCommitted ? 1 : 0,
    sessionId: delta.sessionId,
    sessionEpoch: delta.sessionEpoch,
    topics: [...byTopic(delta.changed).values()].map((targets) => ({
      ...topicOf(targets),
      partitions: targets.map(({ partition, leaderEpoch, fetchOffset, maxBytes }) => ({
        partition,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset,
        partitionMaxBytes: maxBytes,
      })),
    })),
    forgottenTopicsData: [...byTopic(delta.forgotten).values()].map((targets) => ({
      ...topicOf(targets),
      partitions: targets.map(({ partition }) => partition),
    })),
    rackId: options.rack,
  }
}

function nameOf(states: readonly PartitionState[], { metadata }: Cluster, topicId: string): string | undefined {
  return states.find(({ topic }) => metadata.current.topics.get(topic)?.id === topicId)?.topic
}
