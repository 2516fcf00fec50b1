/**
 * Recovery after an unclean stop: every batch from the recovery point on is verified, and indexes, epochs and producer state
 * are built from them.
 *
 * At the first bad batch there are two cases. A *torn tail* is what a write that was never synced, so never promised, left
 * behind: it is cut off. *Damage in the middle* hits what may have been promised: the log is quarantined and its files are
 * not touched.
 *
 * It is damage when the log would end below what is known to be committed. It is also damage when whole batches follow the
 * bad one, unless the hole comes from a loss of power: then the kernel had written unsynced pages back in any order, and
 * what lies behind the hole was no more promised than what was in it. Whether the page cache was lost is known from the
 * boot; where it is not, a sector of zeros or the missing end of a segment shows what was never written.
 */
import type { FileHandle } from '@ottla/env'
import { baseOffset, maxTimestamp, partitionLeaderEpoch } from '@ottla/protocol'
import { parentOf } from '../folder-syncs.ts'
import { writeIndexes } from '../index/index-files.ts'
import { SegmentIndexes } from '../index/segment-indexes.ts'
import { LogError } from '../log-error.ts'
import type { LogState } from '../log-state.ts'
import { producerBatchAt } from '../producer/batch-view.ts'
import { findBatchAfter, type ScanResult, scanBatches } from '../segment/batch-scan.ts'
import type { Segment } from '../segment/segment.ts'

export interface RecoveryOptions {
  /** Index of the first segment to recover; producer state is that at its base offset. */
  readonly from: number
  /** All below was committed: the log may not end below it. */
  readonly committed: number
  readonly onDamage: 'quarantine' | 'truncate'
  readonly pageCache: 'kept' | 'lost' | 'unknown'
  /** The log was compacted up to here, whatever its policy is now. */
  readonly compactedBelow: number
  /** A sync failed before: what the page cache holds may be marked clean without being on the disk. */
  readonly isRewritten: boolean
}

interface Damage {
  readonly index: number
  readonly segment: Segment
  readonly position: number
  /** Where the log would end. */
  readonly offset: number
  readonly fault: string
  /** The file ends in the middle of something. */
  readonly isCutOff: boolean
}

const SECTOR_BYTES = 512
/** Fewer zeros than this say nothing. */
const ZEROS_MIN = 32
const REWRITE_BYTES = 1 << 20

/** Returns the offset at which the log ends. Segments are left 'rolled' (the last one 'active'), everything is synced. */
export async function recoverSegments(state: LogState, options: RecoveryOptions): Promise<number> {
  let end = state.segments.at(options.from).baseOffset
  for (let i = options.from; i < state.segments.count; i++) {
    const segment = state.segments.at(i)
    if (i > options.from) await writeSnapshot(state, segment)
    const gap = i > options.from ? gapBefore(state, i, { end, compactedBelow: options.compactedBelow }) : null
    if (gap !== null) {
      await settleDamage(state, gap, gap.position, options)
      break
    }
    const fileBytes = segment.writtenBytes
    const result = await recoverSegment(state, segment, fileBytes, end)
    end = Math.max(result.nextOffset, segment.baseOffset)
    if (result.fault === null) continue
    const isCutOff = result.fault.endsWith('cut off')
    const damage = { index: i, segment, position: result.position, offset: end, fault: result.fault, isCutOff }
    await settleDamage(state, damage, fileBytes, options)
    break
  }
  if (end < options.committed && options.onDamage === 'quarantine') {
    const message = `${state.path} ends at offset ${end}, below ${options.committed}, which was committed`
    throw new LogError('CORRUPT', message)
  }
  if (options.isRewritten) await rewriteRecovered(state, options.from)
  await syncRecovered(state, options.from)
  return end
}

/**
 * The producers as the batches before the segment have left them. Whoever wrote only there is known by it when those
 * batches are deleted, whatever becomes of this process.
 */
async function writeSnapshot(state: LogState, segment: Segment): Promise<void> {
  await state.resources.env.files.writeFile(segment.snapshotPath, state.producers.snapshot())
}

/**
 * Records that are missing between two segments: the end of the first one was never written. In a log that is compacted
 * they may have been cleaned away, and segments that lie very far apart were begun so.
 */
function gapBefore(
  state: LogState,
  index: number,
  { end, compactedBelow }: { end: number; compactedBelow: number },
): Damage | null {
  const { baseOffset: next } = state.segments.at(index)
  const segment = state.segments.at(index - 1)
  if (next <= end || next <= compactedBelow || state.config.cleanupCompact || !segment.canHold(next)) return null
  const fault = `records up to ${next} are missing`
  return { index: index - 1, segment, position: segment.writtenBytes, offset: end, fault, isCutOff: true }
}

