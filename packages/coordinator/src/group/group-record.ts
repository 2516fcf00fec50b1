/** The records of `__consumer_offsets` as the group shard knows them; `group-record-codec.ts` has their bytes. */
import type { GroupMetadataValue } from '@ottla/protocol'
import type { PartitionMarker } from '../ports.ts'
import type { ModernRecord } from './modern/modern-record.ts'

/** A committed offset. */
export interface CommittedOffset {
  readonly offset: number
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** Wall time, milliseconds. */
  readonly commitTimestampMs: number
  /** Wall time after which it is gone, whatever the retention; -1: none. Clients before KIP-211 could set it. */
  readonly expireTimestampMs: number
  /** The id of the topic it was committed for; the zero uuid when the client did not say. */
  readonly topicId: string
}

export interface Producer {
  readonly id: number
  readonly epoch: number
}

export type GroupRecord =
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      /** null: a tombstone. */
      readonly offset: CommittedOffset | null
      /** Of a transaction: pending until its marker. */
      readonly producer?: Producer
    }
  | {
      readonly kind: 'group'
      readonly groupId: string
      /** null: a tombstone. */
      readonly group: GroupMetadataValue | null
    }
  | {
      readonly kind: 'marker'
      readonly producerId: number
      readonly outcome: 'commit' | 'abort'
      /** What is to be written; a marker that was loaded is there already. */
      readonly written?: PartitionMarker
    }
  | ModernRecord
