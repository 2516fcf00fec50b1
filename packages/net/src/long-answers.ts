/**
 * Connections in the middle of a long answer, in turn: so much of theirs leaves in one turn of the event loop, however many they are. Small requests
 * of others wait no longer than that takes, and what leaves together costs fewer system calls and wakes its reader less often.
 */
export interface LongAnswer {
  /** Writes at most so many bytes (≥ 1) and returns how many. What is left waits until it is added again. */
  writePiece(maxBytes: number): number
}

/** As much as the kernel's buffer of a socket takes at once. */
const TURN_BYTES = 4 << 20
/** A smaller piece is not worth a system call: a turn may take so much more. */
const PIECE_MIN_BYTES = 1 << 20

export class LongAnswers {
  readonly #nextTurn: (fn: () => void) => void
  #waiting: LongAnswer[] = []
  #bytesLeft = TURN_BYTES
  #isScheduled = false
  #isWriting = false

  constructor(nextTurn: (fn: () => void) => void) {
    this.#nextTurn = nextTurn
  }

  /** Has the answer's next piece written: at once while this turn has room, else after those that came before. */
  add(answer: LongAnswer): void {
    this.#waiting.push(answer)
    if (this.#bytesLeft > 0 && !this.#isWriting) this.#write()
  }

  #write(): void {
    this.#isWriting = true
    while (this.#bytesLeft > 0 && this.#waiting.length > 0) {
      const answer = this.#waiting.shift()!
      this.#bytesLeft -= answer.writePiece(Math.max(this.#bytesLeft, PIECE_MIN_BYTES))
    }
    this.#isWriting = false
    if (this.#isScheduled || this.#bytesLeft === TURN_BYTES) return
    this.#isScheduled = true
    this.#nextTurn(() => this.#turn())
  }

  #turn(): void {
    this.#isScheduled = false
    this.#bytesLeft = TURN_BYTES
    this.#write()
  }
}
