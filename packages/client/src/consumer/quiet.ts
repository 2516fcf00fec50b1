/**
 * The moment in which partitions may change hands: the application holds no record, and gets none until it is over. Asked for by the membership,
 * granted within `poll`.
 */
export class Quiet {
  #ask: (() => void) | null = null
  #isGranted = false

  /** Nothing is to be handed out. */
  get isGranted(): boolean {
    return this.#isGranted
  }

  /** Resolves when it is granted; `wake` is called so that somebody grants it. */
  asked(wake: () => void): Promise<void> {
    if (this.#isGranted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#ask = resolve
      wake()
    })
  }

  /** The application holds no record now. */
  grant(): void {
    if (this.#ask === null) return
    this.#isGranted = true
    this.#ask()
    this.#ask = null
  }

  over(): void {
    this.#ask = null
    this.#isGranted = false
  }
}
