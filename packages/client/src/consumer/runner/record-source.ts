/** Where the iteration and the runner take records from: the consumer, with what they need to know of its partitions. */
import type { ConsumerRecord } from '../consumer-record.ts'
import type { PartitionState } from '../partition-state.ts'

/** A record that was handed out. */
export interface Delivery<K, V> {
  readonly record: ConsumerRecord<K, V>
  readonly state: PartitionState
  /** Of the partition at that time: another number later means that the application wants other records now. */
  readonly seeks: number
}

export interface RecordSource<K, V> {
  /** At most `limit` records, none when there were none in time or it was woken. Serves the membership meanwhile. Rejects as `poll`. */
  take(options: TakeOptions): Promise<Delivery<K, V>[]>
  /** Ends a `take` that waits. */
  wake(): void
  /** The last that were taken of the partition, in their order, are taken again when it is not held back any more. */
  giveBack(state: PartitionState, records: readonly ConsumerRecord<K, V>[]): void
  /** False after a seek, or when the partition was given away. */
  isCurrent(delivery: Delivery<K, V>): boolean
  /** The consumer is closed, or about to be. */
  readonly isClosed: boolean
  /** Commits what is done, if the consumer commits by itself. Never rejects. */
  commit(): Promise<void>
}

export interface TakeOptions {
  readonly limit: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The application is done with all of the partition below `offset`. */
export function markDone(state: PartitionState, offset: number, leaderEpoch: number): void {
  state.consumed = offset
  state.consumedEpoch = leaderEpoch
}
