/** Brings the state of a log back from its folder. */
import { HEADER_BYTES, lastOffset, maxTimestamp } from '@ottla/protocol'
import { EPOCH_CHECKPOINT, parseEpochCheckpoint } from '../epoch/epoch-checkpoint.ts'
import { LeaderEpochs } from '../epoch/leader-epochs.ts'
import { makeFolder, parentOf } from '../folder-syncs.ts'
import { readIfPresent, readIndexes, removeIfPresent } from '../index/index-files.ts'
import { SegmentIndexes } from '../index/segment-indexes.ts'
import { LogError } from '../log-error.ts'
import { LogState } from '../log-state.ts'
import { scanBatches } from '../segment/batch-scan.ts'
import { fileName, OFFSET_INDEX_SUFFIX, SNAPSHOT_SUFFIX, TIME_INDEX_SUFFIX } from '../segment/file-names.ts'
import { Segment, type SegmentOptions } from '../segment/segment.ts'
import type { OpenLogOptions } from '../types.ts'
import { type FolderContent, tidyFolder } from './folder-scan.ts'
import { loadProducers } from './producer-replay.ts'
import { loadIndexes, rebuildEpochs } from './rebuild.ts'
import { recoverSegments, removeSegmentFiles } from './recovery.ts'

export interface OpenedLog {
  readonly state: LogState
  /** The folder was made: its name in the folder above needs a sync. */
  readonly isNew: boolean
  /** It was not opened as a clean stop leaves it: what is derived is in memory, its files are stale. */
  readonly isRecovered: boolean
  /** What is in leader-epoch-checkpoint is not what the state says. */
  readonly areEpochsStale: boolean
}

const NOTHING: FolderContent = { segments: [], snapshots: [], names: new Set() }

export async function openLogState(options: OpenLogOptions): Promise<OpenedLog> {
  const { env } = options.resources
  const isNew = (await env.files.stat(options.path)) === null
  if (isNew) {
    // Its own name is synced with the first data.
    if ((await env.files.stat(parentOf(options.path))) === null) await makeFolder(env.files, parentOf(options.path))
    await env.files.makeDirectory(options.path)
  }
  // What was made just now is empty.
  const content = isNew ? NOTHING : await tidyFolder(env.files, options.path)
  const stored = isNew ? [] : await readEpochs(options)
  const state = new LogState({ ...options, epochs: new LeaderEpochs(stored ?? []) })
  for (const baseOffset of content.segments) await addFound(state, baseOffset)
  const logStart = options.logStartOffset ?? 0
  const known = Math.max(options.recoveryPoint, options.committedOffset ?? 0)
  // What lies below the log start need not be there.
  const committed = known > logStart ? known : 0
  await removeBelow(state, logStart)
  let isRecovered = false
  if (content.segments.length === 0) startEmpty(state, options, { committed, logStart })
  else if (options.cleanShutdown && (await openActive(state, content, committed))) await rebuildMissing(state, content)
  else {
    isRecovered = true
    await recover(state, options, content, committed)
  }
  if (state.logEndOffset < logStart) await restartAt(state, logStart)
  state.logStartOffset = Math.max(logStart, state.segments.first.baseOffset)
  state.writtenEnd = state.logEndOffset
  state.syncedEnd = state.logEndOffset
  state.fileSyncedEnd = state.logEndOffset
  state.highWatermark = state.logStartOffset
  if (stored === null && state.segments.first.writtenBytes > 0) await rebuildEpochs(state)
  state.epochs.truncateFromEnd(state.logEndOffset)
  state.epochs.truncateFromStart(state.logStartOffset)
  return { state, isNew, isRecovered, areEpochsStale: !isNew && state.epochs.entries !== stored }
}

export function newSegmentOptions(state: LogState, baseOffset: number): SegmentOptions {
  const { clock, random } = state.resources.env
  const jitterMs = Math.min(state.config.segmentJitterMs, state.config.segmentMs, 2 ** 32 - 1)
  const rollJitterMs = jitterMs > 0 ? random.below(jitterMs) : 0
  return { folder: state.path, baseOffset, createdMs: clock.now(), rollJitterMs }
}

async function readEpochs(options: OpenLogOptions): Promise<ReturnType<typeof parseEpochCheckpoint>> {
  const content = await readIfPresent(options.resources.env.files, `${options.path}/${EPOCH_CHECKPOINT}`)
  return content === null ? null : parseEpochCheckpoint(content)
}

async function addFound(state: LogState, baseOffset: number): Promise<void> {
  const segmentOptions = newSegmentOptions(state, baseOffset)
  const path = new Segment(segmentOptions).logPath
  const stat = await state.resources.env.files.stat(path)
  state.segments.add(Segment.found(segmentOptions, stat?.sizeBytes ?? 0))
}

function startEmpty(state: LogState, options: OpenLogOptions, known: { committed: number; logStart: number }): void {
  if (known.committed > known.logStart && options.onDamage !== 'truncate') {
    const message = `${state.path} is empty, but everything below offset ${known.committed} was committed`
    throw new LogError('CORRUPT', message)
  }
  state.segments.add(Segment.create(newSegmentOptions(state, known.logStart)))
  state.logEndOffset = known.logStart
}

