/** Under which id and epoch a producer writes, and where it may write now. */
import type { BatchPosition } from './record-batch.ts'

/** Under which the broker tells repetitions of a producer, and fences former holders of its transactional id. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface WriteIdentity {
  /** Null outside of transactions. */
  readonly transactionalId: string | null
  /** The highest version of Produce that fits how transactions are run. */
  readonly maxProduceVersion: number
  /** The identity if it is there; otherwise sees to it that it will be, and then wakes the engine. */
  current(): ProducerIdentity | null
  /** The producer id has no further epoch: another one is needed for the next batch. */
  exhausted(): void
  /** True when the partition may be written to; otherwise sees to it that it may, and then wakes the engine. */
  admits(position: BatchPosition): boolean
  /** A batch was given up. */
  failed(error: unknown): void
}
