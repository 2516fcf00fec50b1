/** Operations that run one after the other, in the order in which they were asked for. */
export class InTurn {
  #last: Promise<void> = Promise.resolve()
  #isRunning = false

  /** One of them runs now. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Runs it after those before it, however they ended. */
  run(operation: () => Promise<void>): Promise<void> {
    const run = this.#last.then(async () => {
      this.#isRunning = true
      try {
        await operation()
      } finally {
        this.#isRunning = false
      }
    })
    this.#last = run.catch(() => {})
    return run
  }
}
