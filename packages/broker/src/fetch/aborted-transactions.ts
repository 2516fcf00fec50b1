/** For read_committed: the aborted transactions that overlap what is returned of each partition. */
import type { AbortedTransaction } from '@ottla/log'
import type { TargetResult } from './read-targets.ts'

export type AbortedByTarget = ReadonlyMap<TargetResult, readonly AbortedTransaction[]>

const NONE: readonly AbortedTransaction[] = []

/** Empty lists where nothing is returned; synchronous when that is so everywhere. */
export function abortedTransactions(results: readonly TargetResult[]): AbortedByTarget | Promise<AbortedByTarget> {
  const byTarget = new Map<TargetResult, readonly AbortedTransaction[]>()
  const lookups: Promise<void>[] = []
  for (const result of results) {
    const { records, target } = result
    byTarget.set(result, NONE)
    if (records === null || records.sizeBytes === 0 || target.replica === undefined) continue
    const lookup = target.replica.log.abortedTransactions(records.firstOffset, records.nextOffset)
    lookups.push(
      lookup.then(
        (aborted) => void byTarget.set(result, aborted),
        () => forget(result),
      ),
    )
  }
  return lookups.length === 0 ? byTarget : Promise.all(lookups).then(() => byTarget)
}

/** Records whose aborted transactions cannot be told are not returned. */
function forget(result: TargetResult): void {
  result.records?.release()
  result.records = null
}
