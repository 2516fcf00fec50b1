/**
 * A working copy of a classic group: a decision changes it step by step, and hands over what changed as one soft change.
 * Counters that are kept beside the members (who waits, who supports what) follow by themselves.
 */
import type { ReplyToken } from '@ottla/runtime'
import { assert } from '@ottla/stdx'
import type { Turn } from '../turn.ts'
import type { ClassicChange, ClassicGroup, ClassicGroupState, ClassicMember, Phase } from './classic-group.ts'
import { withProtocols } from './protocols.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export class ClassicDraft {
  readonly turn: Turn
  readonly #group: ClassicGroup
  readonly #state: Mutable<ClassicGroupState>
  readonly #members = new Map<string, ClassicMember | null>()
  readonly #staticMembers = new Map<string, string | null>()
  readonly #pendingMembers = new Map<string, 'add' | 'remove'>()
  #memberCount: number
  #pendingCount: number
  #isChanged = false

  constructor(group: ClassicGroup, turn: Turn) {
    this.turn = turn
    this.#group = group
    this.#state = { ...group.state }
    this.#memberCount = group.members.size
    this.#pendingCount = group.pendingCount
  }

  get groupId(): string {
    return this.#group.groupId
  }

  get state(): ClassicGroupState {
    return this.#state
  }

  get phase(): Phase {
    return this.#state.phase
  }

  get memberCount(): number {
    return this.#memberCount
  }

  /** Everybody who is expected to join has. */
  get haveAllJoined(): boolean {
    return this.#state.awaitingJoinCount === this.#memberCount && this.#pendingCount === 0
  }

  member(memberId: string): ClassicMember | undefined {
    const changed = this.#members.get(memberId)
    return changed === undefined ? this.#group.members.get(memberId) : (changed ?? undefined)
  }

  has(memberId: string): boolean {
    return this.member(memberId) !== undefined
  }

  isLeader(memberId: string): boolean {
    return this.#state.leaderId === memberId
  }

  isPending(memberId: string): boolean {
    const changed = this.#pendingMembers.get(memberId)
    return changed === undefined ? this.#group.isPending(memberId) : changed === 'add'
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    const changed = this.#staticMembers.get(groupInstanceId)
    return changed === undefined ? this.#group.staticMemberId(groupInstanceId) : (changed ?? undefined)
  }

  /** Those who were here, then those who came, in order of arrival. */
  members(): ClassicMember[] {
    const members: ClassicMember[] = []
    for (const [memberId, member] of this.#group.members) {
      const changed = this.#members.get(memberId)
      if (changed === undefined) members.push(member)
      else if (changed !== null) members.push(changed)
    }
    for (const [memberId, member] of this.#members)
      if (member !== null && !this.#group.members.has(memberId)) members.push(member)
    return members
  }

  set(changes: Partial<Omit<ClassicGroupState, 'protocolCounts' | 'awaitingJoinCount' | 'pendingSyncCount'>>): void {
    this.#isChanged = true
    Object.assign(this.#state, changes)
  }

  enter(phase: Phase): void {
    this.set({ phase, phaseSinceMs: this.turn.now.wallMs })
  }

  /** Adds the member or replaces what is known of it. */
  put(member: ClassicMember): void {
    this.#isChanged = true
    const before = this.member(member.memberId)
    this.#members.set(member.memberId, member)
    if (before === undefined) this.#memberCount += 1
    this.#count(before, member)
    if (member.groupInstanceId !== null) this.#staticMembers.set(member.groupInstanceId, member.memberId)
    this.removePending(member.memberId)
  }

  /** Takes the member, or the place that is kept for it, out of the group. The leadership goes to any other member. */
  remove(memberId: string): void {
    const member = this.#take(memberId)
    if (member !== undefined && member.groupInstanceId !== null) this.#staticMembers.set(member.groupInstanceId, null)
    if (this.isLeader(memberId)) this.set({ leaderId: this.members()[0]?.memberId ?? null })
    this.removePending(memberId)
  }

  /** A static member came back under a new id: it takes the place of the old one, leadership included. */
  replace(oldMemberId: string, member: ClassicMember): void {
    const before = this.#take(oldMemberId)
    assert(before?.groupInstanceId === member.groupInstanceId, 'a static member replaces itself')
    if (this.isLeader(oldMemberId)) this.set({ leaderId: member.memberId })
    this.put(member)
  }

  addPending(memberId: string): void {
    if (this.isPending(memberId)) return
    this.#isChanged = true
    this.#pendingMembers.set(memberId, 'add')
    this.#pendingCount += 1
  }

  removePending(memberId: string): void {
    if (!this.isPending(memberId)) return
    this.#isChanged = true
    this.#pendingMembers.set(memberId, 'remove')
    this.#pendingCount -= 1
  }

  /** Answers who waits for its join, and lets it wait no more. */
  answerJoin(memberId: string, answer: unknown): void {
    const member = this.member(memberId)
    if (member === undefined || member.awaitingJoin === null) return
    this.turn.reply(member.awaitingJoin, answer)
    this.put({ ...member, awaitingJoin: null })
  }

  answerSync(memberId: string, answer: unknown): void {
    const member = this.member(memberId)
    if (member === undefined || member.awaitingSync === null) return
    this.turn.reply(member.awaitingSync, answer)
    this.put({ ...member, awaitingSync: null })
  }

  answer(token: ReplyToken, answer: unknown): void {
    this.turn.reply(token, answer)
  }

  /** Hands what is different from the group to the turn. Call it once, at the end. */
  finish(): void {
    if (!this.#isChanged) return
    const change: ClassicChange = {
      kind: 'classic',
      groupId: this.groupId,
      state: this.#state,
      members: this.#members,
      staticMembers: this.#staticMembers,
      pendingMembers: this.#pendingMembers,
    }
    this.turn.change(change)
  }

  #take(memberId: string): ClassicMember | undefined {
    const member = this.member(memberId)
    if (member === undefined) return undefined
    this.#isChanged = true
    this.#members.set(memberId, null)
    this.#memberCount -= 1
    this.#count(member, undefined)
    return member
  }

  #count(before: ClassicMember | undefined, after: ClassicMember | undefined): void {
    const state = this.#state
    state.awaitingJoinCount += Number(waitsForJoin(after)) - Number(waitsForJoin(before))
    state.pendingSyncCount += Number(after?.isPendingSync === true) - Number(before?.isPendingSync === true)
    if (before?.protocols !== after?.protocols)
      state.protocolCounts = withProtocols(state.protocolCounts, before?.protocols ?? [], after?.protocols ?? [])
  }
}

function waitsForJoin(member: ClassicMember | undefined): boolean {
  return member !== undefined && member.awaitingJoin !== null
}
