/**
 * Puts a cleaned segment in the place of those that it was made of. At every moment a crash leaves either the old segments, or the new
 * one complete and a name that says so:
 *
 *   1. the new files, synced, are renamed from .cleaned to .swap, the log file last; the folder is synced. From here on the next
 *      opening finishes the exchange (see tidyFolder).
 *   2. in one turn: the log uses the new segment; the old ones behind the first, and the indexes of the first, are renamed to .deleted.
 *      The folder is synced: none of them may come back once nothing says any more that they were replaced.
 *   3. in one turn: the new files take the names of the first old segment, the log file last.
 *
 * A read that has a file open goes on in it; others begin anew.
 */
import type { FileSystem } from '@ottla/env'
import { removeIfPresent } from '../index/index-files.ts'
import type { LogEngine } from '../log-engine.ts'
import { DELETED_SUFFIX, SWAP_SUFFIX } from '../segment/file-names.ts'
import type { Segment } from '../segment/segment.ts'
import { renameIfPresent } from '../segment/segment-removal.ts'

export interface Swap {
  readonly replaced: readonly Segment[]
  readonly cleaned: Segment
  /** Throws when the cleaning was called off. */
  readonly check: () => void
}

/** Step 1. */
export async function offerSwap(engine: LogEngine, { replaced, cleaned, check }: Swap): Promise<void> {
  const { env, folders } = engine.state.resources
  // Nothing of what is replaced may be written into what replaces it.
  await engine.syncer.leaveJournal(endOf(engine, replaced))
  check()
  rename(env.files, cleaned, SWAP_SUFFIX)
  await folders.sync(engine.state.path)
}

/** Steps 2 and 3. False when the old segments are no longer what the log has: nothing has changed then. */
export async function completeSwap(engine: LogEngine, swap: Swap): Promise<boolean> {
  const { state } = engine
  const { replaced, cleaned } = swap
  if (state.failure !== null || state.isClosed || !replaced.every((segment) => state.isCurrent(segment))) return false
  replaceInMemory(engine, swap)
  const { env, folders } = state.resources
  const [first, ...others] = replaced as [Segment, ...Segment[]]
  for (const segment of others) engine.removal.remove(segment)
  const stale = indexPathsOf(first).filter((path) => renameIfPresent(env.files, path))
  await folders.sync(state.path)
  const offeredPath = cleaned.logPath
  rename(env.files, cleaned, '')
  const { openFiles, indexes } = state.resources
  openFiles.forget(offeredPath)
  indexes.forget(offeredPath)
  // Who still held the first old segment may have opened it again meanwhile.
  openFiles.forget(cleaned.logPath)
  indexes.set(cleaned.logPath, cleaned.indexes!)
  cleaned.indexes = null
  engine.reader.forget()
  for (const path of stale) await removeIfPresent(env.files, path + DELETED_SUFFIX)
  engine.syncer.noteFolder(state.path)
  return true
}

/** Takes away what was written and is not wanted. */
export async function discard(engine: LogEngine, cleaned: Segment): Promise<void> {
  const { env } = engine.state.resources
  for (const path of [...indexPathsOf(cleaned), cleaned.logPath]) await removeIfPresent(env.files, path)
}

/** Where the segment behind those that are replaced begins. */
function endOf({ state }: LogEngine, replaced: readonly Segment[]): number {
  return state.segments.after(replaced.at(-1)!)?.baseOffset ?? state.logEndOffset
}

function replaceInMemory(engine: LogEngine, { replaced, cleaned }: Swap): void {
  const { state, tail, reader } = engine
  const { openFiles, indexes } = state.resources
  const end = endOf(engine, replaced)
  state.segments.replace(replaced.length, cleaned)
  state.swaps++
  for (const segment of replaced) {
    segment.isRemoved = true
    openFiles.forget(segment.logPath)
    indexes.forget(segment.logPath)
  }
  tail.dropBefore(end)
  reader.forget()
}

function indexPathsOf(segment: Segment): string[] {
  return [segment.offsetIndexPath, segment.timeIndexPath, segment.transactionIndexPath]
}

/** The log file last: without it the others say nothing. */
function rename(files: FileSystem, segment: Segment, suffix: string): void {
  const hasAborted = (segment.indexes?.transaction.count ?? 0) > 0
  const paths = (): string[] => [
    segment.offsetIndexPath,
    segment.timeIndexPath,
    ...(hasAborted ? [segment.transactionIndexPath] : []),
    segment.logPath,
  ]
  const from = paths()
  segment.nameAs(suffix)
  for (const [i, to] of paths().entries()) files.renameSync(from[i]!, to)
}
