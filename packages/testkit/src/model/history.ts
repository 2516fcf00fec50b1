/**
 * What the clients of a run sent and what they were told, by acknowledgements and by reads. Held against each other at once: an offset
 * of a partition has one record for ever, whoever is told of it.
 */
import { Violation } from './retry.ts'

/** A record as a producer made it. Its value begins with the id and a '|'. */
export interface SentRecord {
  /** Unique in the run. */
  readonly id: string
  readonly producer: string
  /** Counts the records of the producer for this partition from 0. */
  readonly index: number
  readonly key: Buffer | null
  readonly value: Buffer
  readonly timestampMs: number
  /** May stand in the log once at most. */
  readonly isIdempotent: boolean
}

/** A record as it was read. */
export interface ReadRecord {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
}

const ID_END = 0x7c

/** One partition of one topic (by id: a topic made anew is another). */
export class PartitionHistory {
  readonly name: string
  readonly sent = new Map<string, SentRecord>()
  /** Who is at an offset, from all that clients were told. */
  readonly told = new Map<number, string>()
  /** Largest offset that a DeleteRecords asked for: below it records may be gone. */
  deletedBefore = 0
  /** A DeleteRecords is under way. */
  isBeingCut = false
  /** DeleteRecords that were acknowledged. */
  deletions = 0
  /** End of what clients were told of. */
  endOffset = 0
  ackedBatches = 0
  /** A producer had to give up its order. */
  mayReorder = false
  /** Ids of records whose producer was forgotten, and which were sent under another producer id. */
  readonly mayRepeat = new Set<string>()
  readonly #lastAcked = new Map<string, { index: number; offset: number }>()
  readonly #promise: 'kept' | 'none'

  constructor(name: string, promise: 'kept' | 'none') {
    this.name = name
    this.#promise = promise
  }

  /** Records of one batch were acknowledged at `baseOffset`. */
  acked(records: readonly SentRecord[], baseOffset: number): void {
    if (baseOffset < 0) throw new Violation(`${this.name}: acknowledged at offset ${baseOffset}`)
    this.ackedBatches++
    records.forEach((record, at) => {
      this.#tell(baseOffset + at, record.id)
    })
    const last = records.at(-1)!
    if (last.isIdempotent) this.#checkOrder(last, baseOffset + records.length - 1)
  }

  /** A client read a record. */
  read(record: ReadRecord): void {
    this.#tell(record.offset, this.check(record).id)
  }

  /** The record that was sent as this one; throws Violation when nothing like it was. */
  check({ offset, key, value, timestampMs }: ReadRecord): SentRecord {
    const where = `${this.name}: record at offset ${offset}`
    if (value === null) throw new Violation(`${where} has no value`)
    const sent = this.sent.get(value.toString('latin1', 0, Math.max(0, value.indexOf(ID_END))))
    if (sent === undefined) throw new Violation(`${where} was never sent: ${value.subarray(0, 32).toString('latin1')}`)
    const isSame = sent.value.equals(value) && (sent.key === null ? key === null : key !== null && sent.key.equals(key))
    if (!isSame || sent.timestampMs !== timestampMs) throw new Violation(`${where} is not as ${sent.id} was sent`)
    return sent
  }

  #tell(offset: number, id: string): void {
    if (this.#promise === 'none') return
    const before = this.told.get(offset)
    if (before !== undefined && before !== id) {
      throw new Violation(`${this.name}: offset ${offset} was told to hold ${before}, and now ${id}`)
    }
    this.told.set(offset, id)
    this.endOffset = Math.max(this.endOffset, offset + 1)
  }

  #checkOrder({ producer, index }: SentRecord, offset: number): void {
    if (this.#promise === 'none' || this.mayReorder) return
    const last = this.#lastAcked.get(producer)
    if (last !== undefined && last.index < index !== last.offset < offset) {
      throw new Violation(
        `${this.name}: ${producer} record ${index} is at ${offset}, record ${last.index} at ${last.offset}`,
      )
    }
    if (last === undefined || index > last.index) this.#lastAcked.set(producer, { index, offset })
  }
}

export class History {
  readonly #partitions = new Map<string, PartitionHistory>()
  readonly #promise: 'kept' | 'none'

  /** 'none': nothing was promised to stay. What is there must be as it was sent, all the same. */
  constructor(promise: 'kept' | 'none') {
    this.#promise = promise
  }

  partition(topicId: string, partition: number): PartitionHistory {
    const key = `${topicId}-${partition}`
    let history = this.#partitions.get(key)
    if (history === undefined) {
      history = new PartitionHistory(key, this.#promise)
      this.#partitions.set(key, history)
    }
    return history
  }

  partitions(): Iterable<PartitionHistory> {
    return this.#partitions.values()
  }

  /** Records that some client was told of. */
  get toldRecords(): number {
    let count = 0
    for (const { told } of this.#partitions.values()) count += told.size
    return count
  }
}
