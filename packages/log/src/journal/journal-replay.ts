/**
 * After an unclean stop: writes what the journal holds into the segments again, as if each had been synced when its records were
 * acknowledged, syncs them, and empties the journal. Recovery of the logs comes after it and knows nothing of it.
 *
 * A piece goes to the very place in the file that it had. That is right because nothing else can stand there: a log leaves the
 * journal (a 'void' record) before its files are cut, cleaned, moved or removed, and the names of its segments were durable before its
 * first piece. What lies below the first piece that is found was synced before the pieces in front of that one were overwritten.
 */
import type { FileHandle, FileSystem, Logger } from '@ottla/env'
import { batchEnd, isCrcValid, partitionLeaderEpoch } from '@ottla/protocol'
import { readIfPresent } from '../index/index-files.ts'
import { isMissing } from '../io-error.ts'
import { Limiter } from '../limiter.ts'
import { LogError } from '../log-error.ts'
import { readFully } from '../read/read-fully.ts'
import { fileName, LOG_SUFFIX } from '../segment/file-names.ts'
import { folderName } from '../store/partition-folder.ts'
import { PARTITION_METADATA, parsePartitionMetadata } from '../store/partition-metadata.ts'
import { emptyJournalFile } from './journal-files.ts'
import {
  JOURNAL_VERSION,
  type JournalRecord,
  journalKey,
  journalRecordsOf,
  readJournalVersion,
} from './journal-format.ts'

export interface JournalReplayOptions {
  readonly files: FileSystem
  readonly logger: Logger
  /** The data folder. */
  readonly folder: string
  readonly paths: readonly string[]
  /** Everything of the log below is in its files, or is no part of it any more. */
  readonly settledBelow: (log: { topic: string; partition: number }) => number
  /** A sync failed in the last run: what a file shows may not be on the disk. */
  readonly hadFailedSync: boolean
}

export interface JournalReplayResult {
  readonly pieces: number
  readonly bytes: number
  /** Pieces for which there was no place. */
  readonly skipped: number
}

interface FoundRecord extends JournalRecord {
  readonly from: JournalFile
}

interface JournalFile {
  readonly path: string
  readonly handle: FileHandle
  readonly records: readonly FoundRecord[]
}

const CONCURRENT_FILES = 4

/** Throws {@link LogError} 'WRONG_FOLDER' when another version wrote the journal, FileSystemError when the disk fails. */
export async function replayJournal(options: JournalReplayOptions): Promise<JournalReplayResult> {
  const found: JournalFile[] = []
  try {
    for (const path of options.paths) found.push(await readJournalFile(options, path))
    const used = found.filter(({ records }) => records.length > 0).sort((a, b) => firstOf(a) - firstOf(b))
    warnOfHoles(options, used)
    const result = await writeAgain(options, countingPieces(used))
    // Oldest first: a void outlives what it is about.
    for (const { handle } of used) await emptyJournalFile(handle)
    if (used.length > 0)
      options.logger.info('What the journal held was written again', { folder: options.folder, ...result })
    return result
  } finally {
    for (const { handle } of found) handle.closeSync()
  }
}

function firstOf({ records }: JournalFile): number {
  return records[0]!.sequence
}

async function readJournalFile({ files, folder }: JournalReplayOptions, path: string): Promise<JournalFile> {
  const handle = files.openSync(path, 'r+')
  const file: JournalFile & { records: FoundRecord[] } = { path, handle, records: [] }
  try {
    const content = Buffer.allocUnsafeSlow(handle.sizeSync())
    await readFully(handle, content, 0)
    const version = readJournalVersion(content, 0)
    if (version !== null && version !== JOURNAL_VERSION) {
      const message = `${path} was written by another version of Ottla (${version}), whose last stop was not clean: start and stop that version in ${folder}, or remove the file and with it what only the journal holds`
      throw new LogError('WRONG_FOLDER', message)
    }
    for (const record of journalRecordsOf(content)) file.records.push({ ...record, from: file })
    return file
  } catch (error) {
    handle.closeSync()
    throw error
  }
}

function warnOfHoles({ logger, folder }: JournalReplayOptions, used: readonly JournalFile[]): void {
  let next: number | null = null
  for (const file of used) {
    const found = firstOf(file)
    if (next !== null && found !== next)
      logger.error('Records of the journal are missing', { folder, path: file.path, expected: next, found })
    next = file.records.at(-1)!.sequence + 1
  }
}

