import type { LogState } from '../log-state.ts'
import type { Segment } from '../segment/segment.ts'
import type { AbortedTransaction } from '../types.ts'
import type { IndexSource } from './time-lookup.ts'

/** Those that overlap [from, upTo), in the order of their markers. */
export async function abortedTransactions(
  state: LogState,
  source: IndexSource,
  from: number,
  upTo: number,
): Promise<AbortedTransaction[]> {
  const found: AbortedTransaction[] = []
  let segment: Segment | undefined = state.segments.floor(from) ?? state.segments.first
  while (segment !== undefined) {
    const indexes = segment.indexes ?? (await source.loadIndexes(segment))
    if (indexes.transaction.collect(from, upTo, found)) break
    segment = state.segments.after(segment)
  }
  return found
}
