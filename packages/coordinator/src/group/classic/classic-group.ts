/**
 * The state of a group of the classic protocol.
 *
 * ```
 *             join                all joined, or time is up         leader's assignment is written
 *   Empty ──────────► PreparingRebalance ──────────► CompletingRebalance ──────────► Stable
 *     ▲                 │         ▲                         │                          │
 *     └──nobody joined──┘         └── join, leave, expiry ──┴──────────────────────────┘
 * ```
 *
 * What a record says (generation, protocol, leader, members with subscription and assignment) is durable. All else is
 * soft: who waits for a join or sync, which phase a rebalance is in. A record is written when the group becomes Stable or
 * Empty, so a group that is loaded is one of these two. (Dead, Kafka's fifth state, is a group that is not there.)
 */
import type { GroupMetadataValue } from '@ottla/protocol'
import type { ReplyToken } from '@ottla/runtime'
import { type SnapshotRegistry, TimelineMap, TimelineSet, TimelineValue } from '@ottla/stdx'
import { CONSUMER_PROTOCOL_TYPE, countProtocols, metadataOf, subscribedTopicsOf } from './protocols.ts'

export type Phase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface ClassicMember {
  readonly memberId: string
  /** Of a static member (KIP-345); null: a dynamic one. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** In order of preference. After a load only the one that was chosen. */
  readonly protocols: readonly MemberProtocol[]
  readonly assignment: Buffer
  /** Joined for the first time and was not answered yet: may have lost interest without our knowing. */
  readonly isNew: boolean
  /** Has not sent SyncGroup in this generation. */
  readonly isPendingSync: boolean
  readonly awaitingJoin: ReplyToken | null
  readonly awaitingSync: ReplyToken | null
}

/** What is one per group. Replaced as a whole. */
export interface ClassicGroupState {
  /** The log holds a record of the group; else it is made of members that gather for the first time, or of offsets alone. */
  readonly hasRecord: boolean
  readonly phase: Phase
  /** Wall time at which the phase began; -1: unknown, loaded from a record that does not say. */
  readonly phaseSinceMs: number
  readonly generationId: number
  /** null until a member joined: a group that only commits offsets has none. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leaderId: string | null
  /** The rebalance began when the group was empty: members are given the initial delay to gather. */
  readonly isInitialRebalance: boolean
  /** A member joined since the last initial delay began. */
  readonly hasNewMember: boolean
  /** Topics that the members of a consumer group subscribed to; null: not known. */
  readonly subscribedTopics: ReadonlySet<string> | null
  /** How many members support each protocol. */
  readonly protocolCounts: ReadonlyMap<string, number>
  readonly awaitingJoinCount: number
  readonly pendingSyncCount: number
}

/** Replaces rows of a group; null takes a row out. */
export interface ClassicChange {
  readonly kind: 'classic'
  readonly groupId: string
  readonly state: ClassicGroupState
  readonly members: ReadonlyMap<string, ClassicMember | null>
  /** Member id of each group instance id. */
  readonly staticMembers: ReadonlyMap<string, string | null>
  readonly pendingMembers: ReadonlyMap<string, 'add' | 'remove'>
}

export const EMPTY_BYTES = Buffer.alloc(0)
const NO_IDS: ReadonlySet<string> = new Set()

const INITIAL_STATE: ClassicGroupState = {
  hasRecord: false,
  phase: 'Empty',
  phaseSinceMs: -1,
  generationId: 0,
  protocolType: null,
  protocolName: null,
  leaderId: null,
  isInitialRebalance: false,
  hasNewMember: false,
  subscribedTopics: null,
  protocolCounts: new Map(),
  awaitingJoinCount: 0,
  pendingSyncCount: 0,
}

export class ClassicGroup {
  readonly kind = 'classic'
  readonly groupId: string
  readonly members: TimelineMap<string, ClassicMember>
  readonly #registry: SnapshotRegistry
  readonly #state: TimelineValue<ClassicGroupState>
  /** Few groups have static or pending members: made when first needed. */
  #staticMembers: TimelineMap<string, string> | undefined
  #pendingMembers: TimelineSet<string> | undefined

  constructor(registry: SnapshotRegistry, groupId: string) {
    this.groupId = groupId
    this.#registry = registry
    this.members = new TimelineMap(registry)
    this.#state = new TimelineValue(registry, INITIAL_STATE)
  }

  get state(): ClassicGroupState {
    return this.#state.get()
  }

  stateAt(offset: number): ClassicGroupState {
    return this.#state.getAt(offset)
  }

