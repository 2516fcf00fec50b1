import { Heap, type Prng } from '@ottla/stdx'
import type { Process } from './process.ts'

/** Something that will happen at a point of virtual time. */
export interface SimEvent {
  at: number
  /** Orders events of the same time; drawn from the seed, so that code cannot rely on any order that is not promised. */
  readonly tiebreak: number
  readonly sequence: number
  /** What happens, for the trace. */
  readonly label: string
  /** Whose event it is: it is skipped when that process is dead. Null: the world's. */
  readonly process: Process | null
  readonly run: () => void
  isCancelled: boolean
}

/** What will happen, ordered by virtual time and a seeded tiebreak. */
export class EventQueue {
  readonly #heap = new Heap<SimEvent>(inOrder)
  readonly #random: Prng
  #sequence = 0

  constructor(random: Prng) {
    this.#random = random
  }

  /** Events that wait, those that were cancelled included. */
  get size(): number {
    return this.#heap.size
  }

  add(event: Pick<SimEvent, 'at' | 'label' | 'process' | 'run'>): SimEvent {
    const added = {
      at: onGrid(event.at),
      tiebreak: this.#random.uint32(),
      sequence: this.#sequence++,
      label: event.label,
      process: event.process,
      run: event.run,
      isCancelled: false,
    }
    this.#heap.push(added)
    return added
  }

  /** The same event at another time; its place among those of that time stays. */
  postpone(event: SimEvent, at: number): void {
    event.at = at
    this.#heap.push(event)
  }

  /** Takes the next event out, cancelled or not; undefined when nothing waits. */
  next(): SimEvent | undefined {
    return this.#heap.pop()
  }
}

/**
 * Times are multiples of 1/1024 ms: so sums and differences of them are exact, and who waits for a delay and then looks at the
 * clock finds that it has passed. With a rounding error between the two he would wait again for next to nothing, for ever.
 */
export function onGrid(ms: number): number {
  return Math.ceil(ms * TICKS_PER_MS) / TICKS_PER_MS
}

const TICKS_PER_MS = 1024

function inOrder(a: SimEvent, b: SimEvent): number {
  return a.at - b.at || a.tiebreak - b.tiebreak || a.sequence - b.sequence
}