/** After a clean stop only the end of the last segment is read. False when it is not as a clean stop leaves it. */
async function openActive(state: LogState, content: FolderContent, committed: number): Promise<boolean> {
  const segment = state.segments.active
  const fileBytes = segment.writtenBytes
  const found = await readIndexes(state.resources.env.files, segment)
  if (found === null && fileBytes > 0) return false
  const indexes = found ?? SegmentIndexes.empty(segment.baseOffset)
  const { last } = indexes.offset
  const from = last?.position ?? 0
  segment.restartAt(from, indexes)
  const { openFiles } = state.resources
  const file = openFiles.take(segment.logPath, 'r')
  try {
    const range = { from, to: fileBytes, minOffset: segment.baseOffset, checksums: 'trust' as const }
    let isIndexRight = true
    const result = await scanBatches(file.handle, range, (buf, pos, position) => {
      if (last !== null && position === from && lastOffset(buf, pos) !== last.offset) isIndexRight = false
      if (isIndexRight) segment.noteBatch(buf, pos, state.config.indexIntervalBytes)
      return isIndexRight
    })
    if (result.fault !== null || !isIndexRight || result.nextOffset < committed) {
      segment.setSize(fileBytes)
      return false
    }
    state.logEndOffset = result.nextOffset
    if (fileBytes > 0) {
      const header = Buffer.alloc(HEADER_BYTES)
      await file.handle.read(header, 0, HEADER_BYTES, 0)
      segment.firstTimestampMs = maxTimestamp(header, 0)
    }
  } finally {
    openFiles.giveBack(file)
  }
  segment.setSize(fileBytes)
  segment.state = 'active'
  await loadProducers(state, state.producers, state.logEndOffset, content.snapshots)
  return true
}

/** Index files that are gone are known from the listing; damaged ones show when they are read. */
async function rebuildMissing(state: LogState, content: FolderContent): Promise<void> {
  for (const segment of state.segments.values().slice(0, -1)) {
    const isThere =
      content.names.has(fileName(segment.baseOffset, OFFSET_INDEX_SUFFIX)) &&
      content.names.has(fileName(segment.baseOffset, TIME_INDEX_SUFFIX))
    if (isThere || segment.writtenBytes === 0) continue
    const load = (): Promise<SegmentIndexes> => loadIndexes(state, segment, content.snapshots)
    await state.resources.indexes.load(segment.logPath, load)
  }
}

async function recover(
  state: LogState,
  options: OpenLogOptions,
  content: FolderContent,
  committed: number,
): Promise<void> {
  const { env } = state.resources
  // The segment that ends at the recovery point may have been the active one when that was noted, its indexes in memory alone.
  const point = options.cleanShutdown ? state.segments.active.baseOffset : Math.max(0, options.recoveryPoint - 1)
  const from = Math.max(0, state.segments.indexOf(point))
  const base = state.segments.at(from).baseOffset
  env.logger.info('Recovering a log', { log: state.name, from: base, segments: state.segments.count - from })
  state.epochs.truncateFromEnd(base)
  await loadProducers(state, state.producers, base, content.snapshots)
  const {
    onDamage = 'quarantine',
    pageCache = 'unknown',
    hadFailedSync: isRewritten = false,
    compactedBelow = 0,
  } = options
  state.logEndOffset = await recoverSegments(state, {
    from,
    committed,
    onDamage,
    pageCache,
    isRewritten,
    compactedBelow,
  })
  // State at offsets that were looked at anew: whoever wrote them may have been cut off. That at the segments was written again.
  const written = state.segments
    .values()
    .slice(from + 1)
    .map(({ baseOffset }) => baseOffset)
  const dropped = content.snapshots.filter((each) => each > base && !written.includes(each))
  for (const offset of dropped) {
    await removeIfPresent(env.files, `${state.path}/${fileName(offset, SNAPSHOT_SUFFIX)}`)
  }
  if (dropped.length > 0) await env.files.syncDirectory(state.path)
  const kept = content.snapshots.filter((each) => each <= base)
  await rebuildMissing(state, { ...content, snapshots: [...kept, ...written] })
}

/** Segments below the log start, whose removal a crash had interrupted. */
async function removeBelow(state: LogState, logStart: number): Promise<void> {
  while (state.segments.count > 1 && state.segments.at(1).baseOffset <= logStart) {
    for (const segment of state.segments.removeFirst(1)) await removeSegmentFiles(state, segment)
  }
}

/** Everything lies below the log start: the log begins anew there. */
async function restartAt(state: LogState, logStart: number): Promise<void> {
  for (const segment of state.segments.removeFrom(0)) await removeSegmentFiles(state, segment)
  state.segments.add(Segment.create(newSegmentOptions(state, logStart)))
  state.logEndOffset = logStart
  state.producers.clear()
  state.epochs.clear()
}
