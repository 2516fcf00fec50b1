/** What the shard asks of groups whose assignment the coordinator makes. What members send is decided per type. */
import type { GroupShard } from '../group-shard.ts'
import type { Turn } from '../turn.ts'
import type { ModernRecord, ModernType } from './modern-record.ts'

/** A timer of a group or of one of its members; one per name, group and member. */
export interface ModernTimer {
  readonly kind: 'modern'
  /** `session`, `rebalance`, …; each type has its own. */
  readonly name: string
  readonly groupId: string
  /** null: of the group. */
  readonly memberId: string | null
  /** Epoch of the member or the group that it was set for. */
  readonly epoch: number
}

/** A soft change of a group: state that is not worth a record. Taken back with the records of the same decision, never loaded. */
export interface ModernChange {
  readonly kind: 'modern'
  readonly groupId: string
  /** In the terms of the group's type. */
  readonly change: object
}

export interface ModernGroup {
  readonly kind: ModernType
  readonly type: ModernType
  readonly groupId: string
  /** No member. */
  readonly isEmpty: boolean
  /** As ListGroups says it. */
  readonly protocolType: string
  /** Whether offsets of the topic are wanted: they do not expire, and are not deleted one by one. */
  isSubscribedTo(topic: string): boolean
  /** The state as ListGroups and the describing requests name it, as of an offset of the log. */
  stateAt(offset: number): string
  /** Takes over a record of this type. The record ending the group is the shard's matter. Values are kept, their buffers must not be. */
  replay(record: ModernRecord, offset: number): void
  /** Takes over a soft change. The group is there: changes follow the records of their decision. */
  apply?(change: object): void
  /** A timer that was set with `turn.setTimer` is due. */
  fire(timer: ModernTimer, turn: Turn, shard: GroupShard): void
  /** The log was loaded, and the shard is about to serve: sets the timers of the members. */
  loaded(turn: Turn, shard: GroupShard): void
  /** Writes the tombstones of all that the log may hold of a group without members. */
  delete(turn: Turn): void
}
