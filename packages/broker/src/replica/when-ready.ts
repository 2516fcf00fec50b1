import type { Replica } from './replica.ts'

/** Resolves when the replica's log is open, or will never be. Not for appends: they need the order of `Replica.whenReady`. */
export function whenReady(replica: Replica): Promise<void> {
  return new Promise((resolve) => {
    replica.whenReady(resolve)
  })
}
