/**
 * The records of one partition on their way out. Keeps their order through every failure:
 *
 *     open ── full, or time to go ──► ready ── send ──► under way ── answer ──► done
 *                                       ▲                   │
 *                                       └── to be repeated ─┘
 *
 * After a failure nothing more is sent until everything under way has come back (`recovering`): only then is it known which
 * sequences the broker has, and what is to be repeated stands at the front in its old order. A batch that was given up leaves a gap in
 * the sequences. Was it surely not written, those behind it move up; is that unknown, a new producer epoch starts again at 0.
 */
import { HEADER_BYTES } from '@ottla/protocol'
import { assert, Deque } from '@ottla/stdx'
import { partitionKey } from '../topic-partition.ts'
import type { PendingRecord } from './producer-record.ts'
import type { BatchPosition, RecordBatch } from './record-batch.ts'
import type { ProducerIdentity } from './write-identity.ts'

const MAX_EPOCH = 32_767
const MAX_SEQUENCE = 2 ** 31 - 1

export interface PartitionQueueOptions {
  readonly position: BatchPosition
  readonly batchBytes: number
  /** Batches that may be under way at once. */
  readonly maxInFlight: number
  /** Begins a batch that will probably grow to so many bytes. */
  readonly startBatch: (position: BatchPosition, likelyBytes: number) => RecordBatch
  /** The producer id has no further epoch: another id is needed for the next batch. */
  readonly onEpochsExhausted: () => void
}

export class PartitionQueue {
  readonly position: BatchPosition
  readonly key: string
  readonly #options: PartitionQueueOptions
  readonly #ready = new Deque<RecordBatch>()
  /** Under way, oldest first. */
  readonly #inFlight = new Set<RecordBatch>()
  /** Came back to be repeated, while others were still under way. */
  #returned: RecordBatch[] = []
  #open: RecordBatch | null = null
  /** Size of the last batch that was full, or sent: the next one may be like it. */
  #lastBytes = 0
  #identity: ProducerIdentity | null = null
  #nextSequence = 0
  /** Sequence at which to go on once nothing is under way: null when unchanged, 'new-epoch' when it starts again. */
  #repair: number | 'new-epoch' | null = null
  #isRecovering = false
  /** The broker has written something under the identity: it will refuse what does not follow. */
  #isKnown = false
  /** Monotonic time before which nothing is sent. */
  notBefore = 0

  constructor(options: PartitionQueueOptions) {
    this.#options = options
    this.position = options.position
    this.key = partitionKey(options.position.topic, options.position.partition)
  }

  get isEmpty(): boolean {
    return this.#open === null && this.#ready.size === 0 && this.#inFlight.size === 0 && this.#returned.length === 0
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Number of the oldest batch that is not answered; Infinity when there is none. */
  get oldestNumber(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const batch of this.batches()) oldest = Math.min(oldest, batch.number)
    return oldest
  }

