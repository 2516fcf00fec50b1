/** OffsetCommit, OffsetFetch and OffsetDelete: topics looked up, decisions asked for, responses put together. */
import {
  ErrorCode,
  type Init,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  type TxnOffsetCommitRequest,
  ZERO_UUID,
} from '@ottla/protocol'
import type { TopicLookup } from '../ports.ts'
import { fetchError } from './consumer/commit.ts'
import { coordinatorErrorCode } from './coordinator-error.ts'
import * as decide from './group-requests.ts'
import type { Route } from './membership.ts'
import type { Commit, CommitOutcome, CommitTopic } from './offsets/offset-commit.ts'
import type { DeleteOutcome } from './offsets/offset-delete.ts'
import { type FetchedTopic, type FetchTopic, fetchAllOffsets, fetchOffsets } from './offsets/offset-fetch.ts'
import type { RequestContext } from './request-context.ts'

export interface GroupOffsetsOptions {
  readonly route: Route
  readonly topics: () => TopicLookup
}

type CommitResponseTopic = NonNullable<Init<typeof OffsetCommitResponse>['topics']>[number]
type FetchGroup = OffsetFetchRequest['groups'][number]
type FetchResponseGroup = NonNullable<Init<typeof OffsetFetchResponse>['groups']>[number]
type FetchResponseTopic = NonNullable<FetchResponseGroup['topics']>[number]

/** Since these versions topics go by id. */
const COMMIT_BY_ID = 10
const FETCH_BY_ID = 10
/** Since this version one OffsetFetch may ask for many groups. */
const FETCH_GROUPS = 8

export class GroupOffsets {
  readonly #options: GroupOffsetsOptions

  constructor(options: GroupOffsetsOptions) {
    this.#options = options
  }

  async offsetCommit(
    request: OffsetCommitRequest,
    { apiVersion }: RequestContext,
  ): Promise<Init<typeof OffsetCommitResponse>> {
    const byId = apiVersion >= COMMIT_BY_ID
    const topics = request.topics.map((topic) => lookUpCommit(topic, byId ? 'id' : 'name', this.#options.topics()))
    const wanted = topics.flatMap(({ commit }) => (commit.partitions.length === 0 ? [] : [commit]))
    const outcome = await this.#commit(request, wanted, apiVersion)
    let next = 0
    return {
      topics: topics.map(({ commit, errors, name, topicId }): CommitResponseTopic => {
        const codes = commit.partitions.length === 0 ? [] : (outcome[next++] ?? [])
        let nextCode = 0
        const partitions = errors.map(({ partition, errorCode }) => ({
          partitionIndex: partition,
          errorCode: errorCode === ErrorCode.NONE ? (codes[nextCode++] ?? ErrorCode.UNKNOWN_SERVER_ERROR) : errorCode,
        }))
        return byId ? { topicId, partitions } : { name, partitions }
      }),
    }
  }

  async #commit(
    request: OffsetCommitRequest,
    topics: readonly CommitTopic[],
    apiVersion: number,
  ): Promise<CommitOutcome> {
    if (topics.length === 0) return []
    const all = (code: number) => topics.map(({ partitions }) => partitions.map(() => code))
    const found = this.#options.route(request.groupId)
    if ('errorCode' in found) return all(found.errorCode)
    const commit: Commit = {
      groupId: request.groupId,
      generationId: request.generationIdOrMemberEpoch,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      retentionMs: request.retentionTimeMs,
      knowsGroupIdNotFound: apiVersion >= 9,
      knowsMemberEpochs: apiVersion >= 9,
      topics,
    }
    try {
      return await found.partition.submit<CommitOutcome>((asked) => decide.commit(asked, commit))
    } catch (error) {
      return all(coordinatorErrorCode(error, ErrorCode.INVALID_COMMIT_OFFSET_SIZE))
    }
  }

  async offsetFetch(
    request: OffsetFetchRequest,
    { apiVersion }: RequestContext,
  ): Promise<Init<typeof OffsetFetchResponse>> {
    const view = request.requireStable ? 'stable' : 'committed'
    if (apiVersion >= FETCH_GROUPS) {
      const groups = request.groups.map((group) => this.#fetch(group, view, apiVersion >= FETCH_BY_ID ? 'id' : 'name'))
      return { groups: await Promise.all(groups) }
    }
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
    const group = { groupId: request.groupId, memberId: null, memberEpoch: -1, topics }
    return oneGroup(await this.#fetch(group, view, 'name'), request, apiVersion)
  }

  async #fetch(group: FetchGroup, view: 'stable' | 'committed', by: 'id' | 'name'): Promise<FetchResponseGroup> {
    const { groupId } = group
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return { groupId, errorCode: found.errorCode }
    const { partition } = found
    const lookup = this.#options.topics()
    const topics = group.topics?.map((topic) => lookUpFetch(topic, by, lookup)) ?? null
    const asked = topics?.filter(({ name }) => name !== '') ?? null
    try {
      const errorCode = partition.query((shard, offset) =>
        fetchError(shard.groups.getAt(groupId, offset), group, offset),
      )
      if (errorCode !== ErrorCode.NONE) return { groupId, errorCode }
      const fetched =
        view === 'stable'
          ? await partition.submit<FetchedTopic[]>((what) => decide.fetchStable(what, { groupId, topics: asked }))
          : partition.query((shard, offset) => {
              const at = { kind: 'committed', offset } as const
              return asked === null
                ? fetchAllOffsets(shard.offsets, groupId, at)
                : fetchOffsets(shard.offsets, groupId, asked, at)
            })
      return { groupId, errorCode: ErrorCode.NONE, topics: fetchAnswer(topics, fetched, by, lookup) }
    } catch (error) {
      return { groupId, errorCode: coordinatorErrorCode(error, ErrorCode.UNKNOWN_SERVER_ERROR) }
    }
  }

  async offsetDelete(request: OffsetDeleteRequest): Promise<Init<typeof OffsetDeleteResponse>> {
    const { groupId } = request
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return { errorCode: found.errorCode }
    const lookup = this.#options.topics()
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions
        .map(({ partitionIndex }) => partitionIndex)
        .filter((partition) => lookup.hasPartition(name, partition)),
    }))
    try {
      const outcome = await found.partition.submit<DeleteOutcome>((asked) =>
        decide.deleteOffsets(asked, { groupId, topics }),
      )
      if (outcome.errorCode !== ErrorCode.NONE) return { errorCode: outcome.errorCode }
      const answered = request.topics.map(({ name, partitions }, at) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode:
            outcome.topics[at]?.[topics[at]!.partitions.indexOf(partitionIndex)] ??
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        })),
      }))
      return { errorCode: ErrorCode.NONE, topics: answered }
    } catch (error) {
      return { errorCode: coordinatorErrorCode(error, ErrorCode.UNKNOWN_SERVER_ERROR) }
    }
  }
}

