/** What a consumer knows of one partition that it reads. */
import { Deque } from '@ottla/stdx'
import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { FetchedRecords } from './fetched-records.ts'

/** Where reading begins when it has no position yet; a timestamp: at the first record that is not older, or at the end. */
export type StartPoint = 'committed' | 'earliest' | 'latest' | 'reset' | { readonly timestamp: number }

export class PartitionState implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly key: string
  /** Offset of the next record that is handed out; null until it is known. */
  position: number | null = null
  /** How the position is to be found while it is null. */
  startPoint: StartPoint
  /** Offset up to which the application is done, as far as it has shown; what a commit takes. Null as long as the position is not known. */
  consumed: number | null = null
  /** Offset after the record that the iteration has just given out; null when it has asked for the next. */
  inHand: number | null = null
  /** Epoch of the leader that appended the last consumed record. */
  consumedEpoch = -1
  isPaused = false
  /** Nothing is handed out: the next record is not due yet. */
  isHeldBack = false
  isFetching = false
  /** Monotonic time of the last good answer to a fetch; null before. */
  fetchedAt: number | null = null
  /** Monotonic time before which it is not fetched. */
  notBefore = 0
  /** Counts seeks: an answer to an older fetch is not used. */
  seeks = 0
  /** Offsets as the last fetch told them; -1 before. */
  highWatermark = -1
  lastStableOffset = -1
  logStartOffset = -1
  /** A replica nearby that the leader named (KIP-392); -1: the leader. */
  preferredReplica = -1
  /** Monotonic time from which on the leader is asked again. */
  preferredUntil = 0
  bufferedBytes = 0
  #fetchOffset = 0
  readonly #buffered = new Deque<FetchedRecords>()
  /** What was handed out and given back; comes before what is buffered. */
  readonly #givenBack = new Deque<ConsumerRecord<unknown, unknown>>()

  constructor({ topic, partition }: TopicPartition, startPoint: StartPoint) {
    this.topic = topic
    this.partition = partition
    this.key = partitionKey(topic, partition)
    this.startPoint = startPoint
  }

  /** Offset of the next fetch: after all that is buffered. */
  get fetchOffset(): number {
    return this.#fetchOffset
  }

  get hasRecords(): boolean {
    return (this.#buffered.size > 0 || this.#givenBack.size > 0) && !this.isPaused && !this.isHeldBack
  }

  /** Goes on at `offset`. */
  seek(offset: number): void {
    this.#dropBuffered()
    this.position = offset
    this.consumed = offset
    this.#fetchOffset = offset
  }

  /** Forgets the position; it is looked up from `startPoint`. */
  seekTo(startPoint: StartPoint): void {
    this.#dropBuffered()
    this.position = null
    this.consumed = null
    this.startPoint = startPoint
  }

  buffer(records: FetchedRecords): void {
    this.#buffered.pushBack(records)
    this.bufferedBytes += records.sizeBytes
    this.#fetchOffset = records.endOffset()
  }

  /** The next buffered record; null when there is none. Throws CodecError, CorruptRecordError. */
  next(): ConsumerRecord<unknown, unknown> | null {
    if (this.#givenBack.size > 0) {
      const record = this.#givenBack.popFront()!
      this.position = record.offset + 1
      return record
    }
    for (let batch = this.#buffered.peekFront(); batch !== undefined; batch = this.#buffered.peekFront()) {
      const record = batch.next()
      this.position = batch.nextOffset
      if (record !== null) return record
      batch.release()
      this.#buffered.popFront()
      this.bufferedBytes -= batch.sizeBytes
    }
    return null
  }

  /** The last records that were handed out, in their order, come next again. */
  giveBack(records: readonly ConsumerRecord<unknown, unknown>[]): void {
    for (const record of records.toReversed()) this.#givenBack.pushFront(record)
    this.position = this.#givenBack.peekFront()?.offset ?? this.position
  }

  #dropBuffered(): void {
    this.seeks += 1
    this.#givenBack.clear()
    this.isHeldBack = false
    for (const records of this.#buffered) records.release()
    this.#buffered.clear()
    this.bufferedBytes = 0
    this.consumedEpoch = -1
    this.preferredReplica = -1
    this.notBefore = 0
  }
}
