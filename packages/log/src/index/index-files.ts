/** Reads and writes the index files of one segment. */
import type { FileSystem } from '@ottla/env'
import { isMissing } from '../io-error.ts'
import type { Segment } from '../segment/segment.ts'
import { OffsetIndex } from './offset-index.ts'
import { SegmentIndexes } from './segment-indexes.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** Null when one is missing or cannot be right: then they are rebuilt from the segment. */
export async function readIndexes(files: FileSystem, segment: Segment): Promise<SegmentIndexes | null> {
  const [offsets, times, transactions] = await Promise.all([
    readIfPresent(files, segment.offsetIndexPath),
    readIfPresent(files, segment.timeIndexPath),
    readIfPresent(files, segment.transactionIndexPath),
  ])
  if (offsets === null || times === null) return null
  const offset = OffsetIndex.parse(segment.baseOffset, offsets, segment.writtenBytes)
  const time = TimeIndex.parse(segment.baseOffset, times)
  // Without aborted transactions there is no file.
  const transaction = TransactionIndex.parse(segment.baseOffset, transactions ?? Buffer.alloc(0))
  if (offset === null || time === null || transaction === null) return null
  return new SegmentIndexes(offset, time, transaction)
}

/** Writes the files; returns their paths. Not synced. */
export async function writeIndexes(
  files: FileSystem,
  segment: Segment,
  indexes: SegmentIndexes,
): Promise<readonly string[]> {
  const paths = [segment.offsetIndexPath, segment.timeIndexPath]
  await files.writeFile(segment.offsetIndexPath, Buffer.from(indexes.offset.content()))
  await files.writeFile(segment.timeIndexPath, Buffer.from(indexes.time.content()))
  if (indexes.transaction.count > 0) {
    await files.writeFile(segment.transactionIndexPath, Buffer.from(indexes.transaction.content()))
    paths.push(segment.transactionIndexPath)
  } else await removeIfPresent(files, segment.transactionIndexPath)
  return paths
}

export async function removeIfPresent(files: FileSystem, path: string): Promise<void> {
  try {
    await files.unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

export async function readIfPresent(files: FileSystem, path: string): Promise<Buffer | null> {
  try {
    return await files.readFile(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
