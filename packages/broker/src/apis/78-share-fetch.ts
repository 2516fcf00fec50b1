/**
 * ShareFetch (key 78), versions 1 and 2 (KIP-932).
 *
 * A member of a share group acquires records of the partitions in its share session, and says on the way what became of earlier ones.
 * The answer has whole batches and names the records in them that the member got; it comes when there is something to get, or the wait is
 * over, and what was said of earlier records is stored. Session epoch 0 begins a session, -1 ends it: what the member still holds goes
 * to others. Version 2: acquire mode (KIP-1206), renewal of locks (KIP-1222).
 */
import type { ServerRequest } from '@ottla/net'
import { codecOf, ErrorCode, ShareFetchRequest, ShareFetchResponse, type Value } from '@ottla/protocol'
import { encodeResponse } from '../encode-response.ts'
import { LeaderHints } from '../fetch/leader-hint.ts'
import { guarded } from '../raw-answer.ts'
import type { RequestContext } from '../request-context.ts'
import { type AcknowledgedPartition, acknowledgeAll } from '../share/acknowledge-all.ts'
import type { AcquireMode } from '../share/partition/acquire.ts'
import {
  PendingShareFetch,
  releaseAll,
  type ShareTarget,
  type ShareTargetResult,
} from '../share/pending-share-fetch.ts'
import { partitionKey, type TopicIdPartition } from '../share/share-partition-key.ts'
import { FINAL_EPOCH, INITIAL_EPOCH, type ShareSession } from '../share/share-sessions.ts'
import { shareVersion } from '../share/share-settings.ts'
import type { RawApi } from './handler.ts'

type Request = Value<typeof ShareFetchRequest>
const MODES: readonly AcquireMode[] = ['batch_optimized', 'record_limit']
const SHARE_FETCH = 78
const HEAD_BYTES = 30
const PARTITION_BYTES = 60
const NO_RECORDS = Buffer.alloc(0)

export const shareFetch: RawApi = {
  kind: 'raw',
  key: 78,
  versions: { min: 1, max: 2 },
  handle(context, reader, exchange) {
    const request = codecOf(ShareFetchRequest, context.apiVersion).decode(reader)
    exchange.releaseFrame()
    const problem = problemOf(context, request)
    if (problem !== null) refuse(context, exchange, problem)
    else start(context, request, exchange)
  },
}

interface Problem {
  readonly error: number
  readonly message: string
}

function problemOf({ broker }: RequestContext, request: Request): Problem | null {
  const { groupId, memberId, isRenewAck, maxWaitMs, minBytes, maxBytes, maxRecords, shareSessionEpoch } = request
  if (shareVersion(broker) === 0) return { error: ErrorCode.UNSUPPORTED_VERSION, message: 'Share groups are off.' }
  if (groupId === null || groupId === '') return { error: ErrorCode.INVALID_REQUEST, message: 'There is no group id.' }
  if (memberId === null || memberId === '')
    return { error: ErrorCode.INVALID_REQUEST, message: 'There is no member id.' }
  if (isRenewAck && (maxWaitMs > 0 || minBytes > 0 || maxBytes > 0 || maxRecords > 0)) {
    return { error: ErrorCode.INVALID_REQUEST, message: 'A request that renews locks cannot fetch.' }
  }
  if (MODES[request.shareAcquireMode] === undefined) {
    return { error: ErrorCode.INVALID_REQUEST, message: `There is no acquire mode ${request.shareAcquireMode}.` }
  }
  if (shareSessionEpoch === INITIAL_EPOCH && acknowledged(request).length > 0) {
    return { error: ErrorCode.INVALID_REQUEST, message: 'The first request of a session cannot acknowledge.' }
  }
  return null
}

function refuse(context: RequestContext, exchange: ServerRequest, { error, message }: Problem): void {
  exchange.respond(encodeResponse(context, ShareFetchResponse, { errorCode: error, errorMessage: message }))
}

function start(context: RequestContext, request: Request, exchange: ServerRequest): void {
  const { shares } = context.broker
  const outcome = shares.sessions.use({
    groupId: request.groupId!,
    memberId: request.memberId!,
    epoch: request.shareSessionEpoch,
    connectionId: context.session.connectionId,
  })
  if (outcome.kind === 'refused') {
    refuse(context, exchange, outcome)
    return
  }
  const { session } = outcome
  let fetched: { readonly results: ShareTargetResult[] | null } | undefined
  let acknowledgements: readonly AcknowledgedPartition[] | undefined
  const answerWhenBoth = (): void => {
    const [done, told] = [fetched, acknowledgements]
    if (done === undefined || told === undefined) return
    guarded(context, exchange, () => respond({ context, request, exchange }, done.results, told))
  }
  acknowledgeAll(shares, session, { topics: acknowledged(request), isRenewAck: request.isRenewAck }, (told) => {
    acknowledgements = told
    answerWhenBoth()
  })
  const answer = (results: ShareTargetResult[] | null): void => {
    fetched = { results }
    answerWhenBoth()
  }
  if (request.shareSessionEpoch === FINAL_EPOCH) {
    shares.sessions.close(session)
    answer([])
    return
  }
  update(session, request)
  fetch({ context, request, exchange }, session, answer)
}

/** Partitions about which the request says what became of records. */
function acknowledged({ topics }: Request): Request['topics'] {
  if (topics.every(({ partitions }) => partitions.every(saysSomething))) return topics
  return topics
    .map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.filter(saysSomething),
    }))
    .filter(({ partitions }) => partitions.length > 0)
}

function saysSomething({ acknowledgementBatches }: Request['topics'][number]['partitions'][number]): boolean {
  return acknowledgementBatches.length > 0
}

