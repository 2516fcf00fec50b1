import type { Clock } from '../clock.ts'

/** The machine's clocks. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
