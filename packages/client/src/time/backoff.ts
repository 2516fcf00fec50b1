/** Exponential back-off with jitter, as all Kafka clients have it (KIP-580). */
import type { Random } from '@ottla/env'

export interface BackoffOptions {
  /** Wait after the first failure, in milliseconds. */
  readonly initialMs: number
  /** The wait grows up to this. */
  readonly maxMs: number
}

const FACTOR = 2
/** The wait is drawn from 20 % around the computed one, so that clients that failed together do not come back together. */
const JITTER = 0.2
const STEPS = 2 ** 20

/** The wait in milliseconds after the failure number `failures` (1 is the first). */
export function backoffMs(random: Random, options: BackoffOptions, failures: number): number {
  const exponential = options.initialMs * FACTOR ** Math.min(failures - 1, 30)
  const base = Math.min(exponential, options.maxMs)
  const spread = (random.below(STEPS) / STEPS) * 2 - 1
  return Math.max(0, base * (1 + spread * JITTER))
}
