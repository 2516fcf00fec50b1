/**
 * Fetch (key 1), versions 4 to 18.
 *
 * Whole batches from the one that holds the offset, as they lie in the log; waits until there are minimum bytes or the maximum
 * wait is over, and answers in the turn in which the high watermark moves. Versions: 7 sessions (KIP-227), 9 leader epoch
 * fencing, 10 zstd, 11 preferred read replica (always the leader), 12 flexible and diverging epochs, 13 topic ids, 15 replica
 * state, 16 leader hints. Left out: fetches of followers.
 */
import type { AbortedTransaction } from '@ottla/log'
import type { ServerRequest } from '@ottla/net'
import { codecOf, ErrorCode, FetchRequest, FetchResponse, type Value } from '@ottla/protocol'
import { encodeResponse } from '../encode-response.ts'
import { noteAbortedTransactions } from '../fetch/aborted-transactions.ts'
import type { FetchPartition } from '../fetch/fetch-partition.ts'
import { type FetchScope, fetchScope } from '../fetch/fetch-scope.ts'
import { INITIAL_EPOCH } from '../fetch/fetch-session.ts'
import { fetchTarget } from '../fetch/fetch-target.ts'
import { hasZstd } from '../fetch/has-zstd.ts'
import { LeaderHints } from '../fetch/leader-hint.ts'
import { PendingFetch } from '../fetch/pending-fetch.ts'
import { releaseAll, type TargetResult } from '../fetch/read-targets.ts'
import { guarded } from '../raw-answer.ts'
import type { RequestContext } from '../request-context.ts'
import type { RawApi } from './handler.ts'

type Request = Value<typeof FetchRequest>
type Scope = Extract<FetchScope, { kind: 'fetch' }>
const FETCH = 1
const FIRST_VERSION_WITH_ZSTD = 10
const FIRST_VERSION_WITH_LEADER_HINTS = 16
const NO_RECORDS = Buffer.alloc(0)
const NONE_ABORTED: readonly AbortedTransaction[] = []
const HEAD_BYTES = 30
const PARTITION_BYTES = 60

export const fetch: RawApi = {
  kind: 'raw',
  key: 1,
  versions: { min: 4, max: 18 },
  handle(context, reader, exchange) {
    const request = codecOf(FetchRequest, context.apiVersion).decode(reader)
    exchange.releaseFrame()
    const scope = fetchScope(request, context.apiVersion, context.broker.fetchSessions)
    if (scope.kind === 'refused') {
      exchange.respond(encodeResponse(context, FetchResponse, { errorCode: scope.errorCode }))
    } else start({ context, request, scope, exchange })
  },
}

interface Call {
  readonly context: RequestContext
  readonly request: Request
  readonly scope: Scope
  readonly exchange: ServerRequest
}

function start(call: Call): void {
  const { context, request, scope, exchange } = call
  const { broker } = context
  const isFollower = Math.max(request.replicaId, request.replicaState.replicaId) >= 0
  const targets = limited(scope.partitions, request.maxBytes).map((partition) =>
    isFollower
      ? { request: partition, replica: undefined, error: ErrorCode.NOT_LEADER_OR_FOLLOWER }
      : fetchTarget(partition, broker.replicas),
  )
  const waitedMs = broker.env.clock.monotonic() - context.receivedAt
  const maxBytes = Math.min(
    request.maxBytes,
    broker.config.values['fetch.max.bytes'],
    broker.quotas.fetchBytesMax(context),
  )
  const pending = new PendingFetch(
    {
      targets,
      isolation: request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted',
      // More than an answer can hold is not waited for.
      minBytes: Math.min(request.minBytes, maxBytes),
      maxBytes,
      maxWaitMs: request.maxWaitMs - waitedMs,
      deadlines: broker.deadlines,
      exchange,
    },
    (results) => guarded(context, exchange, () => respond(call, results)),
  )
  pending.start()
}

/** A negative limit of all is one of each. */
function limited(partitions: readonly FetchPartition[], maxBytes: number): readonly FetchPartition[] {
  return maxBytes >= 0 ? partitions : partitions.map((partition) => ({ ...partition, maxBytes }))
}

