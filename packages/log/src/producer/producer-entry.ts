/**
 * What a log knows of one producer. Entries are never changed in place: an append that is taken back puts the earlier one
 * back.
 */
import { addSequence, NO_SEQUENCE } from '@ottla/protocol'

/** Kafka's clients keep at most so many requests in flight, so a batch that comes again is one of the last five. */
export const BATCHES_KEPT = 5
export const NO_TRANSACTION = -1
/** No coordinator has written a marker, or it is not known which. */
export const NO_COORDINATOR_EPOCH = -1

/** One batch that was appended. */
export interface ProducerBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** Max timestamp of the batch. */
  readonly timestampMs: number
}

export interface ProducerEntry {
  readonly producerId: number
  readonly producerEpoch: number
  /** The last batches of this epoch, oldest first. */
  readonly batches: readonly ProducerBatch[]
  readonly lastTimestampMs: number
  /** Epoch of the coordinator that wrote the last marker, -1 without one. */
  readonly coordinatorEpoch: number
  /** First offset of the open transaction, or {@link NO_TRANSACTION}. */
  readonly transactionStartOffset: number
}

export function lastSequenceOf(entry: ProducerEntry): number {
  return entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
}

/** The batch with exactly these sequences in this epoch, if it is one of the last. */
export function findDuplicate(
  entry: ProducerEntry,
  batch: { producerEpoch: number; baseSequence: number; lastSequence: number },
): ProducerBatch | undefined {
  if (entry.producerEpoch !== batch.producerEpoch) return undefined
  return entry.batches.find(
    (each) => each.baseSequence === batch.baseSequence && each.lastSequence === batch.lastSequence,
  )
}

/** Whether `next` may follow `last`; 0 comes after 2^31-1. */
export function isInSequence(last: number, next: number): boolean {
  return next === addSequence(last, 1)
}

/** The sequence `count` before `sequence`. */
export function sequenceBefore(sequence: number, count: number): number {
  const difference = sequence - count
  return difference < 0 ? difference + 2 ** 31 : difference
}
