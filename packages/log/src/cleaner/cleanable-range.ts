/** What of a log there is to clean. The active segment never; nothing that is undecided, not replicated, or too young. */
import { HEADER_BYTES, maxTimestamp } from '@ottla/protocol'
import type { LogState } from '../log-state.ts'
import { noteMaxTimestamp } from '../segment/max-timestamp.ts'
import type { Segment } from '../segment/segment.ts'

export interface CleanableRange {
  /** Everything below was cleaned before. */
  readonly firstDirtyOffset: number
  /** Base offset of the first segment that may not be cleaned yet. */
  readonly end: number
  readonly cleanBytes: number
  readonly cleanableBytes: number
  /** Share of what is not clean, 0 to 1. */
  readonly dirtyRatio: number
  /** By how much max.compaction.lag.ms has passed for the oldest dirty record, in milliseconds; 0 when it has not. */
  readonly overdueMs: number
}

const NEVER_MS = 2 ** 53

/** `checkpoint`: where the last cleaning ended; undefined without one. */
export async function cleanableRange(
  state: LogState,
  checkpoint: number | undefined,
  nowMs: number,
): Promise<CleanableRange> {
  const { logStartOffset, logEndOffset, config } = state
  // A checkpoint outside the log is from another history of it.
  const isSane = checkpoint !== undefined && checkpoint >= logStartOffset && checkpoint <= logEndOffset
  const firstDirtyOffset = isSane ? checkpoint : logStartOffset
  const closed = decidedSegments(state)
  const old: Segment[] = []
  for (const segment of closed) {
    const isDirty = endOf(state, segment) > firstDirtyOffset
    if (
      isDirty &&
      config.minCompactionLagMs > 0 &&
      !(await isOlderThan(state, segment, nowMs - config.minCompactionLagMs))
    )
      break
    old.push(segment)
  }
  let cleanBytes = 0
  let cleanableBytes = 0
  for (const segment of old) {
    if (endOf(state, segment) <= firstDirtyOffset) cleanBytes += segment.writtenBytes
    else cleanableBytes += segment.writtenBytes
  }
  const last = old.at(-1)
  const totalBytes = cleanBytes + cleanableBytes
  return {
    firstDirtyOffset,
    end: last === undefined ? state.segments.first.baseOffset : endOf(state, last),
    cleanBytes,
    cleanableBytes,
    dirtyRatio: totalBytes === 0 ? 0 : cleanableBytes / totalBytes,
    overdueMs: await overdueMs(state, firstDirtyOffset, nowMs),
  }
}

/** The closed segments, oldest first, in which every transaction is decided. */
function decidedSegments(state: LogState): Segment[] {
  const unstable = state.producers.firstUnstableOffset
  const bound = unstable < 0 ? state.highWatermark : Math.min(unstable, state.highWatermark)
  const found: Segment[] = []
  for (const segment of state.segments.values()) {
    if (segment.state !== 'closed' || endOf(state, segment) > bound) break
    found.push(segment)
  }
  return found
}

function endOf(state: LogState, segment: Segment): number {
  return state.segments.after(segment)?.baseOffset ?? state.logEndOffset
}

async function isOlderThan(state: LogState, segment: Segment, timeMs: number): Promise<boolean> {
  await noteMaxTimestamp(state.resources.openFiles, segment)
  return (segment.maxTimestampMs ?? Number.POSITIVE_INFINITY) <= timeMs
}

/** The active segment counts too: it is rolled once its records wait for too long. */
async function overdueMs(state: LogState, firstDirtyOffset: number, nowMs: number): Promise<number> {
  const { maxCompactionLagMs } = state.config
  if (maxCompactionLagMs >= NEVER_MS) return 0
  let oldestMs = Number.POSITIVE_INFINITY
  for (const segment of [...state.segments.values()]) {
    if (endOf(state, segment) <= firstDirtyOffset || segment.isRemoved) continue
    const firstMs = await firstTimestamp(state, segment)
    if (firstMs > 0) oldestMs = Math.min(oldestMs, firstMs)
  }
  return Math.max(0, nowMs - maxCompactionLagMs - oldestMs)
}

async function firstTimestamp(state: LogState, segment: Segment): Promise<number> {
  if (segment.firstTimestampMs >= 0 || segment.writtenBytes === 0) return segment.firstTimestampMs
  const { openFiles } = state.resources
  const file = openFiles.take(segment.logPath, 'r')
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    const count = await file.handle.read(header, 0, HEADER_BYTES, 0)
    if (count === HEADER_BYTES) segment.firstTimestampMs = maxTimestamp(header, 0)
    return segment.firstTimestampMs
  } finally {
    openFiles.giveBack(file)
  }
}
