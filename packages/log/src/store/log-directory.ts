/**
 * One data folder (an entry of log.dirs): identity, lock, markers, checkpoints, and the partitions that it holds.
 */
import { writeFileAtomic } from '@ottla/env'
import { makeFolder, syncNames } from '../folder-syncs.ts'
import { readIfPresent, removeIfPresent } from '../index/index-files.ts'
import { Journal } from '../journal/journal.ts'
import { dropStaleRecords, journalPathsIn } from '../journal/journal-files.ts'
import { replayJournal } from '../journal/journal-replay.ts'
import { Limiter } from '../limiter.ts'
import { LogError } from '../log-error.ts'
import { type LogResources, newWritePace } from '../log-resources.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { TopicPartition } from '../types.ts'
import type { WritePace } from '../write/write-pace.ts'
import { compareBoot, noteBoot } from './boot-marker.ts'
import {
  CLEAN_SHUTDOWN_MARKER,
  formatCleanShutdown,
  NO_BROKER_EPOCH,
  parseCleanShutdown,
} from './clean-shutdown-marker.ts'
import { LogSlices } from './log-slices.ts'
import { formatMetaProperties, META_PROPERTIES, type MetaProperties, parseMetaProperties } from './meta-properties.ts'
import {
  CLEANER_CHECKPOINT,
  checkpointKey,
  formatOffsetCheckpoint,
  HIGH_WATERMARK_CHECKPOINT,
  LOG_START_CHECKPOINT,
  type OffsetCheckpoint,
  parseOffsetCheckpoint,
  RECOVERY_POINT_CHECKPOINT,
} from './offset-checkpoint.ts'
import { folderName, parseFolder } from './partition-folder.ts'

/** Kafka's own log of metadata is no partition that a broker serves. */
const METADATA_TOPIC = '__cluster_metadata'

/**
 * Written when the folder goes offline. A failed sync leaves pages that look clean and are not on the disk; so at the next
 * start everything behind the recovery points is written again. Never synced: after a loss of power nothing of that is left.
 */
const FAILED_MARKER = '.ottla-failed'

/** A partition in this folder. */
export interface DirectoryEntry {
  readonly topicPartition: TopicPartition
  readonly directory: LogDirectory
  topicId: string | undefined
  log: PartitionLog | null
  /** The opening under way. */
  opening: Promise<PartitionLog> | null
  error: LogError | null
  /** The last stop was not clean for it, and it was not opened since. */
  needsRecovery: boolean
  /** Folders whose checkpoints still name an earlier partition of this name; empty for one that was found. */
  recordedIn: readonly LogDirectory[]
}

export class LogDirectory {
  readonly path: string
  readonly pace: WritePace
  readonly entries = new Map<string, DirectoryEntry>()
  /** As read at the start and lowered or dropped since; an open log knows better. */
  readonly recoveryPoints: OffsetCheckpoint = new Map()
  readonly logStarts: OffsetCheckpoint = new Map()
  readonly highWatermarks: OffsetCheckpoint = new Map()
  /** Where the last cleaning of a log ended. */
  readonly cleanerOffsets: OffsetCheckpoint = new Map()
  /** Copies of logs that were on their way here. */
  readonly futures: { readonly path: string; readonly topicPartition: TopicPartition }[] = []
  /** Folders waiting for their deletion. */
  readonly deleted: string[] = []
  directoryId = ''
  wasClean = false
  brokerEpoch = NO_BROKER_EPOCH
  pageCache: 'kept' | 'lost' | 'unknown' = 'unknown'
  /** See {@link FAILED_MARKER}. */
  hadFailedSync = false
  error: LogError | null = null
  readonly #resources: LogResources
  readonly #checkpoints = new Limiter(1)
  #nextLogStarts: Promise<void> | null = null
  /** The file says something else. */
  #areCleanerOffsetsStale = false
  #bootId: string | null = null
  /** Nobody used the folder before. */
  #isNew = false
  journal: Journal | null = null
  #lock: { release(): Promise<void> } | null = null

  constructor(resources: LogResources, path: string) {
    this.#resources = resources
    this.path = path
    this.pace = newWritePace(resources.limits)
  }