  append(record: PendingRecord): void {
    if (this.#open !== null && this.#open.sizeBytes + record.sizeBytes > this.#options.batchBytes) this.seal()
    this.#open ??= this.#options.startBatch(this.position, Math.max(this.#lastBytes, record.sizeBytes + HEADER_BYTES))
    this.#open.add(record)
    if (this.#open.sizeBytes >= this.#options.batchBytes) this.seal()
  }

  /** The open batch takes no more records. */
  seal(): void {
    if (this.#open === null) return
    this.#lastBytes = this.#open.sizeBytes
    this.#ready.pushBack(this.#open)
    this.#open = null
  }

  /** What could be sent now: a batch that is full or was sent before, or the open one. */
  peek(now: number): { readonly batch: RecordBatch; readonly isOpen: boolean } | null {
    if (now < this.notBefore || this.#inFlight.size >= this.#maxInFlight) return null
    if (this.#isRecovering && this.#inFlight.size > 0) return null
    const batch = this.#ready.peekFront()
    if (batch !== undefined) return { batch, isOpen: false }
    return this.#open === null ? null : { batch: this.#open, isOpen: true }
  }

  /** Takes the batch that {@link peek} showed, gives it its place among the sequences, and counts it as under way. */
  take(identity: ProducerIdentity | null): RecordBatch {
    if (this.#ready.size === 0) this.seal()
    const batch = this.#ready.popFront()!
    if (identity !== null && batch.identity === null) {
      this.#identity ??= identity
      const { producerId, producerEpoch } = this.#identity
      batch.setIdentity({ producerId, producerEpoch, baseSequence: this.#nextSequence })
      this.#nextSequence = addToSequence(this.#nextSequence, batch.count)
    }
    batch.attempts += 1
    this.#inFlight.add(batch)
    return batch
  }

  /** True when no batch before this one is still without an answer. */
  isOldest(batch: RecordBatch): boolean {
    if (this.#returned.length > 0 || this.#repair !== null) return false
    return this.#inFlight.values().next().value === batch
  }

  /** The batch was written. */
  succeeded(batch: RecordBatch): void {
    this.#isKnown = true
    this.#leave(batch)
  }

  /** The batch is to be sent again, not before the given time. */
  repeat(batch: RecordBatch, notBefore: number): void {
    this.#returned.push(batch)
    this.notBefore = Math.max(this.notBefore, notBefore)
    this.#isRecovering = true
    this.#leave(batch)
  }

  /** The batch is given up. Was it written? `parts`: what takes its place. */
  gaveUp(batch: RecordBatch, wasWritten: 'no' | 'unknown', parts: readonly RecordBatch[] = []): void {
    if (batch.identity !== null) {
      if (wasWritten === 'unknown') this.#repair = 'new-epoch'
      else this.#repair ??= batch.identity.baseSequence
      this.#isRecovering = true
    }
    this.#returned.push(...parts)
    this.#leave(batch)
  }

  /** Everything that was sent before counts as not sent: the broker has forgotten this producer. */
  startNewEpoch(): void {
    this.#repair = 'new-epoch'
    this.#isRecovering = true
  }

  /** The next batch has sequence 0 and the identity that it is sent with. */
  restartSequences(): void {
    assert(this.isEmpty, 'sequences start again when nothing waits')
    this.#identity = null
    this.#isKnown = false
    this.#nextSequence = 0
    this.#repair = null
    this.#isRecovering = false
    this.notBefore = 0
  }

  /** Takes out the batches that are not under way and whose time is over. */
  expire(now: number): RecordBatch[] {
    if (this.#inFlight.size > 0 || this.#returned.length > 0) return []
    const expired: RecordBatch[] = []
    for (
      let batch = this.#ready.peekFront() ?? this.#open;
      batch !== null;
      batch = this.#ready.peekFront() ?? this.#open
    ) {
      if (batch.dueAt > now) break
      this.seal()
      this.#ready.popFront()
      expired.push(batch)
      this.gaveUp(batch, batch.attempts > 0 ? 'unknown' : 'no')
    }
    return expired
  }

  /** All batches, wherever they are. */
  *batches(): Generator<RecordBatch> {
    yield* this.#inFlight
    yield* this.#returned
    yield* this.#ready
    if (this.#open !== null) yield this.#open
  }

  /**
   * A broker takes up a producer that it does not know with whatever sequence comes (KIP-360): were the first batch refused for a passing reason, and
   * the second written, the first could never be. So the first goes alone.
   */
  get #maxInFlight(): number {
    return this.#isKnown ? this.#options.maxInFlight : 1
  }

  #leave(batch: RecordBatch): void {
    this.#inFlight.delete(batch)
    if (this.#inFlight.size > 0) return
    if (this.#repair !== null) this.#repairSequences(this.#repair)
    this.#returned.sort(byAge)
    for (let index = this.#returned.length - 1; index >= 0; index -= 1) this.#ready.pushFront(this.#returned[index]!)
    if (this.#returned.length === 0) this.#isRecovering = false
    this.#returned = []
  }

  /** Nothing is under way: what is left gets new places among the sequences when it is sent. */
  #repairSequences(repair: number | 'new-epoch'): void {
    this.#repair = null
    for (const batch of [...this.#returned, ...this.#ready]) {
      if (batch.identity !== null) batch.setIdentity(null)
    }
    if (repair !== 'new-epoch') this.#nextSequence = repair
    else {
      this.#nextSequence = 0
      this.#isKnown = false
      if (this.#identity !== null) this.#identity = nextEpoch(this.#identity)
      if (this.#identity === null) this.#options.onEpochsExhausted()
    }
  }
}

/** The same producer id with the next epoch; null, which asks for another id, when there is none. */
function nextEpoch(identity: ProducerIdentity): ProducerIdentity | null {
  if (identity.producerEpoch >= MAX_EPOCH) return null
  return { ...identity, producerEpoch: identity.producerEpoch + 1 }
}

/** Sequences go from 2^31 − 1 on to 0. */
function addToSequence(sequence: number, count: number): number {
  const next = sequence + count
  return next > MAX_SEQUENCE ? next - MAX_SEQUENCE - 1 : next
}

/** Older ones first; parts of one batch keep the order that they have. */
function byAge(a: RecordBatch, b: RecordBatch): number {
  return a.number - b.number
}
