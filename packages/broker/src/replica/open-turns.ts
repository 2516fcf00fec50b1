/**
 * Lets logs be opened so many at a time. A request may name ten thousand partitions: opened all at once they would take each step together, and hold
 * the loop for as long as ten thousand of it take. Topics have turns, so that who needs one log of another topic does not wait for them all.
 */
import { Deque } from '@ottla/stdx'

/** More than there are threads for files, so that these are kept busy; the same step of so many is some milliseconds. */
const AT_ONCE = 32

export class OpenTurns {
  /** By topic; the first has the next turn. */
  readonly #waiting = new Map<string, Deque<() => void>>()
  #running = 0

  /** Runs `work`, which handles its own failures, when it is the topic's turn. */
  async run(topic: string, work: () => Promise<void>): Promise<void> {
    if (this.#running < AT_ONCE) this.#running++
    else await this.#turn(topic)
    try {
      await work()
    } finally {
      const next = this.#next()
      if (next === undefined) this.#running--
      else next()
    }
  }

  #turn(topic: string): Promise<void> {
    return new Promise((resolve) => {
      let queue = this.#waiting.get(topic)
      if (queue === undefined) this.#waiting.set(topic, (queue = new Deque()))
      queue.pushBack(resolve)
    })
  }

  /** The place goes from one to the other. */
  #next(): (() => void) | undefined {
    for (const [topic, queue] of this.#waiting) {
      const next = queue.popFront()
      this.#waiting.delete(topic)
      if (queue.size > 0) this.#waiting.set(topic, queue)
      return next
    }
    return undefined
  }
}