export interface LookedUpCommit {
  readonly name: string
  readonly topicId: string
  /** What is there to commit to; its partitions are those without an error below. */
  readonly commit: CommitTopic
  readonly errors: readonly { readonly partition: number; readonly errorCode: number }[]
}

export function lookUpCommit(
  topic: OffsetCommitRequest['topics'][number] | TxnOffsetCommitRequest['topics'][number],
  by: 'id' | 'name',
  lookup: TopicLookup,
): LookedUpCommit {
  const name = by === 'id' ? (lookup.nameOf(topic.topicId) ?? '') : topic.name
  const topicId = by === 'id' ? topic.topicId : ZERO_UUID
  const knownId = lookup.idOf(name) ?? ZERO_UUID
  const errors = topic.partitions.map(({ partitionIndex: partition }) => {
    if (by === 'id' && name === '') return { partition, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }
    const isThere = lookup.hasPartition(name, partition)
    return { partition, errorCode: isThere ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
  })
  const partitions = topic.partitions
    .filter((_, index) => errors[index]?.errorCode === ErrorCode.NONE)
    .map((partition) => ({
      partition: partition.partitionIndex,
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata: partition.committedMetadata ?? '',
    }))
  return { name, topicId, errors, commit: { name, topicId: knownId, partitions } }
}

/** The name is empty when the id is not known. */
function lookUpFetch(
  topic: NonNullable<FetchGroup['topics']>[number],
  by: 'id' | 'name',
  lookup: TopicLookup,
): FetchTopic & { readonly requestedId: string } {
  const { partitionIndexes: partitions } = topic
  if (by === 'id') {
    const name = lookup.nameOf(topic.topicId) ?? ''
    return { name, topicId: topic.topicId, partitions, requestedId: topic.topicId }
  }
  return { name: topic.name, topicId: lookup.idOf(topic.name) ?? ZERO_UUID, partitions, requestedId: ZERO_UUID }
}

/** Puts the topics whose id is not known back in their places. Of all topics of a group those without an id are left out. */
function fetchAnswer(
  requested: readonly (FetchTopic & { readonly requestedId: string })[] | null,
  fetched: readonly FetchedTopic[],
  by: 'id' | 'name',
  lookup: TopicLookup,
): FetchResponseTopic[] {
  if (requested === null) {
    if (by === 'name') return fetched.map((topic) => ({ name: topic.name, partitions: topic.partitions.map(answerOf) }))
    return fetched.flatMap(({ name, partitions }) => {
      const topicId = lookup.idOf(name)
      return topicId === undefined ? [] : [{ topicId, partitions: partitions.map(answerOf) }]
    })
  }
  let next = 0
  return requested.map(({ name, requestedId, partitions }) => {
    const answers =
      name === '' && by === 'id'
        ? partitions.map((partition) => failed(partition, ErrorCode.UNKNOWN_TOPIC_ID))
        : (fetched[next++]?.partitions ?? []).map(answerOf)
    return by === 'id' ? { topicId: requestedId, partitions: answers } : { name, partitions: answers }
  })
}

function answerOf({ partition, offset, leaderEpoch, metadata, errorCode }: FetchedTopic['partitions'][number]) {
  return {
    partitionIndex: partition,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata,
    errorCode,
  }
}

function failed(partitionIndex: number, errorCode: number) {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
}

/** The form before version 8. Before version 2 an error of the group has no place but its partitions. */
function oneGroup(
  { errorCode, topics = [] }: FetchResponseGroup,
  request: OffsetFetchRequest,
  apiVersion: number,
): Init<typeof OffsetFetchResponse> {
  const named = topics.map(({ name, partitions }) => ({ name, partitions }))
  if (errorCode === undefined || errorCode === ErrorCode.NONE || apiVersion >= 2) return { errorCode, topics: named }
  return {
    topics: (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partition) => failed(partition, errorCode)),
    })),
  }
}
