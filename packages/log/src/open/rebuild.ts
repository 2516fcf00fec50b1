/** Rebuilds what is derived from the batches of a log and was lost: indexes of a segment, leader epochs. */
import { baseOffset, HEADER_BYTES, partitionLeaderEpoch } from '@ottla/protocol'
import { NO_EPOCH } from '../epoch/leader-epochs.ts'
import { readIndexes, writeIndexes } from '../index/index-files.ts'
import type { SegmentIndexes } from '../index/segment-indexes.ts'
import { LogError } from '../log-error.ts'
import type { LogState } from '../log-state.ts'
import { producerBatchAt } from '../producer/batch-view.ts'
import { ProducerState } from '../producer/producer-state.ts'
import { scanBatches } from '../segment/batch-scan.ts'
import { Segment } from '../segment/segment.ts'
import type { EpochEntry } from '../types.ts'
import { loadProducers } from './producer-replay.ts'

/** Reads the indexes of a closed segment, or rebuilds them and their files. Throws LogError 'CORRUPT' on damage. */
export async function loadIndexes(
  state: LogState,
  segment: Segment,
  snapshots: readonly number[],
): Promise<SegmentIndexes> {
  const { files, logger } = state.resources.env
  const found = await readIndexes(files, segment)
  if (found !== null) return found
  logger.warn('Rebuilding the indexes of a segment', { log: state.name, segment: segment.baseOffset })
  const rebuilt = await rebuildIndexes(state, segment, snapshots)
  await writeIndexes(files, segment, rebuilt)
  return rebuilt
}

async function rebuildIndexes(
  state: LogState,
  segment: Segment,
  snapshots: readonly number[],
): Promise<SegmentIndexes> {
  const producers = new ProducerState()
  await loadProducers(state, producers, segment.baseOffset, snapshots)
  const { folder, createdMs, rollJitterMs } = segment
  const scratch = Segment.create({ folder, baseOffset: segment.baseOffset, createdMs, rollJitterMs })
  await scanSegment(state, segment, (buf, pos) => {
    scratch.noteBatch(buf, pos, state.config.indexIntervalBytes)
    const batch = producerBatchAt(buf, pos)
    const completed = batch === null ? null : (producers.apply(batch)?.completed ?? null)
    if (completed?.isAborted === true) scratch.indexes?.transaction.append(completed)
  })
  scratch.finishTimeIndex()
  return scratch.indexes!
}

/**
 * Finds where the leader epochs began. Epochs only grow, so a segment whose first epoch is that of the next segment's
 * first batch holds no change: only the others are read.
 */
export async function rebuildEpochs(state: LogState): Promise<void> {
  state.epochs.clear()
  const segments = state.segments.values().filter((segment) => segment.writtenBytes > 0)
  const firsts: EpochEntry[] = []
  for (const segment of segments) firsts.push(await firstEpoch(state, segment))
  for (const [i, segment] of segments.entries()) {
    assignIfNewer(state, firsts[i]!)
    if (firsts[i]?.epoch === firsts[i + 1]?.epoch) continue
    await scanSegment(state, segment, (buf, pos) => {
      assignIfNewer(state, { epoch: partitionLeaderEpoch(buf, pos), startOffset: baseOffset(buf, pos) })
    })
  }
}

function assignIfNewer(state: LogState, { epoch, startOffset }: EpochEntry): void {
  if (epoch > state.epochs.latest) state.epochs.assign(epoch, startOffset)
}

async function firstEpoch(state: LogState, segment: Segment): Promise<EpochEntry> {
  const file = state.resources.openFiles.take(segment.logPath, 'r')
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    const count = await file.handle.read(header, 0, HEADER_BYTES, 0)
    if (count < HEADER_BYTES) return { epoch: NO_EPOCH, startOffset: segment.baseOffset }
    return { epoch: partitionLeaderEpoch(header, 0), startOffset: baseOffset(header, 0) }
  } finally {
    state.resources.openFiles.giveBack(file)
  }
}

async function scanSegment(
  state: LogState,
  segment: Segment,
  visit: (buf: Buffer, pos: number) => void,
): Promise<void> {
  const file = state.resources.openFiles.take(segment.logPath, 'r')
  try {
    const range = { from: 0, to: segment.writtenBytes, minOffset: segment.baseOffset, checksums: 'trust' as const }
    const result = await scanBatches(file.handle, range, visit)
    if (result.fault === null) return
    throw new LogError('CORRUPT', `${segment.logPath} is damaged at ${result.position}: ${result.fault}`)
  } finally {
    state.resources.openFiles.giveBack(file)
  }
}
