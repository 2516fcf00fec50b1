/**
 * How many bytes become visible when the high watermark moves: at once to those who read all, and to those who read committed
 * transactions when the last stable offset passes them. At least one where an end moved: what was written before a start is not counted.
 */
import { CommittedBytes } from './committed-bytes.ts'
import type { VisibleBytes } from './replica.ts'

export class VisibleProgress {
  readonly #uncommitted = new CommittedBytes()
  readonly #unstable = new CommittedBytes()
  #lastStableOffset = -1

  appended(endOffset: number, bytes: number): void {
    this.#uncommitted.appended(endOffset, bytes)
    this.#unstable.appended(endOffset, bytes)
  }

  /** The high watermark moved, and the last stable offset maybe. */
  moved(highWatermark: number, lastStableOffset: number): VisibleBytes {
    const isStabler = lastStableOffset > this.#lastStableOffset
    this.#lastStableOffset = lastStableOffset
    return {
      read_uncommitted: Math.max(1, this.#uncommitted.takeUpTo(highWatermark)),
      read_committed: isStabler ? Math.max(1, this.#unstable.takeUpTo(lastStableOffset)) : 0,
    }
  }

  /** Appends above `endOffset` were taken back. */
  dropAbove(endOffset: number): void {
    this.#uncommitted.dropAbove(endOffset)
    this.#unstable.dropAbove(endOffset)
  }
}