  /** Makes the folder if needed, takes its lock, and reads who it belongs to (null: nobody yet). */
  async open(): Promise<MetaProperties | null> {
    const { files } = this.#resources.env
    await makeFolder(files, this.path)
    this.#lock = await files.lockDirectory(this.path)
    const content = await readIfPresent(files, `${this.path}/${META_PROPERTIES}`)
    if (content === null) {
      this.#isNew = true
      await syncNames(files, this.path)
      return null
    }
    try {
      return parseMetaProperties(content)
    } catch (error) {
      const message = `${this.path}/${META_PROPERTIES} cannot be read: ${(error as Error).message}`
      throw new LogError('WRONG_FOLDER', message, error)
    }
  }

  async writeMeta(meta: MetaProperties): Promise<void> {
    await writeFileAtomic(this.#resources.env.files, `${this.path}/${META_PROPERTIES}`, formatMetaProperties(meta))
  }

  /** Reads markers, checkpoints and names. From here on the folder counts as not cleanly stopped. */
  async load(bootId: string | null): Promise<void> {
    const { files } = this.#resources.env
    const marker = await readIfPresent(files, `${this.path}/${CLEAN_SHUTDOWN_MARKER}`)
    this.wasClean = marker !== null
    if (marker !== null) {
      this.brokerEpoch = parseCleanShutdown(marker)
      await files.unlink(`${this.path}/${CLEAN_SHUTDOWN_MARKER}`)
      await files.syncDirectory(this.path)
    }
    this.#bootId = bootId
    this.pageCache = await compareBoot(files, this.path, bootId)
    this.hadFailedSync = (await files.stat(`${this.path}/${FAILED_MARKER}`)) !== null
    await this.#read(RECOVERY_POINT_CHECKPOINT, this.recoveryPoints)
    await this.#read(LOG_START_CHECKPOINT, this.logStarts)
    await this.#read(HIGH_WATERMARK_CHECKPOINT, this.highWatermarks)
    await this.#read(CLEANER_CHECKPOINT, this.cleanerOffsets)
    const content = await files.list(this.path)
    await this.#settleJournal(content)
    for (const { name, isDirectory } of content) {
      const folder = isDirectory ? parseFolder(name) : null
      if (folder === null) continue
      if (folder.kind === 'partition') {
        // The controller opens its log itself: a second log on the same files would recover, and cut, under its hands.
        if (folder.topicPartition.topic !== METADATA_TOPIC) this.#addFound(folder.topicPartition)
      } else if (folder.kind === 'delete') this.deleted.push(`${this.path}/${name}`)
      else if (folder.kind === 'future') {
        const of = parseFolder(folder.of)
        if (of?.kind === 'partition')
          this.futures.push({ path: `${this.path}/${name}`, topicPartition: of.topicPartition })
      }
    }
    await this.#forgetDeleted()
    if (this.wasClean || this.#isNew) await this.endRecovery()
  }

  folderOf(topicPartition: TopicPartition): string {
    return `${this.path}/${folderName(topicPartition)}`
  }

  /** Something was recorded for the partition: it had data here that was promised. */
  hasRecordOf(topicPartition: TopicPartition): boolean {
    const key = checkpointKey(topicPartition)
    return (this.recoveryPoints.get(key) ?? 0) > 0 || (this.highWatermarks.get(key) ?? 0) > 0
  }

  /** The partition is gone; checkpoints written from now on do not name it. */
  drop(topicPartition: TopicPartition): void {
    const key = checkpointKey(topicPartition)
    this.entries.delete(key)
    this.recoveryPoints.delete(key)
    this.logStarts.delete(key)
    this.highWatermarks.delete(key)
    if (this.cleanerOffsets.delete(key)) this.#areCleanerOffsetsStale = true
  }

  /** A log is about to be cut: what is recorded must not say more than it will have. */
  async lowerRecoveryPoint(topicPartition: TopicPartition, offset: number): Promise<void> {
    const key = checkpointKey(topicPartition)
    for (const offsets of [this.recoveryPoints, this.highWatermarks, this.cleanerOffsets]) {
      const recorded = offsets.get(key)
      if (recorded === undefined || recorded <= offset) continue
      offsets.set(key, offset)
      if (offsets === this.cleanerOffsets) this.#areCleanerOffsetsStale = true
    }
    await this.#checkpoints.run(async () => {
      await this.#writeCleanerOffsets()
      await this.#write(RECOVERY_POINT_CHECKPOINT, this.recoveryPoints)
      await this.#write(HIGH_WATERMARK_CHECKPOINT, this.highWatermarks)
    })
  }

