/**
 * Cuts a log at an offset, for a follower whose leader has another history. The caller has stopped appends and writes.
 *
 * The order matters for a crash in the middle: first the recovery point is lowered, then later segments go, newest first,
 * then the file is cut and synced; so the log that is found is a prefix at every moment.
 */
import { nextOffset, sizeInBytes } from '@ottla/protocol'
import { removeIfPresent } from './index/index-files.ts'
import { LogError } from './log-error.ts'
import type { LogState } from './log-state.ts'
import { listSnapshots } from './open/folder-scan.ts'
import { newSegmentOptions } from './open/open-log.ts'
import { loadProducers } from './open/producer-replay.ts'
import { loadIndexes } from './open/rebuild.ts'
import { scanBatches } from './segment/batch-scan.ts'
import { fileName, SNAPSHOT_SUFFIX } from './segment/file-names.ts'
import { Segment } from './segment/segment.ts'
import type { SegmentRemoval } from './segment/segment-removal.ts'

export interface TruncationSteps {
  readonly removal: SegmentRemoval
  /** The ends are the new ones; memory that holds what was cut is dropped. Called before files are touched. */
  readonly cut: () => void
  readonly lowerRecoveryPoint: (offset: number) => Promise<void>
  readonly recordLogStart: (offset: number) => Promise<void>
}

/** Cuts everything at and above `offset`; a batch that holds it goes as a whole. */
export async function truncateLog(state: LogState, offset: number, steps: TruncationSteps): Promise<void> {
  const index = state.segments.indexOf(offset)
  if (index < 0) return truncateFully(state, offset, steps)
  const segment = state.segments.at(index)
  const place = await findCut(state, segment, offset)
  const indexes = segment.indexes ?? (await indexesOf(state, segment))
  // A batch that the log start lies in goes as well; the log does not end below its start.
  const end = Math.max(place.end, state.logStartOffset)
  setEnds(state, end)
  steps.cut()
  await steps.lowerRecoveryPoint(end)
  const { openFiles, env } = state.resources
  for (const later of state.segments.removeFrom(index + 1).reverse()) {
    steps.removal.remove(later)
    await env.files.syncDirectory(state.path)
  }
  state.resources.indexes.forget(segment.logPath)
  indexes.truncateTo(end)
  const from = indexes.offset.last?.position ?? 0
  segment.restartAt(from, indexes)
  segment.state = 'active'
  if (segment.isCreated) {
    const file = openFiles.take(segment.logPath, 'r+')
    try {
      file.handle.truncateSync(place.position)
      await noteFrom(state, segment, from, place.position)
      await file.handle.dataSync()
    } finally {
      openFiles.giveBack(file)
    }
  }
  segment.setSize(place.position)
  state.epochs.truncateFromEnd(end)
  await reloadProducers(state, end)
}

/** Empties the log; it begins anew at `offset`. */
export async function truncateFully(state: LogState, offset: number, steps: TruncationSteps): Promise<void> {
  const removed = state.segments.removeFrom(0)
  state.segments.add(Segment.create(newSegmentOptions(state, offset)))
  setEnds(state, offset)
  state.logStartOffset = offset
  steps.cut()
  await steps.lowerRecoveryPoint(offset)
  await steps.recordLogStart(offset)
  for (const segment of removed.reverse()) steps.removal.remove(segment)
  await state.resources.env.files.syncDirectory(state.path)
  state.epochs.clear()
  state.producers.clear()
  await dropSnapshots(state, -1)
}

function setEnds(state: LogState, end: number): void {
  state.logEndOffset = end
  state.writtenEnd = end
  state.syncedEnd = Math.min(state.syncedEnd, end)
  state.fileSyncedEnd = Math.min(state.fileSyncedEnd, end)
  state.highWatermark = Math.min(state.highWatermark, end)
  state.generation++
}

/**
 * Where the first batch begins that reaches to or above `offset`, and where the batches before it end. That is where the log
 * will end: a restart finds no other end than that of a batch.
 */
async function findCut(state: LogState, segment: Segment, offset: number): Promise<{ position: number; end: number }> {
  const place = { position: 0, end: segment.baseOffset }
  if (segment.writtenBytes === 0) return place
  const { openFiles } = state.resources
  const indexes = segment.indexes ?? (await indexesOf(state, segment))
  // An entry names the last offset of its batch: that of one below `offset` is kept.
  const from = indexes.offset.floor(offset - 1).position
  const file = openFiles.take(segment.logPath, 'r')
  try {
    const range = { from, to: segment.writtenBytes, minOffset: segment.baseOffset, checksums: 'trust' as const }
    const result = await scanBatches(file.handle, range, (buf, pos, position) => {
      if (nextOffset(buf, pos) > offset) return false
      place.position = position + sizeInBytes(buf, pos)
      place.end = nextOffset(buf, pos)
      return true
    })
    if (result.fault !== null) {
      throw new LogError('CORRUPT', `${segment.logPath} is damaged at ${result.position}: ${result.fault}`)
    }
  } finally {
    openFiles.giveBack(file)
  }
  return place
}

async function noteFrom(state: LogState, segment: Segment, from: number, to: number): Promise<void> {
  const { openFiles } = state.resources
  const file = openFiles.take(segment.logPath, 'r')
  try {
    const range = { from, to, minOffset: segment.baseOffset, checksums: 'trust' as const }
    await scanBatches(file.handle, range, (buf, pos) => {
      segment.noteBatch(buf, pos, state.config.indexIntervalBytes)
    })
  } finally {
    openFiles.giveBack(file)
  }
}

async function indexesOf(state: LogState, segment: Segment): ReturnType<typeof loadIndexes> {
  const snapshots = await listSnapshots(state.resources.env.files, state.path)
  return state.resources.indexes.load(segment.logPath, () => loadIndexes(state, segment, snapshots))
}

async function reloadProducers(state: LogState, end: number): Promise<void> {
  await dropSnapshots(state, end)
  const snapshots = await listSnapshots(state.resources.env.files, state.path)
  await loadProducers(state, state.producers, end, snapshots)
}

/** Snapshots above `end` hold producers of what was cut. None may come back once there are other records at their offsets. */
async function dropSnapshots(state: LogState, end: number): Promise<void> {
  const { files } = state.resources.env
  for (const offset of await listSnapshots(files, state.path)) {
    if (offset > end) await removeIfPresent(files, `${state.path}/${fileName(offset, SNAPSHOT_SUFFIX)}`)
  }
  await files.syncDirectory(state.path)
}
