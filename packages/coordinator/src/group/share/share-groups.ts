/**
 * The requests about share groups: from the request to decisions and to what the share coordinator is asked for in between, and back to the
 * response.
 *
 * What the share coordinator is asked for on behalf of one group goes one after the other: a deletion does not overtake an
 * initialisation.
 */
import {
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
  type DeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsResponse,
  ErrorCode,
  errorOf,
  type Init,
  type ShareGroupDescribeRequest,
  type ShareGroupDescribeResponse,
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponse,
} from '@ottla/protocol'
import type { RuntimeTimers } from '@ottla/runtime'
import type { CoordinatorLogger, GroupTopics } from '../../ports.ts'
import type { SharePersister } from '../../share-state/share-persister.ts'
import { ask } from '../ask.ts'
import type { GroupPartition } from '../group-partition.ts'
import type { Route } from '../membership.ts'
import type { RequestContext } from '../request-context.ts'
import { describeShareGroup, initializedPartitions } from './describe.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, type ShareHeartbeat, type ShareHeartbeatAnswer, shareHeartbeat } from './heartbeat.ts'
import { type Initialization, shareInitialized } from './initialize.ts'
import { topicPartitionsOf } from './share-member.ts'
import {
  alterShareOffsets,
  beginShareDeletion,
  completeShareDeletion,
  dropShareTopics,
  type Refusal,
} from './share-offsets.ts'
import type { SharePartitionsOfTopic, ShareTopics } from './share-partitions.ts'

/** What share groups need of the world beside what all groups need. */
export interface SharePorts {
  readonly persister: SharePersister
  /** The end of a partition, as consumers that read uncommitted see it; undefined: not known now. */
  endOffset(topic: string, partition: number): Promise<number | undefined>
}

export interface ShareGroupsOptions {
  readonly route: Route
  readonly topics: () => GroupTopics
  readonly ports: SharePorts
  readonly timers: RuntimeTimers
  readonly log: CoordinatorLogger
  /** The partitions in service. */
  readonly partitions: () => Iterable<GroupPartition>
}

/** A member that joins waits so long for the state of its partitions, to be given them at once and not at its next heartbeat. */
const INITIALIZATION_WAIT_MS = 3_000
const UNDECIDED_OFFSET = -1
const UNKNOWN = -1