function update(session: ShareSession, { topics, forgottenTopicsData }: Request): void {
  for (const { topicId, partitions } of topics) {
    for (const { partitionIndex: partition } of partitions) {
      const of = { topicId, partition }
      const key = partitionKey(of)
      if (!session.partitions.has(key)) session.partitions.set(key, of)
    }
  }
  for (const { topicId, partitions } of forgottenTopicsData) {
    for (const partition of partitions) session.partitions.delete(partitionKey({ topicId, partition }))
  }
}

interface Call {
  readonly context: RequestContext
  readonly request: Request
  readonly exchange: ServerRequest
}

function fetch(call: Call, session: ShareSession, answer: (results: ShareTargetResult[] | null) => void): void {
  const { context, request, exchange } = call
  const { broker } = context
  const targets: ShareTarget[] = []
  for (const of of session.partitions.values()) targets.push({ of, found: broker.shares.leader(session.groupId, of) })
  const pending = new PendingShareFetch(
    {
      targets: inTurn(targets, session.epoch),
      memberId: session.memberId,
      mode: MODES[request.shareAcquireMode]!,
      maxRecords: request.maxRecords,
      batchSize: Math.max(1, request.batchSize),
      minBytes: request.minBytes,
      maxBytes: Math.min(request.maxBytes, broker.config.values['fetch.max.bytes']),
      maxWaitMs: request.maxWaitMs - (broker.env.clock.monotonic() - context.receivedAt),
      deadlines: broker.deadlines,
      exchange,
      onFault: (error) => guarded(context, exchange, () => rethrow(error)),
    },
    answer,
  )
  pending.start()
}

function rethrow(error: unknown): never {
  throw error
}

/** Another partition comes first each time. */
function inTurn(targets: ShareTarget[], epoch: number): readonly ShareTarget[] {
  const from = targets.length === 0 ? 0 : epoch % targets.length
  return from === 0 ? targets : [...targets.slice(from), ...targets.slice(0, from)]
}

function respond(
  call: Call,
  results: ShareTargetResult[] | null,
  acknowledgements: readonly AcknowledgedPartition[],
): void {
  const { context, request, exchange } = call
  if (results === null || exchange.isOver) {
    releaseAll(results ?? [])
    exchange.respondNothing()
    return
  }
  const hints = new LeaderHints(context)
  const response = new ResponseTopics(hints)
  for (const { of, result } of results)
    if (result.kind !== 'nothing' || isFirst(request)) response.addResult(of, result)
  for (const acknowledgement of acknowledgements) response.addAcknowledgement(acknowledgement)
  const acquisitionLockTimeoutMs = context.broker.shares.settings(request.groupId!).lockDurationMs
  // What was acquired is sent in any case; a client over its quota may not ask again before its time.
  const throttleTimeMs = context.broker.quotas.delivered(context, count(context, results))
  const frame = encodeResponse(context, ShareFetchResponse, {
    throttleTimeMs,
    acquisitionLockTimeoutMs,
    responses: response.topics,
    nodeEndpoints: hints.endpoints,
  })
  exchange.respond(frame, () => releaseAll(results))
  if (throttleTimeMs > 0) context.broker.quotas.pause(exchange.connection, throttleTimeMs)
}

/** Gives the bytes that the answer will have, about. */
function count({ broker }: RequestContext, results: readonly ShareTargetResult[]): number {
  let bytes = HEAD_BYTES
  for (const { of, result } of results) {
    broker.metrics.countError(SHARE_FETCH, result.kind === 'failed' ? result.error : ErrorCode.NONE)
    if (result.kind !== 'records') continue
    bytes += PARTITION_BYTES + result.sizeBytes
    broker.replicas.findById(of.topicId, of.partition).replica?.traffic.fetched(result.sizeBytes)
  }
  return bytes
}

function isFirst({ shareSessionEpoch }: Request): boolean {
  return shareSessionEpoch === INITIAL_EPOCH
}

type PartitionData = ReturnType<typeof emptyPartition>

function emptyPartition(partitionIndex: number) {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE as number,
    errorMessage: null as string | null,
    acknowledgeErrorCode: ErrorCode.NONE as number,
    acknowledgeErrorMessage: null as string | null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    records: [NO_RECORDS] as Buffer[],
    acquiredRecords: [] as { firstOffset: number; lastOffset: number; deliveryCount: number }[],
  }
}

/** Partitions of a response under their topics; each of them once, whatever is told of it. */
class ResponseTopics {
  readonly topics: { readonly topicId: string; readonly partitions: PartitionData[] }[] = []
  readonly #hints: LeaderHints

  constructor(hints: LeaderHints) {
    this.#hints = hints
  }

  addResult(of: TopicIdPartition, result: ShareTargetResult['result']): void {
    const data = this.#partition(of)
    if (result.kind === 'records') {
      data.records = [...result.buffers]
      data.acquiredRecords = [...result.acquired]
    } else if (result.kind === 'failed') {
      data.errorCode = result.error
      data.errorMessage = result.message
      data.currentLeader = this.#hints.of(of.topicId, of.partition, result.error) ?? data.currentLeader
    }
  }

  addAcknowledgement({ of, error, message }: AcknowledgedPartition): void {
    const data = this.#partition(of)
    data.acknowledgeErrorCode = error
    if (error === ErrorCode.NONE) return
    data.acknowledgeErrorMessage = message
    data.currentLeader = this.#hints.of(of.topicId, of.partition, error) ?? data.currentLeader
  }

  #partition({ topicId, partition }: TopicIdPartition): PartitionData {
    let topic = this.topics.find((known) => known.topicId === topicId)
    if (topic === undefined) this.topics.push((topic = { topicId, partitions: [] }))
    let data = topic.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    if (data === undefined) topic.partitions.push((data = emptyPartition(partition)))
    return data
  }
}
