/** A member of a streams group as a client would be: it takes tasks when it is given them, and gives them up some time after it is told to. */

import { ErrorCode, type StreamsGroupHeartbeatRequest } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import type { GroupFixture } from '../../testing/group-fixture.ts'
import type { HeartbeatResponse } from '../heartbeat-answer.ts'
import { TOPOLOGIES, topologyWith } from './topologies.ts'

export type Role = 'active' | 'standby'

/** How the next heartbeat goes. */
export interface Manner {
  /** Says what it has even when that did not change. */
  readonly isFull: boolean
  readonly isAnswerLost: boolean
}

export class ModelMember {
  readonly name: string
  readonly processId: string
  readonly instanceId: string | null
  memberId: string
  memberEpoch = 0
  isAway = false
  /** `0-1` tasks that it works on, by role. */
  readonly holds: Record<Role, Set<string>> = { active: new Set(), standby: new Set() }
  #wanted: Record<Role, Set<string>> = { active: new Set(), standby: new Set() }
  #lastSaid = ''
  #incarnation = 0
  #isWaiting = false
  readonly #fixture: () => GroupFixture
  readonly #took: (member: ModelMember, role: Role, task: string) => void

  constructor(
    name: string,
    { processId, instanceId }: { readonly processId: string; readonly instanceId: string | null },
    fixture: () => GroupFixture,
    took: (member: ModelMember, role: Role, task: string) => void,
  ) {
    this.name = name
    this.memberId = name
    this.processId = processId
    this.instanceId = instanceId
    this.#fixture = fixture
    this.#took = took
  }

  /** One heartbeat. The answer comes when what it says is committed. */
  beat({ isFull, isAnswerLost }: Manner): void {
    if (this.#isWaiting || this.isAway) return
    const said = this.#saying()
    const isSaid = isFull || this.memberEpoch === 0 || said !== this.#lastSaid
    this.#send(this.#request(this.memberEpoch, isSaid ? 'with tasks' : 'alive'), (response) => {
      if (isAnswerLost) this.#lastSaid = ''
      else {
        if (isSaid) this.#lastSaid = said
        this.#hear(response)
      }
    })
  }

  /** Ends work on what it was told to give up, and begins what it was given. */
  work(): void {
    for (const role of ['active', 'standby'] as const)
      for (const task of this.holds[role]) if (!this.#wanted[role].has(task)) this.holds[role].delete(task)
    const has = (task: string) => this.holds.active.has(task) || this.holds.standby.has(task)
    for (const role of ['active', 'standby'] as const)
      for (const task of this.#wanted[role])
        if (!has(task)) {
          this.#took(this, role, task)
          this.holds[role].add(task)
        }
  }

  leave(): void {
    if (this.#isWaiting || this.memberEpoch === 0) return
    const epoch = this.instanceId === null ? -1 : -2
    this.#drop()
    this.#send(this.#request(epoch, 'alive'), () => {})
    this.#comeAgain()
    this.isAway = true
  }

  /** The process is gone without a word; it comes again as another member. */
  crash(): void {
    this.#drop()
    this.#comeAgain()
    this.isAway = true
  }

  comeBack(): void {
    this.isAway = false
  }

  #comeAgain(): void {
    this.#incarnation += 1
    this.#isWaiting = false
    this.memberId = `${this.name}.${this.#incarnation}`
    this.memberEpoch = 0
  }

  #drop(): void {
    for (const role of ['active', 'standby'] as const) this.holds[role].clear()
    this.#wanted = { active: new Set(), standby: new Set() }
    this.#lastSaid = ''
  }

  #hear(response: HeartbeatResponse): void {
    switch (response.errorCode ?? ErrorCode.NONE) {
      case ErrorCode.NONE:
        break
      case ErrorCode.FENCED_MEMBER_EPOCH:
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_INSTANCE_ID:
      case ErrorCode.GROUP_ID_NOT_FOUND:
        this.#drop()
        this.memberEpoch = 0
        return
      case ErrorCode.INVALID_REQUEST:
        assert((response.errorMessage ?? '').startsWith('Task '), `a request in order: ${response.errorMessage}`)
        this.#lastSaid = ''
        return
      default:
        this.#lastSaid = ''
        return
    }
    this.memberEpoch = response.memberEpoch ?? 0
    if (response.activeTasks != null)
      this.#wanted = { active: names(response.activeTasks), standby: names(response.standbyTasks) }
  }

  #send(request: StreamsGroupHeartbeatRequest, hear: (response: HeartbeatResponse) => void): void {
    const incarnation = this.#incarnation
    this.#isWaiting = true
    const context = { apiVersion: 1, clientId: this.name, clientHost: '/192.0.2.1' }
    void this.#fixture()
      .coordinator.streamsGroupHeartbeat(request, context)
      .then(({ response }) => {
        if (incarnation !== this.#incarnation) return
        this.#isWaiting = false
        hear(response)
      })
  }

  #saying(): string {
    return JSON.stringify([[...this.#has('active')].sort(), [...this.#has('standby')].sort()])
  }

  /**
   * What it works on, and what it was given and may begin with at any moment. A client that leaves out the latter, and does not get the answer
   * that takes a task away, works on the task beside another one until its next heartbeat; its commits are refused.
   */
  #has(role: Role): Set<string> {
    return new Set([...this.holds[role], ...this.#wanted[role]])
  }

  #request(memberEpoch: number, saying: 'with tasks' | 'alive'): StreamsGroupHeartbeatRequest {
    const isJoining = memberEpoch === 0
    const isSaid = saying === 'with tasks'
    if (isJoining) this.#drop()
    return {
      groupId: 'g',
      memberId: this.memberId,
      memberEpoch,
      endpointInformationEpoch: -1,
      instanceId: this.instanceId,
      rackId: null,
      rebalanceTimeoutMs: isJoining ? 20_000 : -1,
      topology: isJoining ? topologyWith(TOPOLOGIES['stateful']!) : null,
      activeTasks: isSaid ? taskIds(this.#has('active')) : null,
      standbyTasks: isSaid ? taskIds(this.#has('standby')) : null,
      warmupTasks: isSaid ? [] : null,
      processId: isJoining ? this.processId : null,
      userEndpoint: null,
      clientTags: isJoining ? [] : null,
      taskOffsets: null,
      taskEndOffsets: null,
      shutdownApplication: false,
    }
  }
}

function names(ids: HeartbeatResponse['activeTasks']): Set<string> {
  return new Set(
    (ids ?? []).flatMap(({ subtopologyId, partitions = [] }) =>
      partitions.map((partition) => `${subtopologyId}-${partition}`),
    ),
  )
}

function taskIds(tasks: ReadonlySet<string>): { subtopologyId: string; partitions: number[] }[] {
  if (tasks.size === 0) return []
  return [{ subtopologyId: '0', partitions: [...tasks].map((task) => Number(task.slice(2))).sort((a, b) => a - b) }]
}
