/** Finds records by time (ListOffsets). Only batches that are written are looked at; the caller holds the answer against what is visible. */
import { lastOffset, maxTimestamp, partitionLeaderEpoch, RecordCursor, sizeInBytes } from '@ottla/protocol'
import type { SegmentIndexes } from '../index/segment-indexes.ts'
import { LogError } from '../log-error.ts'
import type { LogState } from '../log-state.ts'
import type { OpenFile } from '../open-files.ts'
import { readFully } from '../read/read-fully.ts'
import { scanBatches } from '../segment/batch-scan.ts'
import { noteMaxTimestamp } from '../segment/max-timestamp.ts'
import type { Segment } from '../segment/segment.ts'
import type { OffsetAndTimestamp } from '../types.ts'

/** Where the indexes of a closed segment come from. */
export interface IndexSource {
  loadIndexes(segment: Segment): Promise<SegmentIndexes>
}

const NO_SUCH_RECORD: OffsetAndTimestamp = Object.freeze({ offset: -1, timestampMs: -1, leaderEpoch: -1 })

/** The first record at or after the log start with a timestamp ≥ `timestampMs`. */
export async function offsetForTimestamp(
  state: LogState,
  source: IndexSource,
  timestampMs: number,
): Promise<OffsetAndTimestamp> {
  const from = state.logStartOffset
  for (const segment of [...state.segments.values()]) {
    await findMaxTimestamp(state, source, segment)
    if ((segment.maxTimestampMs ?? -1) < timestampMs || segment.isRemoved) continue
    const indexes = segment.indexes ?? (await source.loadIndexes(segment))
    const { position } = indexes.offset.floor(Math.max(indexes.time.floor(timestampMs).offset, from))
    const isWanted = (batch: Buffer, pos: number): boolean =>
      maxTimestamp(batch, pos) >= timestampMs && lastOffset(batch, pos) >= from
    const found = await findRecord(state, segment, { position, isWanted }, (cursor) => {
      return cursor.timestamp >= timestampMs && cursor.offset >= from
    })
    if (found !== null) return found
  }
  return NO_SUCH_RECORD
}

/** The first record that has the largest timestamp. */
export async function offsetOfMaxTimestamp(state: LogState, source: IndexSource): Promise<OffsetAndTimestamp> {
  let latest: Segment | null = null
  let largestMs = -1
  for (const segment of [...state.segments.values()]) {
    await findMaxTimestamp(state, source, segment)
    if (segment.isRemoved || (segment.maxTimestampMs ?? -1) <= largestMs) continue
    latest = segment
    largestMs = segment.maxTimestampMs ?? -1
  }
  if (latest === null) return NO_SUCH_RECORD
  const indexes = latest.indexes ?? (await source.loadIndexes(latest))
  const { position } = indexes.offset.floor(latest.maxTimestampOffset)
  const isWanted = (batch: Buffer, pos: number): boolean => maxTimestamp(batch, pos) === largestMs
  const isIt = (cursor: RecordCursor): boolean => cursor.timestamp === largestMs
  return (await findRecord(state, latest, { position, isWanted }, isIt)) ?? NO_SUCH_RECORD
}

/** From the time index, rebuilt if its file cannot be right. */
async function findMaxTimestamp(state: LogState, source: IndexSource, segment: Segment): Promise<void> {
  await noteMaxTimestamp(state.resources.openFiles, segment)
  if (segment.maxTimestampMs !== undefined || segment.isRemoved) return
  const { last } = (await source.loadIndexes(segment)).time
  segment.maxTimestampMs = last?.timestampMs ?? -1
  segment.maxTimestampOffset = last?.offset ?? segment.baseOffset
}

interface BatchSearch {
  readonly position: number
  readonly isWanted: (buf: Buffer, pos: number) => boolean
}

/** The first record that `isIt`, in the batches that are wanted, from a position on. */
async function findRecord(
  state: LogState,
  segment: Segment,
  search: BatchSearch,
  isIt: (cursor: RecordCursor) => boolean,
): Promise<OffsetAndTimestamp | null> {
  const { openFiles } = state.resources
  const file = openFiles.take(segment.logPath, 'r')
  try {
    let { position } = search
    while (position < segment.writtenBytes) {
      let batch: { position: number; size: number } | null = null
      const range = { from: position, to: segment.writtenBytes, minOffset: 0, checksums: 'trust' as const }
      const result = await scanBatches(file.handle, range, (buf, pos, at) => {
        if (!search.isWanted(buf, pos)) return true
        batch = { position: at, size: sizeInBytes(buf, pos) }
        return false
      })
      if (result.fault !== null) {
        throw new LogError('CORRUPT', `${segment.logPath} is damaged at ${result.position}: ${result.fault}`)
      }
      if (batch === null) return null
      const found = await recordIn(file, batch, isIt)
      if (found !== null) return found
      position = result.position
    }
    return null
  } finally {
    openFiles.giveBack(file)
  }
}

async function recordIn(
  file: OpenFile,
  batch: { position: number; size: number },
  isIt: (cursor: RecordCursor) => boolean,
): Promise<OffsetAndTimestamp | null> {
  const bytes = Buffer.allocUnsafe(batch.size)
  if ((await readFully(file.handle, bytes, batch.position)) < batch.size) return null
  const cursor = new RecordCursor(bytes, 0)
  while (cursor.next()) {
    if (!isIt(cursor)) continue
    return { offset: cursor.offset, timestampMs: cursor.timestamp, leaderEpoch: partitionLeaderEpoch(bytes, 0) }
  }
  return null
}
