/**
 * A group of a type that is not served, as its records in the log say that it is there. Its id is
 * taken: no classic group may begin under it, and its offsets can be read.
 */
import { type SnapshotRegistry, TimelineSet } from '@ottla/stdx'
import type { ModernGroup } from './modern/modern-group.ts'
import { GROUP_RECORD_OF, type ModernRecord, type ModernType } from './modern/modern-record.ts'
import type { Turn } from './turn.ts'

export class ReservedGroup implements ModernGroup {
  readonly kind = 'reserved'
  readonly groupId: string
  readonly type: ModernType
  readonly #memberIds: TimelineSet<string>

  constructor(registry: SnapshotRegistry, groupId: string, type: ModernType) {
    this.groupId = groupId
    this.type = type
    this.#memberIds = new TimelineSet(registry)
  }

  get isEmpty(): boolean {
    return this.#memberIds.size === 0
  }

  stateAt(offset: number): string {
    return this.#memberIds.sizeAt(offset) === 0 ? 'Empty' : 'Stable'
  }

  get protocolType(): string {
    return this.type
  }

  /** What members subscribe to is not known: with members, it may be any topic. */
  isSubscribedTo(_topic: string): boolean {
    return !this.isEmpty
  }

  replay(record: ModernRecord): void {
    if (!record.kind.endsWith('GroupMemberMetadata') || !('memberId' in record.key)) return
    const { memberId } = record.key
    if (record.value === null) this.#memberIds.delete(memberId)
    else this.#memberIds.add(memberId)
  }

  fire(): void {}

  loaded(): void {}

  delete(turn: Turn): void {
    const { groupId } = this
    turn.write({ kind: GROUP_RECORD_OF[this.type], key: { groupId }, value: null })
  }
}