const { NONE, INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode

type OffsetsGroup = NonNullable<Init<typeof DescribeShareGroupOffsetsResponse>['groups']>[number]

export class ShareGroups {
  readonly #options: ShareGroupsOptions
  /** The end of all that is under way with the share coordinator, by group. */
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(options: ShareGroupsOptions) {
    this.#options = options
  }

  async heartbeat(
    request: ShareGroupHeartbeatRequest,
    context: RequestContext,
  ): Promise<Init<typeof ShareGroupHeartbeatResponse>> {
    const fault = faultOf(request)
    if (fault !== undefined) return { errorCode: INVALID_REQUEST, errorMessage: fault }
    const heartbeat = heartbeatOf(request, context)
    let answer = await this.#beat(heartbeat)
    if (answer.kind === 'refused') return { errorCode: answer.errorCode, errorMessage: answer.errorMessage }
    const { memberId } = heartbeat
    if (request.memberEpoch === JOIN_EPOCH && (await this.#settled(request.groupId))) {
      const { memberEpoch, assignment } = answer
      const again = await this.#beat({ ...heartbeat, memberEpoch, topicNames: null })
      if (again.kind === 'accepted') answer = { ...again, assignment: again.assignment ?? assignment }
    }
    const { memberEpoch, heartbeatIntervalMs, assignment } = answer
    return {
      errorCode: NONE,
      memberId,
      memberEpoch,
      heartbeatIntervalMs,
      assignment: assignment === null ? null : { topicPartitions: topicPartitionsOf(assignment) },
    }
  }

  describeGroups(request: ShareGroupDescribeRequest): Init<typeof ShareGroupDescribeResponse> {
    const topics = this.#options.topics()
    return {
      groups: [...new Set(request.groupIds)].map((groupId) => {
        if (groupId === '') return { groupId, ...errorOnly(ErrorCode.INVALID_GROUP_ID) }
        const found = this.#options.route(groupId)
        if ('errorCode' in found) return { groupId, ...errorOnly(found.errorCode) }
        return found.partition.query((shard, offset) => describeShareGroup(shard, offset, { groupId, topics }))
      }),
    }
  }

  async describeOffsets(
    request: DescribeShareGroupOffsetsRequest,
  ): Promise<Init<typeof DescribeShareGroupOffsetsResponse>> {
    const groups = await Promise.all(request.groups.map((group) => this.#describeOffsets(group)))
    return { groups }
  }

  async alterOffsets(request: AlterShareGroupOffsetsRequest): Promise<Init<typeof AlterShareGroupOffsetsResponse>> {
    const { groupId } = request
    if (groupId === '') return { ...errorOnly(ErrorCode.INVALID_GROUP_ID), responses: [] }
    const { known, offsets, errors } = this.#alterable(request)
    const altered = await this.#inTurn(groupId, async () => {
      if (known.size === 0) return new Map<string, number>()
      const begun = await ask<Refusal | { errorCode: 0; stateEpoch: number }>(this.#options.route, groupId, (asked) =>
        alterShareOffsets(asked, { groupId, topics: known }),
      )
      if (!('value' in begun)) return errorOnly(begun.errorCode)
      if (!('stateEpoch' in begun.value)) return begun.value
      const { stateEpoch } = begun.value
      const startOffsetOf = (topicId: string, partition: number): number =>
        offsets.get(`${topicId}-${partition}`) ?? UNDECIDED_OFFSET
      return this.#persist({ groupId, stateEpoch, topics: known }, startOffsetOf)
    })
    if ('errorCode' in altered) return { ...altered, responses: [] }
    return {
      errorCode: NONE,
      responses: request.topics.map(({ topicName, partitions }) => {
        const topicId = this.#options.topics().idOf(topicName)
        return {
          topicName,
          ...(topicId === undefined ? {} : { topicId }),
          partitions: partitions.map(({ partitionIndex }) => {
            const name = `${topicId}-${partitionIndex}`
            const errorCode = errors.get(`${topicName}-${partitionIndex}`) ?? altered.get(name) ?? NONE
            return { partitionIndex, ...errorOnly(errorCode) }
          }),
        }
      }),
    }
  }

  async deleteOffsets(request: DeleteShareGroupOffsetsRequest): Promise<Init<typeof DeleteShareGroupOffsetsResponse>> {
    const { groupId } = request
    if (groupId === '') return errorOnly(ErrorCode.INVALID_GROUP_ID)
    const names = new Set(request.topics.map(({ topicName }) => topicName))
    const outcome = await this.#inTurn(groupId, () => this.#delete(groupId, names))
    if ('errorCode' in outcome) return { ...outcome, responses: [] }
    const responses = [...names].map((topicName) => {
      const topicId = this.#options.topics().idOf(topicName)
      if (topicId === undefined) return { topicName, ...errorOnly(UNKNOWN_TOPIC_OR_PARTITION) }
      const errorCode = outcome.get(topicId)
      if (errorCode !== undefined) return { topicName, topicId, ...errorOnly(errorCode) }
      const errorMessage = 'There is no offset information to delete.'
      return { topicName, errorCode: UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
    })
    return { errorCode: NONE, responses }
  }

  /** Deletes a group with `deleteGroup`, after its share state when it is a share group. Gives the error code. */
  async deleteGroup(groupId: string, deleteGroup: () => Promise<number>): Promise<number> {
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return found.errorCode
    if (found.partition.shard.groups.get(groupId)?.kind !== 'share') return deleteGroup()
    return this.#inTurn(groupId, async () => {
      const outcome = await this.#delete(groupId, null)
      if ('errorCode' in outcome) return outcome.errorCode
      const failure = [...outcome.values()].find((errorCode) => errorCode !== NONE)
      return failure ?? deleteGroup()
    })
  }

  /** Topics were deleted: groups forget what they had of them. */
  async topicsDeleted(): Promise<void> {
    for (const partition of [...this.#options.partitions()]) {
      try {
        while (!(await partition.submit<boolean>(dropShareTopics)));
      } catch (error) {
        this.#options.log.warn('share partitions of a deleted topic stay', { partition: partition.partition, error })
      }
    }
  }

  /** Has a heartbeat decided, and begins with what is to be initialised. */
  async #beat(heartbeat: ShareHeartbeat): Promise<ShareHeartbeatAnswer> {
    const { groupId } = heartbeat
    const asked = await ask<ShareHeartbeatAnswer>(this.#options.route, groupId, (asked) =>
      shareHeartbeat(asked, heartbeat),
    )
    if (!('value' in asked)) return { kind: 'refused', ...refusal(asked.errorCode) }
    const answer = asked.value
    if (answer.kind === 'accepted' && answer.initialization !== null) {
      const { initialization } = answer
      void this.#inTurn(groupId, () => this.#persist(initialization, () => UNDECIDED_OFFSET))
    }
    return answer
  }

  /** Waits until nothing is under way for the group, or long enough. Gives whether there was anything. */
  async #settled(groupId: string): Promise<boolean> {
    const underWay = this.#underWay.get(groupId)
    if (underWay === undefined) return false
    await new Promise<void>((resolve) => {
      const timer = this.#options.timers.after(INITIALIZATION_WAIT_MS, resolve)
      void underWay.then(() => {
        timer.cancel()
        resolve()
      })
    })
    return true
  }

  /** Runs `work` when what was begun for the group before is over. */
  #inTurn<V>(groupId: string, work: () => Promise<V>): Promise<V> {
    const before = this.#underWay.get(groupId) ?? Promise.resolve()
    const result = before.then(work)
    const end = result.then(
      () => {},
      () => {},
    )
    this.#underWay.set(groupId, end)
    void end.then(() => {
      if (this.#underWay.get(groupId) === end) this.#underWay.delete(groupId)
    })
    return result
  }

  /** Has the share coordinator initialise, and the group know of it. Gives error codes by `topicId-partition`. */
  async #persist(
    { groupId, stateEpoch, topics }: Initialization,
    startOffsetOf: (topicId: string, partition: number) => number,
  ): Promise<Map<string, number>> {
    const { persister } = this.#options.ports
    const { results } = await persister.initializeState({
      groupId,
      topics: [...topics].map(([topicId, { partitions }]) => ({
        topicId,
        partitions: Array.from(partitions, (partition) => ({
          partition,
          stateEpoch,
          startOffset: startOffsetOf(topicId, partition),
        })),
      })),
    })
    const codes = new Map<string, number>()
    for (const { topicId, partitions } of results)
      for (const { partition, errorCode } of partitions) codes.set(`${topicId}-${partition}`, errorCode)
    const having = (isDone: boolean): ShareTopics =>
      filtered(topics, (topicId, partition) => (codes.get(`${topicId}-${partition}`) === NONE) === isDone)
    const failed = having(false)
    if (failed.size > 0)
      this.#options.log.warn('share state cannot be initialised', { groupId, errorCodes: [...new Set(codes.values())] })
    const outcome = { groupId, done: having(true), failed }
    const unwanted = await ask<ShareTopics>(this.#options.route, groupId, (asked) => shareInitialized(asked, outcome))
    if ('value' in unwanted && unwanted.value.size > 0) await persister.deleteState(deletionOf(groupId, unwanted.value))
    return codes
  }

  /** Deletes share state; error codes by topic id. */
  async #delete(groupId: string, names: ReadonlySet<string> | null): Promise<Refusal | Map<string, number>> {
    const { route, ports } = this.#options
    const begun = await ask<Refusal | { errorCode: 0; topics: ShareTopics }>(route, groupId, (asked) =>
      beginShareDeletion(asked, { groupId, names }),
    )
    if (!('value' in begun)) return refusal(begun.errorCode)
    if (!('topics' in begun.value)) return begun.value
    const { topics } = begun.value
    if (topics.size === 0) return new Map()
    const { results } = await ports.persister.deleteState(deletionOf(groupId, topics))
    const codes = new Map([...topics.keys()].map((topicId): [string, number] => [topicId, NONE]))
    for (const { topicId, partitions } of results)
      for (const { errorCode } of partitions)
        if (errorCode !== NONE && errorCode !== UNKNOWN_TOPIC_OR_PARTITION) codes.set(topicId, errorCode)
    const topicIds = [...codes].flatMap(([topicId, errorCode]) => (errorCode === NONE ? [topicId] : []))
    const completed = await ask(route, groupId, (asked) => completeShareDeletion(asked, { groupId, topicIds }))
    return 'value' in completed ? codes : refusal(completed.errorCode)
  }

  async #describeOffsets({
    groupId,
    topics,
  }: DescribeShareGroupOffsetsRequest['groups'][number]): Promise<OffsetsGroup> {
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return { groupId, ...errorOnly(found.errorCode) }
    const initialized = found.partition.query((shard, offset) => initializedPartitions(shard, offset, groupId))
    const wanted =
      topics?.map(({ topicName, partitions }) => ({ topicName, partitions })) ??
      Array.from(initialized?.values() ?? [], ({ name, partitions }) => ({
        topicName: name,
        partitions: [...partitions].sort((a, b) => a - b),
      }))
    const described = await Promise.all(wanted.map((topic) => this.#describeTopic(groupId, topic)))
    return { groupId, topics: described }
  }

  async #describeTopic(
    groupId: string,
    { topicName, partitions }: { readonly topicName: string; readonly partitions: readonly number[] },
  ) {
    const { topics, ports } = this.#options
    const topicId = topics().idOf(topicName)
    if (topicId === undefined) {
      const unknown = (partitionIndex: number) => ({ partitionIndex, ...errorOnly(UNKNOWN_TOPIC_OR_PARTITION) })
      return { topicName, partitions: partitions.map(unknown) }
    }
    const asked = partitions.map((partition) => ({ partition, leaderEpoch: UNKNOWN }))
    const { results } = await ports.persister.readStateSummary({ groupId, topics: [{ topicId, partitions: asked }] })
    const summaries = results[0]?.partitions ?? []
    const described = summaries.map(async (summary) => {
      const {
        partition: partitionIndex,
        errorCode,
        errorMessage,
        startOffset,
        leaderEpoch,
        deliveryCompleteCount,
      } = summary
      if (errorCode !== NONE) return { partitionIndex, errorCode, errorMessage, startOffset: UNKNOWN }
      const end = startOffset === UNDECIDED_OFFSET ? undefined : await ports.endOffset(topicName, partitionIndex)
      const lag =
        end === undefined || deliveryCompleteCount === UNKNOWN
          ? UNKNOWN
          : Math.max(0, end - startOffset - deliveryCompleteCount)
      return { partitionIndex, startOffset, leaderEpoch, lag }
    })
    return { topicName, topicId, partitions: await Promise.all(described) }
  }

  /** Of the request: what exists, the new offsets by `topicId-partition`, errors by `name-partition`. */
  #alterable({ topics }: AlterShareGroupOffsetsRequest) {
    const lookup = this.#options.topics()
    const known = new Map<string, SharePartitionsOfTopic>()
    const offsets = new Map<string, number>()
    const errors = new Map<string, number>()
    for (const { topicName, partitions } of topics) {
      const topic = lookup.byName(topicName)
      const exists = new Set<number>()
      for (const { partitionIndex, startOffset } of partitions) {
        if (topic === undefined || partitionIndex < 0 || partitionIndex >= topic.partitionCount) {
          errors.set(`${topicName}-${partitionIndex}`, UNKNOWN_TOPIC_OR_PARTITION)
          continue
        }
        exists.add(partitionIndex)
        offsets.set(`${topic.topicId}-${partitionIndex}`, startOffset)
      }
      if (topic !== undefined && exists.size > 0) known.set(topic.topicId, { name: topicName, partitions: exists })
    }
    return { known, offsets, errors }
  }
}