function respond(call: Call, results: TargetResult[] | null): void {
  const { request, exchange } = call
  if (results === null || exchange.isOver) {
    releaseAll(results ?? [])
    exchange.respondNothing()
    return
  }
  const looking = request.isolationLevel === 1 ? noteAbortedTransactions(results) : null
  if (looking === null) send(call, results)
  else void looking.then(() => guarded(call.context, exchange, () => send(call, results)))
}

function send(call: Call, results: TargetResult[]): void {
  const { context, request, scope, exchange } = call
  if (exchange.isOver) {
    releaseAll(results)
    exchange.respondNothing()
    return
  }
  const { quotas } = context.broker
  const pauseMs = quotas.fetched(context, responseBytes(results))
  if (pauseMs > 0) {
    releaseAll(results)
    // A new session begins with a whole answer, or not at all.
    const concluded = request.sessionEpoch > INITIAL_EPOCH ? scope.conclude() : {}
    exchange.respond(encodeResponse(context, FetchResponse, { ...concluded, throttleTimeMs: pauseMs }))
    quotas.pause(exchange.connection, pauseMs)
    return
  }
  const { errorCode, sessionId } = scope.conclude()
  if (errorCode !== ErrorCode.NONE) {
    releaseAll(results)
    exchange.respond(encodeResponse(context, FetchResponse, { errorCode }))
    return
  }
  const hints = new LeaderHints(context)
  const topics = new TopicGroups()
  for (const result of results) {
    const data = partitionData(context, result, hints)
    count(context, result, data.errorCode)
    const { request } = result.target
    if (scope.isNews(request, data, result.records?.sizeBytes ?? 0)) topics.add(request.topic, request.topicId, data)
  }
  const response = { sessionId, responses: topics.list, nodeEndpoints: hints.endpoints }
  exchange.respond(encodeResponse(context, FetchResponse, response), () => releaseAll(results))
}

function count({ broker }: RequestContext, { target, records }: TargetResult, errorCode: number): void {
  const traffic = target.replica?.traffic ?? broker.metrics.traffic
  if (errorCode === ErrorCode.NONE) traffic.fetched(records?.sizeBytes ?? 0)
  else traffic.fetchFailed()
  broker.metrics.countError(FETCH, errorCode)
}

/** About as many as the response will have: records, and what stands around those of a partition. */
function responseBytes(results: readonly TargetResult[]): number {
  let bytes = HEAD_BYTES
  for (const { records } of results) bytes += PARTITION_BYTES + (records?.sizeBytes ?? 0)
  return bytes
}

/** All fields each time: what is left out is undefined, and all partitions of all answers are objects of one kind. */
function partitionData(context: RequestContext, result: TargetResult, hints: LeaderHints) {
  const { target, state } = result
  const { partition } = target.request
  let errorCode = state.kind === 'error' ? state.error : ErrorCode.NONE
  if (context.apiVersion < FIRST_VERSION_WITH_ZSTD && result.records !== null && hasZstd(result.records.buffers)) {
    errorCode = ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
  }
  const isError = errorCode !== ErrorCode.NONE
  return {
    partitionIndex: partition,
    errorCode,
    highWatermark: isError ? -1 : result.highWatermark,
    lastStableOffset: isError ? -1 : result.lastStableOffset,
    logStartOffset: isError ? -1 : result.logStartOffset,
    abortedTransactions: target.replica === undefined ? NONE_ABORTED : result.aborted,
    records: isError || result.records === null ? NO_RECORDS : result.records.buffers,
    divergingEpoch: state.kind === 'diverging' ? state.end : undefined,
    currentLeader: isError ? leaderHint(context, result, hints) : undefined,
  }
}

function leaderHint({ apiVersion }: RequestContext, { target, state }: TargetResult, hints: LeaderHints) {
  if (apiVersion < FIRST_VERSION_WITH_LEADER_HINTS || state.kind !== 'error') return undefined
  return hints.of(target.replica?.topicId ?? target.request.topicId, target.request.partition, state.error)
}

type Data = ReturnType<typeof partitionData>

/** Partitions in order, those of one topic that follow each other under one heading. */
class TopicGroups {
  readonly list: { readonly topic: string; readonly topicId: string; readonly partitions: Data[] }[] = []

  add(topic: string, topicId: string, data: Data): void {
    const last = this.list[this.list.length - 1]
    if (last !== undefined && last.topic === topic && last.topicId === topicId) last.partitions.push(data)
    else this.list.push({ topic, topicId, partitions: [data] })
  }
}
