/**
 * Sizes of the appends that are not committed, so that whoever waits for a number of bytes learns how many came, without a
 * look at the log.
 */
import { Deque } from '@ottla/stdx'

export class CommittedBytes {
  readonly #pending = new Deque<{ readonly endOffset: number; readonly bytes: number }>()

  appended(endOffset: number, bytes: number): void {
    this.#pending.pushBack({ endOffset, bytes })
  }

  /** Bytes of the appends that end at or below `endOffset`; they are forgotten. */
  takeUpTo(endOffset: number): number {
    let bytes = 0
    for (let next = this.#pending.peekFront(); next !== undefined; next = this.#pending.peekFront()) {
      if (next.endOffset > endOffset) break
      bytes += next.bytes
      this.#pending.popFront()
    }
    return bytes
  }

  /** Appends above `endOffset` were taken back. */
  dropAbove(endOffset: number): void {
    for (let last = this.#pending.peekBack(); last !== undefined; last = this.#pending.peekBack()) {
      if (last.endOffset <= endOffset) return
      this.#pending.popBack()
    }
  }
}