function faultOf({ groupId, memberId, memberEpoch, rackId, subscribedTopicNames }: ShareGroupHeartbeatRequest) {
  if (memberId.trim() === '') return "MemberId can't be empty."
  if (groupId.trim() === '') return "GroupId can't be empty."
  if (rackId !== null && rackId.trim() === '') return "RackId can't be empty."
  if (memberEpoch === JOIN_EPOCH && (subscribedTopicNames === null || subscribedTopicNames.length === 0))
    return 'SubscribedTopicNames must be set in first request.'
  return memberEpoch < LEAVE_EPOCH ? 'MemberEpoch is invalid.' : undefined
}

function heartbeatOf(request: ShareGroupHeartbeatRequest, { clientId, clientHost }: RequestContext): ShareHeartbeat {
  const { groupId, memberId, memberEpoch, rackId, subscribedTopicNames: topicNames } = request
  return { groupId, memberId, memberEpoch, rackId, topicNames, clientId, clientHost }
}

function filtered(topics: ShareTopics, keep: (topicId: string, partition: number) => boolean): ShareTopics {
  return new Map(
    [...topics].flatMap(([topicId, { name, partitions }]): [string, SharePartitionsOfTopic][] => {
      const kept = [...partitions].filter((partition) => keep(topicId, partition))
      return kept.length === 0 ? [] : [[topicId, { name, partitions: new Set(kept) }]]
    }),
  )
}

function deletionOf(groupId: string, topics: ShareTopics) {
  return {
    groupId,
    topics: [...topics].map(([topicId, { partitions }]) => ({
      topicId,
      partitions: Array.from(partitions, (partition) => ({ partition })),
    })),
  }
}

function errorOnly(errorCode: number): { readonly errorCode: number; readonly errorMessage: string | null } {
  return { errorCode, errorMessage: errorCode === NONE ? null : errorOf(errorCode).message }
}

function refusal(errorCode: number): Refusal {
  return { errorCode, errorMessage: errorOf(errorCode).message }
}
