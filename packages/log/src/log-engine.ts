/**
 * The moving parts of one open log and what happens when one of them reports: bytes were written, taken back, synced, or an
 * operation failed for good. Only for this package; PartitionLog is what others see.
 */
import type { Timer } from '@ottla/env'
import { type AssignedWrite, undoAssigned } from './append/append-assign.ts'
import { EpochFile } from './epoch/epoch-file.ts'
import { removeIfPresent } from './index/index-files.ts'
import type { SegmentIndexes } from './index/segment-indexes.ts'
import { isPassing, offlineError } from './io-error.ts'
import type { JournalSeat } from './journal/journal-part.ts'
import type { LogError } from './log-error.ts'
import type { LogState } from './log-state.ts'
import { listSnapshots } from './open/folder-scan.ts'
import { loadIndexes } from './open/rebuild.ts'
import { LogReader, type ReaderOwner } from './read/log-reader.ts'
import type { Segment } from './segment/segment.ts'
import { SegmentRemoval } from './segment/segment-removal.ts'
import { LogTail } from './tail/log-tail.ts'
import { LogSyncer, type SyncerOwner } from './write/log-syncer.ts'
import { LogWriter, type WriterOwner } from './write/log-writer.ts'
import { SegmentSealer } from './write/segment-sealer.ts'
import type { WritebackClient } from './write/writeback.ts'

/** What the log tells its owner. */
export interface EngineEvents {
  progressed(): void
  reverted(endOffset: number, error: LogError): void
  failed(error: LogError): void
}

const NEVER_MS = 2 ** 53

export class LogEngine implements WriterOwner<AssignedWrite>, SyncerOwner, ReaderOwner, WritebackClient {
  readonly state: LogState
  readonly writer: LogWriter<AssignedWrite>
  readonly syncer: LogSyncer
  readonly sealer: SegmentSealer
  readonly tail: LogTail
  readonly reader: LogReader
  readonly removal: SegmentRemoval
  readonly epochFile: EpochFile
  /** Something was written or cut since the log was opened. */
  isChanged = false
  readonly #events: EngineEvents
  #flushTimer: Timer | null = null

  constructor(state: LogState, events: EngineEvents, journal: JournalSeat | null = null) {
    this.state = state
    this.#events = events
    const { resources, path: folder } = state
    const { env, openFiles } = resources
    this.tail = new LogTail(resources.tail, resources.counters)
    this.reader = new LogReader(state, this.tail, this)
    this.removal = new SegmentRemoval(state)
    this.writer = new LogWriter({ env, files: openFiles, pace: state.pace, turn: resources.turn, owner: this })
    this.syncer = new LogSyncer({
      folders: resources.folders,
      timers: env.timers,
      openFiles,
      limiter: resources.syncs,
      counters: resources.counters,
      syncTimes: resources.syncTimes,
      clock: env.clock,
      folder,
      owner: this,
      journal,
    })
    this.sealer = new SegmentSealer(state, this.syncer, (error) =>
      this.failed(offlineError(`sealing in ${folder}`, error)),
    )
    this.epochFile = new EpochFile({
      files: env.files,
      folder,
      epochs: state.epochs,
      written: (path) => {
        this.noteFile(path)
        this.syncer.noteFolder(folder)
      },
      failed: (error) => this.#derivedFailed('writing leader epochs', error),
    })
  }

  get writtenEnd(): number {
    return this.state.writtenEnd
  }

  get syncedEnd(): number {
    return this.state.syncedEnd
  }

  get fileSyncedEnd(): number {
    return this.state.fileSyncedEnd
  }

  get generation(): number {
    return this.state.generation
  }

  /** Epochs that appends began are only written when the log's end shows it. */
  pushWrites(writes: readonly AssignedWrite[]): void {
    for (const write of writes) {
      this.writer.push(write)
      if (write.epochsBefore !== null) this.epochFile.changed()
    }
  }

  /** A small derived file was written: the next sync covers it, then its handle is closed. */
  noteFile(path: string): void {
    this.syncer.noteFile(path, () => this.state.resources.openFiles.forget(path))
  }

  written(writes: readonly AssignedWrite[]): void {
    const { state } = this
    if (state.failure !== null || state.isClosed) {
      this.#release(writes)
      return
    }
    const { counters, writeback, trouble } = state.resources
    this.isChanged = true
    this.syncer.hold(writes)
    let bytes = 0
    for (const write of writes) {
      const { segment, records, changes } = write
      segment.noteWritten(records, state.config.indexIntervalBytes)
      for (const { completed } of changes) {
        if (completed?.isAborted === true) segment.indexes?.transaction.append(completed)
      }
      state.writtenEnd = write.nextOffset
      this.tail.add(write)
      bytes += records.length
    }
    counters.writes++
    counters.appends += writes.length
    counters.appendedBytes += bytes
    this.syncer.noteWritten(writes[0]!.segment)
    writeback.noteWritten(this, bytes)
    trouble.succeeded()
    this.sealer.proceed()
    this.syncer.proceed()
    this.#startFlushTimer()
    this.#events.progressed()
  }

  reverted(writes: readonly AssignedWrite[], error: LogError): void {
    const { state } = this
    undoAssigned(state, writes)
    this.#dropSegmentsAbove(state.logEndOffset)
    this.syncer.lowerWanted(state.logEndOffset)
    if (writes.some((write) => write.epochsBefore !== null)) this.epochFile.changed()
    state.resources.counters.revertedAppends += writes.length
    if (error.retriable) state.resources.trouble.failed(state.name, writes.length, error)
    this.#release(writes)
    if (!state.isClosed) this.#events.reverted(state.logEndOffset, error)
  }

