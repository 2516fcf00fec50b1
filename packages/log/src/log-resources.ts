/**
 * What all logs of one process share: the world, and the bounds that hold for all of them together.
 */
import type { Env } from '@ottla/env'

export interface LogLimits {
  /** Bytes of recently written batches kept in memory for reads. */
  readonly tailBytes: number
  /** Open file handles of segments. */
  readonly openFiles: number
  /** Syncs that run at the same time; the rest of the I/O threads stay free for reads. */
  readonly concurrentSyncs: number
}

export const DEFAULT_LOG_LIMITS: LogLimits = Object.freeze({
  tailBytes: 64 << 20,
  openFiles: 4096,
  concurrentSyncs: 2,
})

export interface LogResources {
  readonly env: Env
  readonly limits: LogLimits
}

export function createLogResources(env: Env, limits: Partial<LogLimits> = {}): LogResources {
  return { env, limits: { ...DEFAULT_LOG_LIMITS, ...limits } }
}
