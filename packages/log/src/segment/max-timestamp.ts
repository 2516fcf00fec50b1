/**
 * The largest timestamp of a closed segment is the last entry of its time index. It is read once, when retention or a lookup
 * by time asks for it, without loading the index. When the file is missing or cannot be right it stays undefined.
 */
import { TIME_ENTRY_BYTES, timeEntryAt } from '../index/time-index.ts'
import { isMissing } from '../io-error.ts'
import type { OpenFile, OpenFiles } from '../open-files.ts'
import type { Segment } from './segment.ts'

export function noteMaxTimestampSync(openFiles: OpenFiles, segment: Segment): void {
  if (segment.maxTimestampMs !== undefined) return
  const file = open(openFiles, segment)
  if (file === null) return
  try {
    const entry = Buffer.alloc(TIME_ENTRY_BYTES)
    const bytes = file.handle.sizeSync()
    const at = bytes - TIME_ENTRY_BYTES
    note(segment, entry, { bytes, read: at < 0 ? 0 : file.handle.readSync(entry, 0, TIME_ENTRY_BYTES, at) })
  } finally {
    close(openFiles, segment, file)
  }
}

export async function noteMaxTimestamp(openFiles: OpenFiles, segment: Segment): Promise<void> {
  if (segment.maxTimestampMs !== undefined) return
  const file = open(openFiles, segment)
  if (file === null) return
  try {
    const entry = Buffer.alloc(TIME_ENTRY_BYTES)
    const bytes = file.handle.sizeSync()
    const at = bytes - TIME_ENTRY_BYTES
    note(segment, entry, { bytes, read: at < 0 ? 0 : await file.handle.read(entry, 0, TIME_ENTRY_BYTES, at) })
  } finally {
    close(openFiles, segment, file)
  }
}

function open(openFiles: OpenFiles, segment: Segment): OpenFile | null {
  try {
    return openFiles.take(segment.timeIndexPath, 'r')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function note(segment: Segment, entry: Buffer, file: { bytes: number; read: number }): void {
  if (file.bytes === 0) {
    segment.maxTimestampMs = -1
    segment.maxTimestampOffset = segment.baseOffset
    return
  }
  if (file.bytes % TIME_ENTRY_BYTES !== 0 || file.read !== TIME_ENTRY_BYTES) return
  // Zeros are what a preallocated or lost file has, and would make the segment look very old.
  if (entry.every((byte) => byte === 0)) return
  const { timestampMs, offset } = timeEntryAt(entry, 0, segment.baseOffset)
  if (offset < segment.baseOffset || !Number.isSafeInteger(timestampMs) || timestampMs < 0) return
  segment.maxTimestampMs = timestampMs
  segment.maxTimestampOffset = offset
}

/** Index files are seldom needed again: their handles are not kept. */
function close(openFiles: OpenFiles, segment: Segment, file: OpenFile): void {
  openFiles.giveBack(file)
  openFiles.forget(segment.timeIndexPath)
}
