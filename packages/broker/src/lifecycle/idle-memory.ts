/** What a burst leaves in memory goes back when it is over: old batches of the tail, what was read ahead for nobody, free slabs. */
import type { Env } from '@ottla/env'
import type { LogResources } from '@ottla/log'

/** What lies for longer than one to two of these is old. */
export const IDLE_MEMORY_PERIOD_MS = 4000
/** Batches given up in one go: about half a millisecond. */
const BATCHES_PER_TURN = 1000

export async function releaseIdleMemory(env: Env, { tail, pieces, slabs }: LogResources): Promise<void> {
  pieces.dropAbandoned()
  tail.turn()
  while (tail.evictOld(BATCHES_PER_TURN)) await new Promise<void>((resolve) => env.timers.after(0, resolve))
  slabs.trim()
}
