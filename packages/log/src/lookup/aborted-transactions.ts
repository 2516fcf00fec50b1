/**
 * The aborted transactions of a range. Their markers may lie in any later segment, so all of them are looked at: of closed ones it is
 * remembered which hold none, or each read of old records would load the indexes of all that came after.
 */
import type { FileSystem } from '@ottla/env'
import type { SegmentIndexes } from '../index/segment-indexes.ts'
import type { LogState } from '../log-state.ts'
import type { Segment } from '../segment/segment.ts'
import type { AbortedTransaction } from '../types.ts'
import type { IndexSource } from './time-lookup.ts'
import { undisturbed } from './undisturbed.ts'

/** Those that overlap [from, upTo), in the order of their markers; at once when what is needed is in memory. */
export function abortedTransactions(
  state: LogState,
  source: IndexSource,
  from: number,
  upTo: number,
): AbortedTransaction[] | Promise<AbortedTransaction[]> {
  const step = collecting(state, from, upTo).next()
  if (step.done === true) return step.value
  return undisturbed(state, async () => {
    const walk = collecting(state, from, upTo)
    let step = walk.next()
    while (step.done !== true) step = walk.next(await indexesOf(state, source, step.value))
    return step.value
  })
}

/** Asks for the indexes of a segment that are not in memory. */
function* collecting(
  state: LogState,
  from: number,
  upTo: number,
): Generator<Segment, AbortedTransaction[], SegmentIndexes | null> {
  const found: AbortedTransaction[] = []
  for (let segment = firstOf(state, from); segment !== undefined; segment = state.segments.after(segment)) {
    const isFree = segment.indexes === null && segment.isFreeOfAborts
    const indexes = segment.indexes ?? (isFree ? null : yield segment)
    if (indexes?.transaction.collect(from, upTo, found)) break
  }
  return found
}

/** Null: there are no aborted transactions in the segment. */
async function indexesOf(state: LogState, source: IndexSource, segment: Segment): Promise<SegmentIndexes | null> {
  if (await looksFreeOfAborts(state, segment)) return null
  return segment.indexes ?? (await source.loadIndexes(segment))
}

function firstOf(state: LogState, offset: number): Segment | undefined {
  return state.segments.floor(offset) ?? state.segments.first
}

async function looksFreeOfAborts(state: LogState, segment: Segment): Promise<boolean> {
  if (segment.state !== 'closed') return false
  const isFree = await hasNoTransactionIndex(state.resources.env.files, segment)
  // It may have become the last one meanwhile, by a cut.
  if (isFree && segment.indexes === null) segment.isFreeOfAborts = true
  return segment.isFreeOfAborts
}

/** Without aborted transactions there is no such file. When the others are missing too, all of them will be made anew. */
async function hasNoTransactionIndex(files: FileSystem, segment: Segment): Promise<boolean> {
  const [transactions, offsets, times] = await Promise.all([
    files.stat(segment.transactionIndexPath),
    files.stat(segment.offsetIndexPath),
    files.stat(segment.timeIndexPath),
  ])
  return offsets !== null && times !== null && (transactions === null || transactions.sizeBytes === 0)
}
