/**
 * Where each leader epoch of a log began (KIP-101, KIP-279). Followers and consumers find with it where their history
 * parts from the leader's.
 *
 * An epoch lasts until the next one begins, the last one until the log's end. Epochs and start offsets grow.
 */
import { assert } from '@ottla/stdx'
import type { EpochEnd, EpochEntry } from '../types.ts'

export const NO_EPOCH = -1
const NO_EPOCH_OFFSET = -1

export class LeaderEpochs {
  /** Never changed in place, so that an earlier state can be kept. */
  #entries: readonly EpochEntry[]

  constructor(entries: readonly EpochEntry[] = []) {
    this.#entries = entries
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** The newest epoch; -1 without one. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? NO_EPOCH
  }

  get earliest(): EpochEntry | undefined {
    return this.#entries[0]
  }

  /**
   * The epoch begins at `startOffset`. Entries that this contradicts (a larger epoch, or a start behind it) go, as the
   * newest knowledge is right. True when something changed.
   */
  assign(epoch: number, startOffset: number): boolean {
    assert(epoch >= 0 && startOffset >= 0, 'an epoch and its start are not negative')
    const last = this.#entries.at(-1)
    if (last !== undefined && last.epoch === epoch && startOffset >= last.startOffset) return false
    let count = this.#entries.length
    for (; count > 0; count--) {
      const entry = this.#entries[count - 1]!
      if (entry.epoch < epoch && entry.startOffset < startOffset) break
    }
    this.#entries = [...this.#entries.slice(0, count), { epoch, startOffset }]
    return true
  }

  /** Where `epoch` ended; `logEndOffset` ends the latest one. Both -1 when the log knows nothing of it. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch === NO_EPOCH || epoch > this.latest) return { epoch: NO_EPOCH, endOffset: NO_EPOCH_OFFSET }
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset }
    const above = this.#entries.findIndex((entry) => entry.epoch > epoch)
    const next = this.#entries[above]!
    // Older than all that is known: it ended before the first one began.
    const known = above === 0 ? epoch : this.#entries[above - 1]!.epoch
    return { epoch: known, endOffset: next.startOffset }
  }

  /** The epoch of the record at `offset`; -1 when it is older than all that is known. */
  epochFor(offset: number): number {
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i]!
      if (entry.startOffset <= offset) return entry.epoch
    }
    return NO_EPOCH
  }

  /** Drops the epochs that begin at or above `endOffset`. True when something changed. */
  truncateFromEnd(endOffset: number): boolean {
    let count = this.#entries.length
    while (count > 0 && this.#entries[count - 1]!.startOffset >= endOffset) count--
    if (count === this.#entries.length) return false
    this.#entries = this.#entries.slice(0, count)
    return true
  }

  /** Drops what lies below `startOffset`; the epoch of that offset begins there now. True when something changed. */
  truncateFromStart(startOffset: number): boolean {
    let below = 0
    while (below < this.#entries.length && this.#entries[below]!.startOffset <= startOffset) below++
    if (below === 0) return false
    const kept = this.#entries[below - 1]!
    if (below === 1 && kept.startOffset === startOffset) return false
    this.#entries = [{ epoch: kept.epoch, startOffset }, ...this.#entries.slice(below)]
    return true
  }

  /** Back to earlier `entries`. */
  restore(entries: readonly EpochEntry[]): void {
    this.#entries = entries
  }

  clear(): void {
    this.#entries = []
  }
}
