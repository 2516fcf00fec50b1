/** Seeds that once failed, and what they had found. */
import type { Promised } from '../crash/crash-plan.ts'

export const TRANSACTION_SEEDS: readonly {
  readonly promised: Promised
  readonly seed: string
  readonly found: string
}[] = []
