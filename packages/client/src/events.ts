/** Typed events of one object: a listener for a name, and a function that takes it away again. */
import type { Logger } from '@ottla/env'

export class Listeners<Events> {
  readonly #logger: Logger
  readonly #byName = new Map<keyof Events, Set<(event: never) => void>>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Calls `listener` for each event of the name, until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    let listeners = this.#byName.get(name)
    if (listeners === undefined) this.#byName.set(name, (listeners = new Set()))
    // The same function may be given twice.
    const entry = (event: Events[Name]) => listener(event)
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
    }
  }

  /** Whether an event of the name would be heard. */
  has(name: keyof Events): boolean {
    return (this.#byName.get(name)?.size ?? 0) > 0
  }

  /** What a listener throws is logged: it is not the concern of who tells. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#byName.get(name) ?? []) {
      try {
        listener(event as never)
      } catch (error) {
        this.#logger.error('a listener failed', { event: String(name), error })
      }
    }
  }
}
