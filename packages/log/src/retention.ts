/**
 * Which segments a log may let go: oldest first, whole ones only, never past the high watermark. By the log start always;
 * by size and time only with cleanup.policy delete.
 */

import type { LogState } from './log-state.ts'
import { noteMaxTimestampSync } from './segment/max-timestamp.ts'
import type { Segment } from './segment/segment.ts'

/** How many of the first segments may go at `nowMs`. All of them: then the log is rolled first. */
export function deletableSegments(state: LogState, nowMs: number): number {
  const { config } = state
  let excessBytes = config.cleanupDelete && config.retentionBytes >= 0 ? state.sizeBytes - config.retentionBytes : -1
  const oldestMs = config.cleanupDelete && config.retentionMs >= 0 ? nowMs - config.retentionMs : -Infinity
  let count = 0
  for (const segment of state.segments.values()) {
    const next = state.segments.at(Math.min(count + 1, state.segments.count - 1))
    const isLast = next === segment
    if ((isLast ? state.logEndOffset : next.baseOffset) > state.highWatermark) break
    if (isLast && segment.assignedBytes === 0) break
    const isBelowStart = !isLast && next.baseOffset <= state.logStartOffset
    const isTooMuch = excessBytes - segment.assignedBytes >= 0
    if (!isBelowStart && !isTooMuch && !(largestTimestamp(state, segment) < oldestMs)) break
    excessBytes -= segment.assignedBytes
    count++
  }
  return count
}

/** Segments that end at or below the log start. */
export function segmentsBelowStart(state: LogState): number {
  let count = 0
  while (count + 1 < state.segments.count && state.segments.at(count + 1).baseOffset <= state.logStartOffset) count++
  return count
}

/**
 * Largest timestamp of the segment's records; when they have none, the time at which its file was last changed. Where it
 * cannot be told (the time index is damaged) the segment is kept.
 */
function largestTimestamp(state: LogState, segment: Segment): number {
  // Cleaning left nothing of it.
  if (segment.assignedBytes === 0) return Number.NEGATIVE_INFINITY
  noteMaxTimestampSync(state.resources.openFiles, segment)
  if (segment.maxTimestampMs === undefined) return Number.POSITIVE_INFINITY
  if (segment.maxTimestampMs >= 0) return segment.maxTimestampMs
  const stat = state.resources.env.files.statSync(segment.logPath)
  return stat?.modifiedMs ?? state.resources.env.clock.now()
}