  /** The next sync covers the cut, or what was cut off could come back. */
  cutBack(segment: Segment): void {
    this.syncer.noteCut(segment)
  }

  created(_segment: Segment): void {
    this.syncer.noteFolder(this.state.path)
  }

  unnamedSegments(): Segment[] {
    return this.state.segments.values().filter((segment) => segment.isCreated && !segment.isNamed)
  }

  namesBefore(segment: Segment): Promise<void> | null {
    const { segments, path, resources } = this.state
    const index = segments.indexOf(segment.baseOffset)
    const previous = index > 0 ? segments.at(index - 1) : undefined
    if (previous === undefined || previous.isNamed || !previous.isCreated) return null
    const unnamed = this.unnamedSegments()
    return resources.folders.sync(path).then(
      () => {
        for (const each of unnamed) each.isNamed = true
      },
      (error: unknown) => this.failed(offlineError(`syncing ${path}`, error)),
    )
  }

  synced(end: number): void {
    const { state } = this
    if (state.failure !== null) return
    state.syncedEnd = Math.max(state.syncedEnd, end)
    state.fileSyncedEnd = Math.max(state.fileSyncedEnd, end)
    let unsynced = 0
    for (let i = state.segments.count - 1; i >= 0; i--) {
      const segment = state.segments.at(i)
      if (segment.syncedBytes === segment.writtenBytes && segment.state === 'closed') break
      unsynced += segment.writtenBytes - segment.syncedBytes
    }
    state.resources.writeback.noteSynced(this, unsynced)
    if (state.syncedEnd < state.writtenEnd) this.#startFlushTimer()
    this.#events.progressed()
  }

  journaled(end: number): void {
    const { state } = this
    if (state.failure !== null) return
    state.syncedEnd = Math.max(state.syncedEnd, end)
    if (state.syncedEnd < state.writtenEnd) this.#startFlushTimer()
    this.#events.progressed()
  }

  startWriteback(): void {
    this.syncer.syncFiles()
  }

  fileSyncFailed(error: unknown): void {
    this.failed(offlineError(`syncing a file of ${this.state.path}`, error))
  }

  failed(error: LogError): void {
    const { state } = this
    if (state.failure !== null || state.isClosed) return
    state.failure = error
    state.resources.env.logger.error('A log is offline', { log: state.name, path: state.path, error: error.message })
    this.#release(this.writer.stop())
    this.#letGo()
    this.#events.failed(error)
  }

  loadIndexes(segment: Segment): Promise<SegmentIndexes> {
    const { state } = this
    return state.resources.indexes.load(segment.logPath, async () => {
      const snapshots = await listSnapshots(state.resources.env.files, state.path)
      return loadIndexes(state, segment, snapshots)
    })
  }

  async rebuildIndexes(segment: Segment): Promise<void> {
    const { env, indexes } = this.state.resources
    await removeIfPresent(env.files, segment.offsetIndexPath)
    indexes.forget(segment.logPath)
    await this.loadIndexes(segment)
  }

  /**
   * Drops everything in memory, and resolves when nothing is written any more. What the disk has not ended yet goes by names: once
   * the folder is renamed and another of its name is made, it would end in that one's files.
   */
  async stop(): Promise<void> {
    this.state.isClosed = true
    this.#release(this.writer.stop())
    this.#letGo()
    await Promise.all([this.writer.idle(), this.sealer.idle(), this.epochFile.stop()])
  }

  #letGo(): void {
    const { state } = this
    const { openFiles, indexes, writeback } = state.resources
    this.syncer.stop()
    this.removal.close()
    this.#flushTimer?.cancel()
    this.#flushTimer = null
    this.tail.clear()
    this.reader.forget()
    writeback.noteSynced(this, 0)
    for (const segment of state.segments.values()) {
      openFiles.forget(segment.logPath)
      indexes.forget(segment.logPath)
    }
  }

  /** Segments that were rolled for appends which were then taken back. */
  #dropSegmentsAbove(end: number): void {
    const { segments } = this.state
    let count = segments.count
    while (count > 1 && segments.at(count - 1).baseOffset > end) count--
    for (const segment of segments.removeFrom(count).reverse()) {
      try {
        this.removal.remove(segment)
      } catch (error) {
        this.failed(offlineError(`removing ${segment.logPath}`, error))
      }
      this.syncer.noteFolder(this.state.path)
    }
    if (segments.active.state === 'rolled') segments.active.state = 'active'
  }

  #startFlushTimer(): void {
    const { config, resources } = this.state
    if (config.flushMs >= NEVER_MS || this.#flushTimer !== null || this.state.isClosed) return
    this.#flushTimer = resources.env.timers.after(config.flushMs, () => {
      this.#flushTimer = null
      this.syncer.request(this.state.writtenEnd)
    })
  }

  /** A file that can be rebuilt could not be written: without room that is no reason to stop. */
  #derivedFailed(what: string, error: unknown): void {
    const { state } = this
    if (isPassing(error)) {
      const fields = { log: state.name, error: String(error) }
      state.resources.env.logger.warn('A derived file could not be written', fields)
    } else this.failed(offlineError(`${what} in ${state.path}`, error))
  }

  #release(writes: readonly AssignedWrite[]): void {
    for (const write of writes) write.owner?.release()
  }
}