  get isEmpty(): boolean {
    return this.state.phase === 'Empty'
  }

  /** Nothing is known of it that its offsets do not say. */
  get isBlank(): boolean {
    return !this.state.hasRecord && this.members.size === 0 && this.pendingCount === 0
  }

  get protocolType(): string | null {
    return this.state.protocolType
  }

  /** When the subscriptions of consumers cannot be read, they may be to any topic. */
  isSubscribedTo(topic: string): boolean {
    const { subscribedTopics, protocolType } = this.state
    return subscribedTopics?.has(topic) ?? protocolType === CONSUMER_PROTOCOL_TYPE
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#staticMembers?.get(groupInstanceId)
  }

  isPending(memberId: string): boolean {
    return this.#pendingMembers?.has(memberId) === true
  }

  get pendingCount(): number {
    return this.#pendingMembers?.size ?? 0
  }

  pendingIds(): Iterable<string> {
    return this.#pendingMembers?.values() ?? NO_IDS
  }

  staticEntries(): Iterable<readonly [string, string]> {
    return this.#staticMembers?.entries() ?? []
  }

  apply(change: ClassicChange): void {
    this.#state.set(change.state)
    for (const [memberId, member] of change.members) {
      if (member === null) this.members.delete(memberId)
      else this.members.set(memberId, member)
    }
    for (const [groupInstanceId, memberId] of change.staticMembers) this.#setStatic(groupInstanceId, memberId)
    for (const [memberId, what] of change.pendingMembers) {
      this.#pendingMembers ??= new TimelineSet(this.#registry)
      if (what === 'add') this.#pendingMembers.add(memberId)
      else this.#pendingMembers.delete(memberId)
    }
  }

  /** Takes over what a record says. Members that are already here keep what the record does not know of them. */
  replay(value: GroupMetadataValue): void {
    const recorded = new Map(value.members.map((member) => [member.memberId, member]))
    for (const member of [...this.members.values()]) {
      if (recorded.has(member.memberId)) continue
      this.members.delete(member.memberId)
      if (member.groupInstanceId !== null && this.staticMemberId(member.groupInstanceId) === member.memberId)
        this.#setStatic(member.groupInstanceId, null)
    }
    for (const member of value.members) {
      this.members.set(member.memberId, recordedMember(member, value.protocol, this.members.get(member.memberId)))
      if (member.groupInstanceId !== null) this.#setStatic(member.groupInstanceId, member.memberId)
    }
    this.#state.set(this.#recordedState(value))
  }

  #recordedState(value: GroupMetadataValue): ClassicGroupState {
    const members = [...this.members.values()]
    const protocolType = value.protocolType === '' ? null : value.protocolType
    return {
      hasRecord: true,
      phase: members.length === 0 ? 'Empty' : 'Stable',
      phaseSinceMs: value.currentStateTimestamp,
      generationId: value.generation,
      protocolType,
      protocolName: value.protocol,
      leaderId: value.leader,
      isInitialRebalance: false,
      hasNewMember: false,
      subscribedTopics: subscribedTopicsOf(members, protocolType, value.protocol),
      protocolCounts: countProtocols(members),
      awaitingJoinCount: members.filter(({ awaitingJoin }) => awaitingJoin !== null).length,
      pendingSyncCount: members.filter(({ isPendingSync }) => isPendingSync).length,
    }
  }

  #setStatic(groupInstanceId: string, memberId: string | null): void {
    this.#staticMembers ??= new TimelineMap(this.#registry)
    if (memberId === null) this.#staticMembers.delete(groupInstanceId)
    else this.#staticMembers.set(groupInstanceId, memberId)
  }
}

/**
 * The member as the record has it. Of what is known of it already, the soft part stays, and so do the protocols that were
 * not chosen, when the chosen one is the recorded. The buffers of a record live only as long as its batch.
 */
function recordedMember(
  member: GroupMetadataValue['members'][number],
  protocolName: string | null,
  known: ClassicMember | undefined,
): ClassicMember {
  const keepsProtocols = known !== undefined && metadataOf(known, protocolName).equals(member.subscription)
  return {
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
    sessionTimeoutMs: member.sessionTimeout,
    protocols: keepsProtocols
      ? known.protocols
      : [{ name: protocolName ?? '', metadata: Buffer.from(member.subscription) }],
    assignment: Buffer.from(member.assignment),
    isNew: known?.isNew ?? false,
    isPendingSync: known?.isPendingSync ?? false,
    awaitingJoin: known?.awaitingJoin ?? null,
    awaitingSync: known?.awaitingSync ?? null,
  }
}
