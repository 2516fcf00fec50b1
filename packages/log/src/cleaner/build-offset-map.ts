/** The first pass of a cleaning: notes the newest offset of each key in the dirty part of a log. */
import type { Env } from '@ottla/env'
import { baseOffset, isControl, isCrcValid, lastOffset, sizeInBytes } from '@ottla/protocol'
import { LogError } from '../log-error.ts'
import type { OpenFiles } from '../open-files.ts'
import type { Segment } from '../segment/segment.ts'
import { type CleaningWork, cursorOver, drive, RECORDS_PER_LOOK, REST } from './cleaning-step.ts'
import type { OffsetMap } from './offset-map.ts'
import { SegmentBatches } from './segment-batches.ts'
import type { TransactionTracker } from './transaction-tracker.ts'
import type { WorkSlices } from './work-slices.ts'

export interface MapBuilding {
  readonly env: Env
  readonly openFiles: OpenFiles
  readonly map: OffsetMap
  readonly transactions: TransactionTracker
  readonly slices: WorkSlices
  /** Offsets below are clean: of their keys nothing is noted. */
  readonly firstDirtyOffset: number
  readonly buffer: Buffer
  /** Throws when the cleaning was called off. */
  readonly check: () => void
}

/**
 * Notes the keys of the segments, oldest first, until the map is full. `end` is where the last segment ends. The map knows then how far
 * it reaches.
 */
export async function buildOffsetMap(segments: readonly Segment[], end: number, building: MapBuilding): Promise<void> {
  const { map, firstDirtyOffset } = building
  for (const [i, segment] of segments.entries()) {
    const isFull = await noteSegment(segment, building)
    if (isFull) return
    // Offsets that no record has any more are known as well.
    const next = segments[i + 1]?.baseOffset ?? end
    if (next > firstDirtyOffset) map.latestOffset = Math.max(map.latestOffset, next - 1)
  }
}

/** True when the map is full. */
async function noteSegment(segment: Segment, building: MapBuilding): Promise<boolean> {
  const { env, openFiles, slices, check } = building
  if (segment.writtenBytes === 0) return false
  const file = openFiles.take(segment.logPath, 'r')
  try {
    const batches = new SegmentBatches(segment, file.handle, building.buffer)
    for (;;) {
      const end = await batches.next()
      slices.began()
      check()
      if (end === 0) return false
      if (await drive(env, slices, noteBatches(batches.buffer, end, building))) return true
      slices.ended()
      check()
      await slices.pay(end)
    }
  } finally {
    openFiles.giveBack(file)
  }
}

function* noteBatches(buf: Buffer, end: number, building: MapBuilding): CleaningWork<boolean> {
  const { map, transactions, slices, firstDirtyOffset } = building
  for (let pos = 0; pos < end; pos += sizeInBytes(buf, pos)) {
    if (!isCrcValid(buf, pos)) {
      throw new LogError('CORRUPT', `the batch at offset ${baseOffset(buf, pos)} has a wrong checksum`)
    }
    const last = lastOffset(buf, pos)
    if (isControl(buf, pos)) transactions.isMarkerOfNothing(buf, pos)
    else if (!transactions.isAborted(buf, pos) && last >= firstDirtyOffset) {
      const isFull = yield* noteRecords(buf, pos, building)
      if (isFull) return true
    }
    if (last >= firstDirtyOffset) map.latestOffset = Math.max(map.latestOffset, last)
    if (slices.isOver) yield REST
  }
  return false
}

function* noteRecords(buf: Buffer, pos: number, building: MapBuilding): CleaningWork<boolean> {
  const { map, slices, firstDirtyOffset } = building
  const cursor = yield* cursorOver(buf, pos)
  for (let i = 1; cursor.next(); i++) {
    if (i % RECORDS_PER_LOOK === 0 && slices.isOver) yield REST
    if (cursor.keyLength < 0 || cursor.offset < firstDirtyOffset) continue
    if (!map.put(cursor.buffer, cursor.keyStart, cursor.keyLength, cursor.offset)) return true
    map.latestOffset = Math.max(map.latestOffset, cursor.offset)
  }
  return false
}
