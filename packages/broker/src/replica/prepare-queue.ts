/**
 * Has the logs of new partitions made, some at a time. All at once, ten thousand would hold twice the memory that they need in the
 * end, and everything else would wait behind them for the threads of the file system. One that somebody asks for is made beside them.
 */
import { Deque } from '@ottla/stdx'

/** What is prepared: a replica. */
export interface Preparable {
  readonly isReady: boolean
  readonly isStopped: boolean
  /** Has the log opened, and calls back when it is or never will be. */
  whenReady(fn: () => void): void
}

/** Keeps the threads of the file system busy, and leaves the queue in front of them short. */
const AT_ONCE = 8

export class PrepareQueue {
  readonly #waiting = new Deque<Iterator<Preparable>>()
  #running = 0
  #isClosed = false

  /** Each is asked for when it is its turn. */
  add(replicas: Iterable<Preparable>): void {
    this.#waiting.pushBack(replicas[Symbol.iterator]())
    this.#fill()
  }

  /** What has not begun never will. */
  close(): void {
    this.#isClosed = true
  }

  #fill(): void {
    while (!this.#isClosed && this.#running < AT_ONCE) {
      const next = this.#next()
      if (next === undefined) return
      if (next.isReady || next.isStopped) continue
      this.#running++
      next.whenReady(this.#done)
    }
  }

  #next(): Preparable | undefined {
    for (let first = this.#waiting.peekFront(); first !== undefined; first = this.#waiting.peekFront()) {
      const { done, value } = first.next()
      if (done !== true) return value
      this.#waiting.popFront()
    }
    return undefined
  }

  readonly #done = (): void => {
    this.#running--
    this.#fill()
  }
}