/** Throws when the log must be quarantined, else cuts it. */
async function settleDamage(
  state: LogState,
  damage: Damage,
  fileBytes: number,
  options: RecoveryOptions,
): Promise<void> {
  const reason = await whyQuarantine(state, damage, fileBytes, options)
  if (reason !== null && options.onDamage === 'quarantine') throw new LogError('CORRUPT', reason)
  await cutOff(state, damage, { fileBytes, reason, isFirst: damage.index === options.from })
}

/** Verifies one segment and takes note of its batches. */
async function recoverSegment(
  state: LogState,
  segment: Segment,
  fileBytes: number,
  previousEnd: number,
): Promise<ScanResult> {
  segment.state = 'rolled'
  segment.restartAt(0, SegmentIndexes.empty(segment.baseOffset))
  if (segment.baseOffset < previousEnd) {
    const fault = `the segment begins below offset ${previousEnd}, where the one before it ends`
    return { position: 0, nextOffset: previousEnd, fault }
  }
  const { openFiles } = state.resources
  const file = openFiles.take(segment.logPath, 'r')
  try {
    const range = { from: 0, to: fileBytes, minOffset: segment.baseOffset, checksums: 'verify' as const }
    return await scanBatches(file.handle, range, (buf, pos) => noteRecovered(state, segment, buf, pos))
  } finally {
    segment.setSize(segment.writtenBytes)
    openFiles.giveBack(file)
  }
}

function noteRecovered(state: LogState, segment: Segment, buf: Buffer, pos: number): void {
  if (segment.writtenBytes === 0) segment.firstTimestampMs = maxTimestamp(buf, pos)
  segment.noteBatch(buf, pos, state.config.indexIntervalBytes)
  const epoch = partitionLeaderEpoch(buf, pos)
  if (epoch > state.epochs.latest) state.epochs.assign(epoch, baseOffset(buf, pos))
  const batch = producerBatchAt(buf, pos)
  const completed = batch === null ? null : (state.producers.apply(batch)?.completed ?? null)
  if (completed?.isAborted === true) segment.indexes?.transaction.append(completed)
}

/** Why the damage may have hit what was committed; null when it is a torn tail. */
async function whyQuarantine(
  state: LogState,
  damage: Damage,
  fileBytes: number,
  options: RecoveryOptions,
): Promise<string | null> {
  const where = `${damage.segment.logPath} is damaged at ${damage.position}, offset ${damage.offset}: ${damage.fault}`
  if (damage.offset < options.committed) return `${where}; everything below ${options.committed} was committed`
  const { openFiles } = state.resources
  for (let i = damage.index; i < state.segments.count; i++) {
    const segment = state.segments.at(i)
    const isFirst = i === damage.index
    const range = {
      from: isFirst ? damage.position + 1 : 0,
      to: isFirst ? fileBytes : segment.writtenBytes,
      minOffset: damage.offset,
    }
    const file = openFiles.take(segment.logPath, 'r')
    try {
      const found = await findBatchAfter(file.handle, range)
      if (found === null) continue
      if (options.pageCache === 'lost') return null
      const isEndMissing = damage.isCutOff && !isFirst
      const gapEnd = isFirst ? found.position : fileBytes
      const isHole = isEndMissing || (await isUnwritten(state, damage, gapEnd))
      if (options.pageCache === 'unknown' && isHole) return null
      return `${where}; a whole batch follows at offset ${found.offset}`
    } finally {
      openFiles.giveBack(file)
    }
  }
  return null
}

/** Whether a sector between the damage and the next whole batch has only zeros from there on. */
async function isUnwritten(state: LogState, damage: Damage, to: number): Promise<boolean> {
  const { openFiles } = state.resources
  const file = openFiles.take(damage.segment.logPath, 'r')
  try {
    return await hasZeroSector(file.handle, damage.position, to)
  } finally {
    openFiles.giveBack(file)
  }
}

