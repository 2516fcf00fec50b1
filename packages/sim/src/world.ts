import type { Prng } from '@ottla/stdx'
import type { EventQueue, SimEvent } from './event-queue.ts'
import type { Trace } from './trace.ts'

/** What all parts of a simulation share. */
export interface World {
  /** Virtual milliseconds since the simulation began. */
  readonly now: number
  /** Draws of the world itself: order, latencies, splits. */
  readonly random: Prng
  readonly trace: Trace
  schedule(event: Parameters<EventQueue['add']>[0]): SimEvent
}
