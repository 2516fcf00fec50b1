/** Consumers as models: they join, sync, send heartbeats and commit as real ones do, and tell what they were told. */
import { ErrorCode, type Init, type OffsetCommitRequest, type OffsetCommitResponse, ZERO_UUID } from '@ottla/protocol'
import type { GroupFixture } from './group-fixture.ts'
import { subscription } from './group-fixture.ts'

const { NONE, MEMBER_ID_REQUIRED, REBALANCE_IN_PROGRESS } = ErrorCode

export const PARTITIONS = [0, 1, 2, 3]
export const SESSION_TIMEOUT_MS = 10_000
export const REBALANCE_TIMEOUT_MS = 30_000

/** What happened, in the order in which clients learned of it. */
export type Event =
  | { kind: 'joined'; group: string; generation: number; leader: string; memberId: string; protocol: string }
  | { kind: 'synced'; group: string; generation: number; memberId: string; partitions: readonly number[] }
  | { kind: 'lost'; group: string; memberId: string; errorCode: number }

type Phase = 'out' | 'joined' | 'stable'

export class ModelClient {
  readonly group: string
  readonly name: string
  readonly instanceId: string | null
  phase: Phase = 'out'
  memberId = ''
  generation = -1
  partitions: readonly number[] = []
  isBusy = false
  topics = ['t']
  /** When it last sent something that counts as a sign of life. */
  lastSeenMs = 0
  #members: readonly string[] = []
  readonly #fixture: () => GroupFixture
  readonly #tell: (event: Event) => void

  constructor(
    { group, name, instanceId }: { group: string; name: string; instanceId: string | null },
    fixture: () => GroupFixture,
    tell: (event: Event) => void,
  ) {
    this.group = group
    this.name = name
    this.instanceId = instanceId
    this.#fixture = fixture
    this.#tell = tell
  }

  /** The next thing that a well-behaved client does. */
  step(): void {
    if (this.isBusy) return
    if (this.phase === 'out') this.#do(this.#join())
    else if (this.phase === 'joined') this.#do(this.#sync())
    else this.#do(this.#heartbeat())
  }

  /** The process dies; the next one knows nothing. */
  forget(): void {
    this.phase = 'out'
    this.memberId = ''
    this.isBusy = false
    this.#incarnation += 1
  }

  leave(): void {
    if (this.isBusy || this.memberId === '') return
    const { group: groupId, memberId, instanceId: groupInstanceId } = this
    const request = { groupId, memberId: '', members: [{ memberId, groupInstanceId, reason: null }] }
    this.#do(
      this.#fixture()
        .coordinator.leaveGroup(request, this.#context(5))
        .then(() => undefined),
    )
    this.phase = 'out'
    this.memberId = ''
  }

  commit(partition: number, offset: number, generation: number): Promise<number> {
    const request: OffsetCommitRequest = {
      groupId: this.group,
      generationIdOrMemberEpoch: generation,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      retentionTimeMs: -1,
      topics: [
        {
          name: 't',
          topicId: ZERO_UUID,
          partitions: [
            {
              partitionIndex: partition,
              committedOffset: offset,
              committedLeaderEpoch: -1,
              commitTimestamp: -1,
              committedMetadata: '',
            },
          ],
        },
      ],
    }
    return this.#fixture()
      .coordinator.offsetCommit(request, this.#context(9))
      .then((answer) => errorOf(answer))
  }

  /** Of which of its lives a late answer is. */
  #incarnation = 0

  #do(work: Promise<void>): void {
    const incarnation = this.#incarnation
    this.isBusy = true
    this.lastSeenMs = this.#fixture().time.monotonic()
    const done = () => {
      if (incarnation !== this.#incarnation) return
      this.isBusy = false
      // With the answer that it waited for its session began anew, not after this.
      this.lastSeenMs = this.#fixture().time.monotonic()
    }
    work.then(done, (error: unknown) => {
      done()
      throw error
    })
  }

  async #join(): Promise<void> {
    const incarnation = this.#incarnation
    const answer = await this.#fixture().coordinator.joinGroup(
      {
        groupId: this.group,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        memberId: this.memberId,
        groupInstanceId: this.instanceId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription(this.topics) }],
        reason: null,
      },
      this.#context(9),
    )
    if (incarnation !== this.#incarnation) return
    const { errorCode = NONE, memberId = '', generationId = -1, leader = '', protocolName, members = [] } = answer
    if (errorCode === MEMBER_ID_REQUIRED) {
      this.memberId = memberId
    } else if (errorCode !== NONE) {
      this.#lost(errorCode)
    } else {
      this.memberId = memberId
      this.generation = generationId
      this.#members =
        leader === memberId && answer.skipAssignment !== true ? members.map((each) => each.memberId ?? '') : []
      this.phase = 'joined'
      const { group } = this
      this.#tell({ kind: 'joined', group, generation: generationId, leader, memberId, protocol: protocolName ?? '' })
    }
  }

  async #sync(): Promise<void> {
    const incarnation = this.#incarnation
    const { group: groupId, generation: generationId, memberId, instanceId: groupInstanceId } = this
    const answer = await this.#fixture().coordinator.syncGroup({
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: this.#members.map((memberId, index) => ({
        memberId,
        assignment: Buffer.from(PARTITIONS.filter((each) => each % this.#members.length === index)),
      })),
    })
    if (incarnation !== this.#incarnation) return
    if (answer.errorCode !== NONE) {
      this.#lost(answer.errorCode ?? NONE)
      return
    }
    this.partitions = [...(answer.assignment ?? [])]
    this.phase = 'stable'
    this.#tell({ kind: 'synced', group: groupId, generation: generationId, memberId, partitions: this.partitions })
  }

  async #heartbeat(): Promise<void> {
    const incarnation = this.#incarnation
    const { group: groupId, generation: generationId, memberId, instanceId: groupInstanceId } = this
    const { errorCode = NONE } = await this.#fixture().coordinator.heartbeat({
      groupId,
      generationId,
      memberId,
      groupInstanceId,
    })
    if (incarnation === this.#incarnation && errorCode !== NONE) this.#lost(errorCode)
  }

  #lost(errorCode: number): void {
    this.#tell({ kind: 'lost', group: this.group, memberId: this.memberId, errorCode })
    this.phase = 'out'
    const keepsId = errorCode === REBALANCE_IN_PROGRESS || !isFinal(errorCode)
    if (!keepsId) this.memberId = ''
  }

  #context(apiVersion: number) {
    return { apiVersion, clientId: this.name, clientHost: '/192.0.2.1' }
  }
}

function isFinal(errorCode: number): boolean {
  const final: readonly number[] = [
    ErrorCode.UNKNOWN_MEMBER_ID,
    ErrorCode.FENCED_INSTANCE_ID,
    ErrorCode.ILLEGAL_GENERATION,
  ]
  return final.includes(errorCode)
}

function errorOf({ topics }: Init<typeof OffsetCommitResponse>): number {
  return topics?.[0]?.partitions?.[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
}
