/**
 * What a fetch request is about: the partitions it names, or those of its session. Says at the end which of the results
 * belong into the response.
 */
import { ErrorCode, type FetchRequest, type Value, ZERO_UUID } from '@ottla/protocol'
import type { FetchPartition } from './fetch-partition.ts'
import {
  type FetchOutcome,
  type FetchSession,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  nextSessionEpoch,
  type TopicNaming,
} from './fetch-session.ts'
import type { FetchSessionCache } from './fetch-session-cache.ts'

/** From this version on topics are named by id. */
export const FIRST_VERSION_WITH_TOPIC_IDS = 13

export type FetchScope =
  | {
      readonly kind: 'fetch'
      readonly partitions: readonly FetchPartition[]
      /** Called once, with the results of all partitions at hand and before any `isNews`: an error of the session, or NONE, and the session id to answer. */
      conclude(): { readonly errorCode: number; readonly sessionId: number }
      /** Whether the response must name the partition. */
      isNews(partition: FetchPartition, outcome: FetchOutcome, recordBytes: number): boolean
    }
  | { readonly kind: 'refused'; readonly errorCode: number }

type Request = Value<typeof FetchRequest>

/** Resolves the session of a request: none, a new one, or a known one that the request changes. */
export function fetchScope(request: Request, version: number, sessions: FetchSessionCache): FetchScope {
  const naming = version >= FIRST_VERSION_WITH_TOPIC_IDS ? 'ids' : 'names'
  if (request.sessionEpoch === FINAL_EPOCH || request.sessionEpoch === INITIAL_EPOCH) {
    if (request.sessionId !== 0) sessions.remove(request.sessionId)
    const partitions = partitionsOf(request)
    if (request.sessionEpoch === FINAL_EPOCH) return sessionless(partitions)
    return newSession(partitions, sessions, naming)
  }
  return knownSession(request, sessions, naming)
}

function sessionless(partitions: readonly FetchPartition[]): FetchScope {
  return {
    kind: 'fetch',
    partitions,
    conclude: () => ({ errorCode: ErrorCode.NONE, sessionId: 0 }),
    isNews: () => true,
  }
}

function newSession(
  partitions: readonly FetchPartition[],
  sessions: FetchSessionCache,
  naming: TopicNaming,
): FetchScope {
  let session: FetchSession | undefined
  return {
    kind: 'fetch',
    partitions,
    conclude() {
      if (partitions.length > 0) session = sessions.create(partitions, naming)
      return { errorCode: ErrorCode.NONE, sessionId: session?.id ?? 0 }
    },
    isNews(partition, outcome, recordBytes) {
      session?.note(partition, outcome, recordBytes)
      return true
    },
  }
}

function knownSession(request: Request, sessions: FetchSessionCache, naming: TopicNaming): FetchScope {
  const session = sessions.use(request.sessionId)
  if (session === undefined) return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
  if (session.epoch !== request.sessionEpoch) {
    return { kind: 'refused', errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }
  }
  if (session.naming !== naming) {
    return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR }
  }
  for (const partition of partitionsOf(request)) session.set(partition)
  for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) session.forget(topic, topicId, partition)
  }
  if (session.size === 0) {
    sessions.remove(session.id)
    return sessionless([])
  }
  session.epoch = nextSessionEpoch(session.epoch)
  const epoch = session.epoch
  return {
    kind: 'fetch',
    partitions: [...session.partitions()],
    conclude() {
      const isCurrent = sessions.isLive(session) && session.epoch === epoch
      return { errorCode: isCurrent ? ErrorCode.NONE : ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id }
    },
    isNews: (partition, outcome, recordBytes) => session.note(partition, outcome, recordBytes),
  }
}

function partitionsOf(request: Request): FetchPartition[] {
  const list: FetchPartition[] = []
  for (const { topic, topicId, partitions } of request.topics) {
    const id = topic === '' ? topicId : ZERO_UUID
    for (const asked of partitions) {
      list.push({
        topic,
        topicId: id,
        partition: asked.partition,
        fetchOffset: asked.fetchOffset,
        currentLeaderEpoch: asked.currentLeaderEpoch,
        lastFetchedEpoch: asked.lastFetchedEpoch,
        maxBytes: asked.partitionMaxBytes,
      })
    }
  }
  return list
}
