/**
 * Turns of the loadings of one world: many partitions are loaded at once, and together they hold the event loop no longer than one
 * of them would.
 */
import type { RuntimeClock, RuntimeTimers } from './ports.ts'

/** The loop is not held longer than this in one go. */
const SLICE_MS = 4

export interface LoadWorld {
  readonly clock: RuntimeClock
  readonly timers: RuntimeTimers
}

export class LoadTurns {
  static readonly #ofTimers = new WeakMap<RuntimeTimers, LoadTurns>()
  readonly #world: LoadWorld
  readonly #waiting: (() => void)[] = []
  #isScheduled = false
  #sliceMs = Number.NEGATIVE_INFINITY

  private constructor(world: LoadWorld) {
    this.#world = world
  }

  /** The turns that all who have these timers share. */
  static of(world: LoadWorld): LoadTurns {
    let turns = LoadTurns.#ofTimers.get(world.timers)
    if (turns === undefined) LoadTurns.#ofTimers.set(world.timers, (turns = new LoadTurns(world)))
    return turns
  }

  /** Whether whoever loads has to wait for a turn now. */
  get isOver(): boolean {
    return this.#world.clock.monotonic() - this.#sliceMs >= SLICE_MS
  }

  /** Resolves when it is the caller's turn, in the order of the calls; the loop has done other work then. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#world.timers.after(0, () => {
      this.#isScheduled = false
      this.#sliceMs = this.#world.clock.monotonic()
      this.#waiting.shift()?.()
      if (this.#waiting.length > 0) this.#schedule()
    })
  }
}