  /** Segments below `offset` are about to go. Who asks while a file is being written shares the next one. */
  async recordLogStart(topicPartition: TopicPartition, offset: number): Promise<void> {
    this.logStarts.set(checkpointKey(topicPartition), offset)
    // Begun later, since who finds room begins within the call: it would clear what is only set when the call returns.
    this.#nextLogStarts ??= Promise.resolve().then(() =>
      this.#checkpoints.run(async () => {
        this.#nextLogStarts = null
        await this.#write(LOG_START_CHECKPOINT, this.logStarts)
      }),
    )
    await this.#nextLogStarts
  }

  /** Writes recovery points, log starts and high watermarks. */
  async checkpoint(): Promise<void> {
    const logs = this.#openLogs()
    // What is derived from the log is settled up to the recovery points taken before.
    const points = logs.map(({ log }) => log.recoveryPoint)
    const slices = new LogSlices(this.#resources.env.timers)
    for (const { log } of logs) {
      await log.settleDerived()
      await slices.next()
    }
    await this.#checkpoints.run(async () => {
      for (const [i, { key, log }] of logs.entries()) {
        const turn = slices.next()
        if (turn !== undefined) await turn
        if (log.failure !== null || this.entries.get(key)?.log !== log) continue
        this.recoveryPoints.set(key, Math.min(points[i]!, log.recoveryPoint))
        this.#noteLogStart(key, log)
        this.#noteHighWatermark(key, log)
      }
      await this.#write(RECOVERY_POINT_CHECKPOINT, this.recoveryPoints)
      await this.#write(LOG_START_CHECKPOINT, this.logStarts)
      await this.#write(HIGH_WATERMARK_CHECKPOINT, this.highWatermarks)
      await this.#writeCleanerOffsets()
    })
  }

  /** Written with the next checkpoint. */
  noteCleaned(key: string, offset: number): void {
    this.cleanerOffsets.set(key, offset)
    this.#areCleanerOffsetsStale = true
  }

  /** The log is clean below `offset`. */
  async recordCleaned(topicPartition: TopicPartition, offset: number): Promise<void> {
    this.noteCleaned(checkpointKey(topicPartition), offset)
    await this.#checkpoints.run(() => this.#writeCleanerOffsets())
  }

  async checkpointHighWatermarks(): Promise<void> {
    const logs = this.#openLogs()
    // A high watermark is recorded only for a log whose names cannot be lost any more.
    const slices = new LogSlices(this.#resources.env.timers)
    for (const { log } of logs) {
      if (log.highWatermark > 0) await log.settleDerived()
      const turn = slices.next()
      if (turn !== undefined) await turn
    }
    await this.#checkpoints.run(async () => {
      let isChanged = false
      for (const { key, log } of logs) {
        const turn = slices.next()
        if (turn !== undefined) await turn
        if (log.failure !== null || this.entries.get(key)?.log !== log) continue
        if (this.#noteHighWatermark(key, log)) isChanged = true
      }
      if (isChanged) await this.#write(HIGH_WATERMARK_CHECKPOINT, this.highWatermarks)
    })
  }

  /** The folder goes offline: the next start is told, if the disk still takes it. At once, before anybody can act on it. */
  writeFailedMarker(): void {
    const { files, logger } = this.#resources.env
    try {
      files.openSync(`${this.path}/${FAILED_MARKER}`, 'create').closeSync()
    } catch (error) {
      logger.warn('A failed data folder could not be marked', { path: this.path, error: String(error) })
    }
  }

  /** Once every log was recovered (and written again after a failed sync), the last stop is over. */
  async endRecovery(): Promise<void> {
    const { files } = this.#resources.env
    if (this.error !== null || [...this.entries.values()].some((entry) => entry.needsRecovery)) return
    if (this.hadFailedSync) await removeIfPresent(files, `${this.path}/${FAILED_MARKER}`)
    this.hadFailedSync = false
    if (this.#bootId !== null && this.pageCache !== 'kept') await noteBoot(files, this.path, this.#bootId)
    this.pageCache = 'kept'
  }

  async writeCleanMarker(brokerEpoch: number): Promise<void> {
    const path = `${this.path}/${CLEAN_SHUTDOWN_MARKER}`
    await writeFileAtomic(this.#resources.env.files, path, formatCleanShutdown(brokerEpoch))
  }

  /** After {@link load}. */
  openJournal(onFailed: (error: LogError) => void): void {
    const { env, limits, counters, syncTimes } = this.#resources
    const { journalSegmentBytes: segmentBytes, journalSegments: segmentsMax } = limits
    if (segmentBytes === 0) return
    const { path: folder, pace } = this
    this.journal = new Journal({ env, folder, segmentBytes, segmentsMax, counters, syncTimes, pace, onFailed })
  }

  /** Every log is closed, and synced: the next start finds nothing to write again. */
  async emptyJournal(): Promise<void> {
    await this.journal?.empty()
  }

  async release(): Promise<void> {
    await this.journal?.close()
    const lock = this.#lock
    this.#lock = null
    await lock?.release()
  }

  /** A folder got the partition's name. Nothing is recorded of it. */
  adopt(topicPartition: TopicPartition): void {
    this.#addFound(topicPartition, 'recover')
  }

  /** Writes what only the journal holds into the logs; afterwards it holds nothing. */
  async #settleJournal(content: readonly { name: string; isDirectory: boolean }[]): Promise<void> {
    const { files, logger } = this.#resources.env
    const plain = content.filter(({ isDirectory }) => !isDirectory).map(({ name }) => name)
    const paths = journalPathsIn(this.path, plain)
    if (this.wasClean) return dropStaleRecords(files, paths)
    if (paths.length === 0) return
    const settledBelow = (log: TopicPartition): number => {
      const key = checkpointKey(log)
      return Math.max(this.recoveryPoints.get(key) ?? 0, this.logStarts.get(key) ?? 0)
    }
    await replayJournal({ files, logger, folder: this.path, paths, settledBelow, hadFailedSync: this.hadFailedSync })
  }

  #addFound(topicPartition: TopicPartition, how: 'as the folder' | 'recover' = 'as the folder'): void {
    this.entries.set(checkpointKey(topicPartition), {
      topicPartition,
      directory: this,
      topicId: undefined,
      log: null,
      opening: null,
      error: null,
      needsRecovery: how === 'recover' || !this.wasClean,
      recordedIn: [],
    })
  }

  /** A crash may come between the renaming of a folder and the next checkpoint. */
  async #forgetDeleted(): Promise<void> {
    const recorded = this.recoveryPoints.size + this.logStarts.size + this.highWatermarks.size
    const names = this.deleted.map((path) => parseFolder(path.slice(path.lastIndexOf('/') + 1)))
    for (const folder of names) {
      const partition = folder?.kind === 'delete' ? parseFolder(folder.of) : null
      if (partition?.kind !== 'partition' || this.entries.has(checkpointKey(partition.topicPartition))) continue
      this.drop(partition.topicPartition)
    }
    // At once: a new partition of that name may be made before the next checkpoint, and the power fail.
    const isChanged = this.recoveryPoints.size + this.logStarts.size + this.highWatermarks.size < recorded
    if (isChanged) await this.checkpoint()
  }

  #openLogs(): { key: string; log: PartitionLog }[] {
    const logs: { key: string; log: PartitionLog }[] = []
    for (const [key, { log }] of this.entries) if (log !== null) logs.push({ key, log })
    return logs
  }

  /** Needed only where the files do not say it: a start within a segment, or files of removed ones that may still be there. */
  #noteLogStart(key: string, log: PartitionLog): void {
    const begins = log.segmentBaseOffsets[0] ?? 0
    if (log.logStartOffset > begins || (log.logStartOffset > 0 && !log.isSettled))
      this.logStarts.set(key, log.logStartOffset)
    else this.logStarts.delete(key)
  }

  #noteHighWatermark(key: string, log: PartitionLog): boolean {
    if (this.highWatermarks.get(key) === log.highWatermark) return false
    this.highWatermarks.set(key, log.highWatermark)
    return true
  }

  async #read(name: string, into: OffsetCheckpoint): Promise<void> {
    const { files, logger } = this.#resources.env
    const content = await readIfPresent(files, `${this.path}/${name}`)
    if (content === null) return
    const offsets = parseOffsetCheckpoint(content)
    if (offsets === null) logger.warn('A checkpoint is damaged and counts as empty', { path: `${this.path}/${name}` })
    else for (const [key, offset] of offsets) into.set(key, offset)
  }

  async #writeCleanerOffsets(): Promise<void> {
    if (!this.#areCleanerOffsetsStale) return
    this.#areCleanerOffsetsStale = false
    await this.#write(CLEANER_CHECKPOINT, this.cleanerOffsets)
  }

  async #write(name: string, offsets: OffsetCheckpoint): Promise<void> {
    await writeFileAtomic(this.#resources.env.files, `${this.path}/${name}`, formatOffsetCheckpoint(offsets))
  }
}
