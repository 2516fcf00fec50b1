/** For read_committed: the aborted transactions that overlap what is returned of each partition. */
import type { AbortedTransaction } from '@ottla/log'
import type { TargetResult } from './read-targets.ts'

const NONE: readonly AbortedTransaction[] = []

/** Notes them in each result; empty lists where nothing is returned. Null when that could be done at once. */
export function noteAbortedTransactions(results: readonly TargetResult[]): Promise<unknown> | null {
  let lookups: Promise<void>[] | null = null
  for (const result of results) {
    const { records, target } = result
    result.aborted = NONE
    if (records === null || records.sizeBytes === 0 || target.replica === undefined) continue
    const aborted = target.replica.log.abortedTransactions(records.firstOffset, records.nextOffset)
    if (aborted instanceof Promise) (lookups ??= []).push(noteLate(result, aborted))
    else result.aborted = aborted
  }
  return lookups === null ? null : Promise.all(lookups)
}

function noteLate(result: TargetResult, lookup: Promise<readonly AbortedTransaction[]>): Promise<void> {
  return lookup.then(
    (aborted) => {
      result.aborted = aborted
    },
    () => {
      // Records whose aborted transactions cannot be told are not returned.
      result.records?.release()
      result.records = null
    },
  )
}