/** The pieces, oldest first, without those that a later void takes back. */
function countingPieces(used: readonly JournalFile[]): FoundRecord[] {
  const voidBelow = new Map<string, number>()
  const pieces: FoundRecord[] = []
  for (const record of used.flatMap(({ records }) => records).reverse()) {
    const key = journalKey(record)
    const below = voidBelow.get(key) ?? Number.NEGATIVE_INFINITY
    if (record.kind === 'void') voidBelow.set(key, Math.max(below, record.segmentBase))
    else if (record.segmentBase >= below) pieces.push(record)
  }
  return pieces.reverse()
}

async function writeAgain(options: JournalReplayOptions, pieces: readonly FoundRecord[]): Promise<JournalReplayResult> {
  const { files, folder } = options
  const ids = new Map<string, string | undefined>()
  const bySegment = new Map<string, FoundRecord[]>()
  let skipped = 0
  for (const piece of pieces) {
    if (piece.nextOffset <= options.settledBelow(piece)) continue
    const log = `${folder}/${folderName(piece)}`
    if (!ids.has(log)) ids.set(log, await readId(files, log))
    // Another topic has its name now. A folder whose id was lost takes the one that it is opened with; one that is gone has no segment.
    if ((ids.get(log) ?? piece.topicId) !== piece.topicId) {
      skipped++
      continue
    }
    const path = `${log}/${fileName(piece.segmentBase, LOG_SUFFIX)}`
    const others = bySegment.get(path)
    if (others === undefined) bySegment.set(path, [piece])
    else others.push(piece)
  }
  const limiter = new Limiter(CONCURRENT_FILES)
  const done = { pieces: 0, bytes: 0, skipped }
  const jobs = [...bySegment].map(([path, list]) =>
    limiter.run(async () => {
      const count = await writeSegment(options, path, list)
      for (const { length } of list.slice(0, count)) done.bytes += length
      done.pieces += count
      done.skipped += list.length - count
    }),
  )
  await Promise.all(jobs)
  return done
}

async function readId(files: FileSystem, log: string): Promise<string | undefined> {
  const content = await readIfPresent(files, `${log}/${PARTITION_METADATA}`)
  const id = content === null ? undefined : parsePartitionMetadata(content)
  // As the journal has it: of the last character only two bits count.
  return id === undefined ? undefined : Buffer.from(id, 'base64url').toString('base64url')
}

/** The number of pieces that were written, or were there. */
async function writeSegment(options: JournalReplayOptions, path: string, pieces: FoundRecord[]): Promise<number> {
  const { logger } = options
  const handle = openIfPresent(options.files, path)
  if (handle === null) {
    logger.warn('A segment that the journal has pieces of is gone', { path, pieces: pieces.length })
    return 0
  }
  let count = 0
  try {
    for (const piece of pieces) {
      const fault = await writePiece(handle, piece, options)
      if (fault !== null) {
        const fields = { path, position: piece.position, nextOffset: piece.nextOffset, fault }
        logger.error('A piece of the journal has no place in its segment', fields)
        break
      }
      count++
    }
    await handle.dataSync()
  } finally {
    handle.closeSync()
  }
  return count
}

function openIfPresent(files: FileSystem, path: string): FileHandle | null {
  try {
    return files.openSync(path, 'r+')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** What speaks against it; null when the bytes are in their place. */
async function writePiece(
  handle: FileHandle,
  piece: FoundRecord,
  { hadFailedSync }: JournalReplayOptions,
): Promise<string | null> {
  const bytes = Buffer.allocUnsafeSlow(piece.length)
  await readFully(piece.from.handle, bytes, piece.bytesAt)
  if (handle.sizeSync() < piece.position) return `the file ends at ${handle.sizeSync()}`
  const there = Buffer.alloc(piece.length)
  await readFully(handle, there, piece.position)
  if (there.equals(bytes) && !hadFailedSync) return null
  // A leader that came later wrote here: somebody else had the folder meanwhile.
  if (isBatch(there) && partitionLeaderEpoch(there, 0) > partitionLeaderEpoch(bytes, 0))
    return 'a later leader wrote there'
  await writeFully(handle, bytes, piece.position)
  return null
}

function isBatch(bytes: Buffer): boolean {
  return batchEnd(bytes, 0, bytes.length) > 0 && isCrcValid(bytes, 0)
}

/** A write that was short is gone on with: where there is no room the next one says so. */
async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const count = await handle.writev([bytes.subarray(at)], position + at)
    if (count === 0) throw new LogError('OFFLINE', `${handle.path} takes no more`)
    at += count
  }
}
