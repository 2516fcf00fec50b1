/** Who waits for the transaction of a transactional id to be complete, and is told by it rather than by a clock. */

export interface AwaitedCompletion {
  /** Resolves when the coordinator, in this process, has taken a step towards it. */
  readonly happened: Promise<void>
  /** Nobody waits any longer. */
  forget(): void
}

export class Completions {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** The next one from now on. */
  next(transactionalId: string): AwaitedCompletion {
    let wake: () => void = () => {}
    const happened = new Promise<void>((resolve) => {
      wake = resolve
    })
    const waiting = this.#waiting.get(transactionalId) ?? new Set()
    this.#waiting.set(transactionalId, waiting.add(wake))
    return {
      happened,
      forget: () => {
        waiting.delete(wake)
        if (waiting.size === 0 && this.#waiting.get(transactionalId) === waiting) this.#waiting.delete(transactionalId)
      },
    }
  }

  happened(transactionalId: string): void {
    const waiting = this.#waiting.get(transactionalId)
    this.#waiting.delete(transactionalId)
    for (const wake of waiting ?? []) wake()
  }
}
