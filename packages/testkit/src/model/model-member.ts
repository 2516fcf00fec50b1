/**
 * The only member of a consumer group: joins, syncs, and commits offsets that grow. After each restart what is committed must be
 * what was acknowledged last, or something that was sent after it.
 */
import {
  ErrorCode,
  errorOf,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  SyncGroupRequest,
  SyncGroupResponse,
} from '@ottla/protocol'
import type { ModelClient } from './model-client.ts'
import type { ModelPartition } from './model-topic.ts'
import { expectNoError, retry, sleep, TryAgain, Violation } from './retry.ts'

export interface ModelMemberOptions {
  readonly client: ModelClient
  readonly groupId: string
  readonly target: ModelPartition
  /** Commits to make. */
  readonly commits: number
  readonly pauseMs: number
  readonly giveUpAfterMs: number
  /** 'simple': commits without being a member. */
  readonly kind: 'member' | 'simple'
  /** Whether a loss of what was acknowledged must be borne. */
  readonly bearsLoss: boolean
}

const FIND = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
const JOIN = { request: JoinGroupRequest, response: JoinGroupResponse }
const SYNC = { request: SyncGroupRequest, response: SyncGroupResponse }
const COMMIT = { request: OffsetCommitRequest, response: OffsetCommitResponse }
const FETCH = { request: OffsetFetchRequest, response: OffsetFetchResponse }
const NO_GENERATION = -1
const COMMIT_TOPIC_ID_VERSION = 10
const COORDINATOR_KEYS_VERSION = 4
const GROUPS_VERSION = 8
const SESSION_TIMEOUT_MS = 30_000
const PROTOCOL_TYPE = 'consumer'
const ASSIGNMENT = Buffer.from('everything')

/** After these a member joins anew; without its old id where that is not known. */
const REJOIN: ReadonlySet<number> = new Set([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.MEMBER_ID_REQUIRED,
])

export class ModelMember {
  readonly #options: ModelMemberOptions
  /** Offset whose commit was acknowledged last; -1 before. */
  #acknowledged = -1
  /** All commits that were sent, and how many of them before the last acknowledged one. */
  readonly #sent: number[] = []
  #settled = 0
  #memberId = ''
  #generation = NO_GENERATION
  #highestGeneration = NO_GENERATION
  #commits = 0

  constructor(options: ModelMemberOptions) {
    this.#options = options
  }

  get commits(): number {
    return this.#commits
  }

