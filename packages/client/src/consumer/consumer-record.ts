/** A record as it comes out of a consumer. */
import type { RecordHeader } from '@ottla/protocol'

/** Where the timestamp of a record is from; `NoTimestampType` when it has none. */
export type TimestampType = 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'

/** Bytes are views into a piece of what was fetched, of 64 KB or the unpacked batch: who keeps a small record for long keeps the piece. Copy what you keep. */
export interface ConsumerRecord<K = Buffer, V = Buffer> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds; -1 when there is none. */
  readonly timestamp: number
  readonly timestampType: TimestampType
  readonly key: K | null
  /** Null is a tombstone. */
  readonly value: V | null
  readonly headers: readonly RecordHeader[]
  /** Epoch of the leader that appended it; -1 when that is unknown. */
  readonly leaderEpoch: number
}
