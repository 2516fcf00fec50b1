/**
 * What the members of a share group were told of the records of one partition. Held against each other at once: nobody gets what is final or what
 * another surely holds, and nothing becomes final twice.
 */
import { Violation } from './retry.ts'

/** A lock as its holder may count on it. */
interface Held {
  readonly member: string
  /** Earliest time at which it can end, monotonic milliseconds. */
  readonly untilMs: number
}

export type Decision = 'accept' | 'release' | 'reject'

export class ShareHistory {
  readonly #deliveryCountLimit: number
  readonly #lockDurationMs: number
  readonly #held = new Map<number, Held>()
  /** How records ended, of which a member was told that it is stored. */
  readonly #final = new Map<number, Decision>()
  /** Offsets whose decision got no answer. */
  readonly #unknown = new Set<number>()
  /** Largest delivery count that a member saw. */
  readonly #counts = new Map<number, number>()
  deliveries = 0
  expirations = 0

  constructor(limits: { readonly deliveryCountLimit: number; readonly lockDurationMs: number }) {
    this.#deliveryCountLimit = limits.deliveryCountLimit
    this.#lockDurationMs = limits.lockDurationMs
  }

  /** Records that surely are final. */
  get finals(): number {
    return this.#final.size
  }

  /** A member was given a record by a fetch that was sent at `sentMs` and answered at `nowMs`. */
  acquired(member: string, offset: number, told: { deliveryCount: number; sentMs: number; nowMs: number }): void {
    const { deliveryCount, sentMs, nowMs } = told
    const final = this.#final.get(offset)
    if (final !== undefined) throw new Violation(`${member} was given offset ${offset}, which is final by ${final}`)
    const held = this.#held.get(offset)
    if (held !== undefined && nowMs < held.untilMs) {
      throw new Violation(`${member} was given offset ${offset}, which ${held.member} holds until ${held.untilMs}`)
    }
    if (held !== undefined) this.expirations++
    if (deliveryCount < 1 || deliveryCount > this.#deliveryCountLimit) {
      throw new Violation(`offset ${offset} is delivered for the ${deliveryCount}th time`)
    }
    this.deliveries++
    this.#counts.set(offset, Math.max(this.#counts.get(offset) ?? 0, deliveryCount))
    this.#held.set(offset, { member, untilMs: sentMs + this.#lockDurationMs })
  }

  /** A decision is on its way: from now on the lock is nothing to count on. */
  deciding(offset: number): void {
    this.#held.delete(offset)
    this.#unknown.add(offset)
  }

  /** A decision was answered: it is stored. */
  decided(offset: number, decision: Decision): void {
    if (decision === 'release') return
    const before = this.#final.get(offset)
    if (before !== undefined) throw new Violation(`offset ${offset} is final twice, by ${before} and ${decision}`)
    this.#final.set(offset, decision)
  }

  /** A member is gone, and so are its locks. */
  gone(member: string): void {
    for (const [offset, held] of this.#held) if (held.member === member) this.#held.delete(offset)
  }

  /** The broker is gone, and with it all locks. */
  crashed(): void {
    this.#held.clear()
  }

  /** Each record that surely was rejected must have a dead letter. */
  checkDeadLetters(offsets: ReadonlySet<number>): void {
    for (const [offset, decision] of this.#final) {
      if (decision === 'reject' && !offsets.has(offset)) throw new Violation(`offset ${offset} has no dead letter`)
    }
  }

  /** All offsets below `endOffset` are final, it is said: each must have become so by somebody's decision or the limit. */
  checkEnd(endOffset: number): void {
    for (let offset = 0; offset < endOffset; offset++) {
      if (this.#final.has(offset) || this.#unknown.has(offset)) continue
      if ((this.#counts.get(offset) ?? 0) >= this.#deliveryCountLimit) continue
      throw new Violation(`offset ${offset} is final, and nobody made it so`)
    }
  }
}