  /** Resolves when all commits are acknowledged. */
  async run(): Promise<void> {
    const { client, commits, pauseMs, groupId, giveUpAfterMs } = this.#options
    await retry({ env: client.env, what: `coordinator of ${groupId}`, giveUpAfterMs }, () => this.#find())
    for (let offset = 0; this.#commits < commits; ) {
      offset += client.random.between(1, 100)
      await retry({ env: client.env, what: `group ${groupId}`, giveUpAfterMs }, () => this.#commit(offset))
      this.#acknowledged = offset
      this.#settled = this.#sent.length
      this.#commits++
      await sleep(client.env, client.random.float() * pauseMs)
    }
  }

  /** Throws Violation when what is committed is nothing that may be. */
  async check(): Promise<void> {
    const { client, groupId, giveUpAfterMs } = this.#options
    const acknowledged = this.#acknowledged
    const settled = this.#settled
    const found = await retry({ env: client.env, what: `offsets of ${groupId}`, giveUpAfterMs }, () => this.#fetch())
    const possible = [acknowledged, ...this.#sent.slice(settled)]
    if (!possible.includes(found)) {
      throw new Violation(`group ${groupId} has offset ${found} committed, not ${possible.join(' or ')}`)
    }
  }

  async #commit(offset: number): Promise<void> {
    const { client, groupId, target, kind } = this.#options
    if (kind === 'member' && this.#generation === NO_GENERATION) await this.#join()
    await client.connection()
    this.#sent.push(offset)
    const { topic, partition: partitionIndex } = target
    const answer = await client.call(COMMIT, (version) => ({
      groupId,
      memberId: version === 0 ? '' : this.#memberId,
      generationIdOrMemberEpoch: version === 0 ? NO_GENERATION : this.#generation,
      topics: [
        {
          ...(version >= COMMIT_TOPIC_ID_VERSION ? { topicId: topic.id } : { name: topic.name }),
          partitions: [{ partitionIndex, committedOffset: offset, committedMetadata: `at ${offset}` }],
        },
      ],
    }))
    this.#expect(answer.topics[0]?.partitions[0]?.errorCode ?? -1, 'OffsetCommit')
  }

  /** The first who asks has the topic made. */
  async #find(): Promise<void> {
    const { client, groupId } = this.#options
    const answer = await client.call(FIND, (version) =>
      version < COORDINATOR_KEYS_VERSION ? { key: groupId } : { coordinatorKeys: [groupId] },
    )
    const found = answer.coordinators[0] ?? answer
    expectNoError(found.errorCode, 'FindCoordinator')
  }

  async #join(): Promise<void> {
    const { client, groupId, bearsLoss } = this.#options
    const joined = await client.call(JOIN, () => ({
      groupId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
    }))
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.#memberId = joined.memberId
    this.#expect(joined.errorCode, 'JoinGroup')
    if (joined.generationId <= this.#highestGeneration && !bearsLoss) {
      throw new Violation(`group ${groupId} went from generation ${this.#highestGeneration} to ${joined.generationId}`)
    }
    this.#memberId = joined.memberId
    const isLeader = joined.leader === joined.memberId
    const synced = await client.call(SYNC, () => ({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      protocolType: PROTOCOL_TYPE,
      protocolName: 'range',
      assignments: isLeader ? joined.members.map(({ memberId }) => ({ memberId, assignment: ASSIGNMENT })) : [],
    }))
    this.#expect(synced.errorCode, 'SyncGroup')
    if (!synced.assignment.equals(ASSIGNMENT)) throw new Violation('the assignment is not what the leader gave')
    this.#generation = joined.generationId
    // Before the assignment a generation is written nowhere.
    this.#highestGeneration = joined.generationId
  }

  async #fetch(): Promise<number> {
    const { client, groupId, target } = this.#options
    const { topic, partition } = target
    await client.connection()
    const version = client.versionOf(OffsetFetchRequest)
    const answer = await client.call(FETCH, () => {
      if (version < GROUPS_VERSION) return { groupId, topics: [{ name: topic.name, partitionIndexes: [partition] }] }
      const named = version >= COMMIT_TOPIC_ID_VERSION ? { topicId: topic.id } : { name: topic.name }
      return { groups: [{ groupId, topics: [{ ...named, partitionIndexes: [partition] }] }] }
    })
    const group = version < GROUPS_VERSION ? answer : answer.groups[0]
    if (group === undefined) throw new Violation('an answer to OffsetFetch without its group')
    expectNoError(group.errorCode, 'OffsetFetch')
    const found = group.topics[0]?.partitions[0]
    if (found === undefined) throw new Violation('an answer to OffsetFetch without its partition')
    expectNoError(found.errorCode, 'OffsetFetch')
    if (found.committedOffset >= 0 && found.metadata !== `at ${found.committedOffset}`) {
      throw new Violation(`offset ${found.committedOffset} was committed with other metadata: ${found.metadata}`)
    }
    return found.committedOffset
  }

  #expect(code: number, what: string): void {
    const isGone = code === ErrorCode.GROUP_ID_NOT_FOUND && this.#options.bearsLoss
    if (!REJOIN.has(code) && !isGone) {
      expectNoError(code, what)
      return
    }
    this.#generation = NO_GENERATION
    if (code === ErrorCode.UNKNOWN_MEMBER_ID || isGone) this.#memberId = ''
    throw new TryAgain(`${what}: ${errorOf(code).name}`)
  }
}