async function hasZeroSector(handle: FileHandle, from: number, to: number): Promise<boolean> {
  const chunk = Buffer.alloc(128 * SECTOR_BYTES)
  // The sector that holds the next whole batch was written.
  const end = Math.floor(to / SECTOR_BYTES) * SECTOR_BYTES
  let position = from
  while (position < end) {
    const aligned = Math.floor(position / SECTOR_BYTES) * SECTOR_BYTES
    const length = Math.min(aligned + chunk.length, end) - position
    const count = await handle.read(chunk, 0, length, position)
    if (count === 0) return false
    for (let at = 0; at < count; ) {
      const sectorEnd = Math.min(count, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES))
      if (sectorEnd - at >= ZEROS_MIN && chunk.subarray(at, sectorEnd).every((byte) => byte === 0)) return true
      at = sectorEnd
    }
    position += count
  }
  return false
}

/** Cuts the segment at the damage and removes what comes after it. */
async function cutOff(
  state: LogState,
  damage: Damage,
  how: { fileBytes: number; reason: string | null; isFirst: boolean },
): Promise<void> {
  const { fileBytes, reason } = how
  const { env, openFiles } = state.resources
  const later = state.segments.removeFrom(damage.index + 1)
  const lostBytes = later.reduce((sum, segment) => sum + segment.writtenBytes, fileBytes - damage.position)
  const fields = { log: state.name, offset: damage.offset, bytes: lostBytes, fault: damage.fault, reason }
  if (reason === null) env.logger.info('Cut off a torn tail', fields)
  else env.logger.error('Cut off damage, as the caller decided', fields)
  const file = openFiles.take(damage.segment.logPath, 'r+')
  try {
    file.handle.truncateSync(damage.position)
  } finally {
    openFiles.giveBack(file)
  }
  // Newest first: if this is interrupted, no gap is left behind.
  for (const segment of later.reverse()) await removeSegmentFiles(state, segment)
  // A segment of which nothing is left goes too, unless it is the first that was looked at.
  if (damage.position === 0 && !how.isFirst) {
    state.segments.removeFrom(damage.index)
    await removeSegmentFiles(state, damage.segment)
  }
}

export async function removeSegmentFiles(state: LogState, segment: Segment): Promise<void> {
  const { env, openFiles, indexes } = state.resources
  segment.isRemoved = true
  openFiles.forget(segment.logPath)
  indexes.forget(segment.logPath)
  const names = new Set((await env.files.list(state.path)).map((entry) => `${state.path}/${entry.name}`))
  for (const path of segment.paths) if (names.has(path)) await env.files.unlink(path)
}

/** Writes what was recovered over itself, so that the next sync takes it to the disk whatever became of the one that failed. */
async function rewriteRecovered(state: LogState, from: number): Promise<void> {
  const { openFiles } = state.resources
  const chunk = Buffer.allocUnsafeSlow(REWRITE_BYTES)
  for (const segment of state.segments.values().slice(from)) {
    const file = openFiles.take(segment.logPath, 'r+')
    try {
      for (let position = 0; position < segment.writtenBytes; ) {
        const wanted = Math.min(chunk.length, segment.writtenBytes - position)
        const count = await file.handle.read(chunk, 0, wanted, position)
        const written = await file.handle.writev([chunk.subarray(0, count)], position)
        if (count === 0 || written !== count) throw new LogError('OFFLINE', `rewriting ${segment.logPath} failed`)
        position += count
      }
      // A cut may have failed to reach the disk as well: it is made again.
      file.handle.truncateSync(segment.writtenBytes + 1)
      file.handle.truncateSync(segment.writtenBytes)
    } finally {
      openFiles.giveBack(file)
    }
  }
}

/** What was only in the page cache is synced, so that it may be promised; indexes of all but the last are written. */
async function syncRecovered(state: LogState, from: number): Promise<void> {
  const { env, openFiles, folders } = state.resources
  const sync = async (path: string): Promise<void> => {
    const file = openFiles.take(path, 'r+')
    try {
      await file.handle.dataSync()
    } finally {
      openFiles.giveBack(file)
    }
  }
  for (const segment of state.segments.values().slice(from)) {
    await sync(segment.logPath)
    if (segment === state.segments.active) continue
    segment.finishTimeIndex()
    const { snapshotPath } = state.segments.after(segment)!
    await sync(snapshotPath)
    openFiles.forget(snapshotPath)
    for (const path of await writeIndexes(env.files, segment, segment.indexes!)) {
      await sync(path)
      openFiles.forget(path)
    }
    state.resources.indexes.set(segment.logPath, segment.indexes!)
    segment.indexes = null
    segment.state = 'closed'
  }
  state.segments.active.state = 'active'
  await env.files.syncDirectory(state.path)
  // The folder may have been made just before the process ended.
  await folders.sync(parentOf(state.path))
}
