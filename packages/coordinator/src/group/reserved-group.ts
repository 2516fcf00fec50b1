/**
 * A group of another type than classic, as its records in the log say that it is there. It is not served yet, but its id is
 * taken: no classic group may begin under it, and its offsets can be read.
 */
import { type SnapshotRegistry, TimelineSet } from '@ottla/stdx'
import type { GroupRecord, ReservedType } from './group-record.ts'

export class ReservedGroup {
  readonly kind = 'reserved'
  readonly groupId: string
  readonly type: ReservedType
  readonly #memberIds: TimelineSet<string>

  constructor(registry: SnapshotRegistry, groupId: string, type: ReservedType) {
    this.groupId = groupId
    this.type = type
    this.#memberIds = new TimelineSet(registry)
  }

  get isEmpty(): boolean {
    return this.#memberIds.size === 0
  }

  isEmptyAt(offset: number): boolean {
    return this.#memberIds.sizeAt(offset) === 0
  }

  /** All of the other types speak to consumers. */
  get protocolType(): string {
    return this.type === 'streams' ? 'streams' : this.type === 'share' ? 'share' : 'consumer'
  }

  /** What members subscribe to is not known: with members, it may be any topic. */
  isSubscribedTo(_topic: string): boolean {
    return !this.isEmpty
  }

  replayMember({ memberId, isTombstone }: Extract<GroupRecord, { kind: 'reserved' }>): void {
    if (memberId === null) return
    if (isTombstone) this.#memberIds.delete(memberId)
    else this.#memberIds.add(memberId)
  }
}
