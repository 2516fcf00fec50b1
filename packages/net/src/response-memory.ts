/**
 * Memory of the responses that are being made, and of those that their peers have not taken, of all connections. A large response
 * asks for a share before it is made: the less is left, the smaller the share. So peers who do not read get small responses and no
 * second one; nobody has to wait for them.
 */

/** A share is never smaller: everybody gets on. */
const SHARE_MIN_BYTES = 64 << 10
/** A share is at most this part of what is left. */
const SHARE_PART = 8

export class ResponseMemory {
  readonly limitBytes: number
  #usedBytes = 0

  /** `limitBytes` ≥ 1, or Infinity. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** 'short': one unread response a connection, and less patience. 'spent': who does not read is let go. */
  get state(): 'plenty' | 'short' | 'spent' {
    if (this.#usedBytes < this.limitBytes) return 'plenty'
    return this.#usedBytes < 2 * this.limitBytes ? 'short' : 'spent'
  }

  /** Takes a share of at most `wantedBytes` for a response that is going to be made; to be given back. */
  share(wantedBytes: number): number {
    const fair = Math.floor((this.limitBytes - this.#usedBytes) / SHARE_PART)
    const bytes = Math.max(0, Math.min(wantedBytes, Math.max(SHARE_MIN_BYTES, fair)))
    this.#usedBytes += bytes
    return bytes
  }

  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
  }
}
