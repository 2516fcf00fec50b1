/**
 * Who may begin a transaction on a partition (KIP-890): a producer whose first transactional batch waits while its coordinator is asked
 * whether the partition belongs to its transaction.
 *
 * The answer may come late. While it was on its way, the transaction may have been aborted, its marker written here, and the next one begun,
 * which does not know the partition. So the permission is a token: a marker takes it away, and an answer to a question asked before counts for
 * nothing, even if the producer has asked again.
 */

/** One producer's permission to begin a transaction, while it lasts. */
export interface VerificationGuard {
  readonly producerId: number
  readonly producerEpoch: number
  /** The lowest sequence that asked: one above it would leave a gap in front. */
  lowestSequence: number
  /** Questions under way. */
  questions: number
}

/** What of guards that nobody asks for is kept at most; a producer whose guard is gone is verified again. */
const IDLE_MAX = 1_000

/** Of partitions where none was ever given. */
const NONE: ReadonlyMap<number, VerificationGuard> = new Map()

export class VerificationGuards {
  #guards = NONE as Map<number, VerificationGuard>

  get size(): number {
    return this.#guards.size
  }

  /** The guard of a producer that has to be verified, as long as no marker and no batch of its transaction came since. */
  begin(producer: {
    readonly producerId: number
    readonly producerEpoch: number
    readonly sequence: number
  }): VerificationGuard {
    const { producerId, producerEpoch, sequence } = producer
    const known = this.#guards.get(producerId)
    if (known?.producerEpoch === producerEpoch) {
      known.lowestSequence = Math.min(known.lowestSequence, sequence)
      known.questions += 1
      return known
    }
    const guard = { producerId, producerEpoch, lowestSequence: sequence, questions: 1 }
    // A producer of an earlier epoch gets a guard that opens nothing.
    if (known !== undefined && known.producerEpoch > producerEpoch) return guard
    if (this.#guards === NONE) this.#guards = new Map()
    this.#guards.set(producerId, guard)
    if (this.#guards.size > IDLE_MAX) this.#dropIdle()
    return guard
  }

  /** The question is answered. A guard of a failed question stays: what it knows of sequences still counts. */
  answered(guard: VerificationGuard): void {
    guard.questions -= 1
  }

  isValid(guard: VerificationGuard): boolean {
    return this.#guards.get(guard.producerId) === guard
  }

  /** A marker of the producer was written, or a batch of its transaction. */
  clear(producerId: number): void {
    this.#guards.delete(producerId)
  }

  /** Others may have led the partition since. */
  clearAll(): void {
    this.#guards.clear()
  }

  /** The oldest first. */
  #dropIdle(): void {
    for (const [producerId, { questions }] of this.#guards) {
      if (this.#guards.size <= IDLE_MAX) return
      if (questions === 0) this.#guards.delete(producerId)
    }
  }
}
