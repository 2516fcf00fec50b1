/**
 * Group commit of one log: at most one sync in flight, no timer. A sync covers all that is written when it really starts;
 * what is asked for meanwhile is the next one. A limiter shared by all logs keeps I/O threads free for reads.
 *
 * A failed sync is never repeated: the kernel may have dropped the pages and would report success. The log goes offline.
 */
import type { Clock, Timers } from '@ottla/env'
import type { RecentHistogram } from '@ottla/stdx'
import type { FolderSyncs } from '../folder-syncs.ts'
import { isMissing, isPassing, offlineError } from '../io-error.ts'
import type { Limiter } from '../limiter.ts'
import type { LogError } from '../log-error.ts'
import type { FileOwner, OpenFile, OpenFiles } from '../open-files.ts'
import type { Segment } from '../segment/segment.ts'

export interface SyncerOwner extends FileOwner {
  readonly writtenEnd: number
  readonly syncedEnd: number
  /** Changes whenever the log was cut: a sync that began before says nothing about what was written since. */
  readonly generation: number
  /** Segments that were made and whose names are not known to be durable. */
  unnamedSegments(): Segment[]
  /** All below `end` survives a loss of power. */
  synced(end: number): void
  failed(error: LogError): void
}

export interface LogSyncerOptions {
  readonly folders: FolderSyncs
  readonly timers: Timers
  readonly openFiles: OpenFiles
  readonly limiter: Limiter
  readonly counters: { syncs: number }
  /** Microseconds of each sync of a log. */
  readonly syncTimes: RecentHistogram
  readonly clock: Clock
  readonly folder: string
  readonly owner: SyncerOwner
}

const REOPEN_MS = 100
const MICROS_PER_MS = 1000

export class LogSyncer {
  readonly #options: LogSyncerOptions
  /** Segments with bytes that were not synced. */
  #dirtySegments = new Set<Segment>()
  /** Other files to sync, such as the indexes of a sealed segment, and what to do then. */
  #dirtyFiles: { path: string; synced: () => void }[] = []
  /** Folders in which names were made, renamed or removed. */
  #dirtyFolders = new Set<string>()
  #wantedEnd = -1
  #isRunning = false
  #isStopped = false
  #waiters: (() => void)[] = []

  constructor(options: LogSyncerOptions) {
    this.#options = options
  }

  get isDirty(): boolean {
    return this.#dirtySegments.size > 0 || this.#dirtyFiles.length > 0 || this.#dirtyFolders.size > 0
  }

  /** Files beside the segments wait for a sync, or one is running. */
  get hasFiles(): boolean {
    return this.#dirtyFiles.length > 0 || this.#dirtyFolders.size > 0 || this.#isRunning
  }

  noteWritten(segment: Segment): void {
    this.#dirtySegments.add(segment)
  }

  /** The next sync covers this file too. */
  noteFile(path: string, synced: () => void): void {
    this.#dirtyFiles.push({ path, synced })
  }

  /** The next sync covers the names in this folder. */
  noteFolder(path: string): void {
    this.#dirtyFolders.add(path)
  }

  /** All below `end` shall be synced. It may not be written yet. */
  request(end: number): void {
    if (end > this.#wantedEnd) this.#wantedEnd = end
    this.proceed()
  }

  /** Starts a sync if one is wanted and there is something written for it. Called when the written end moved. */
  proceed(): void {
    const { owner } = this.#options
    if (this.#isRunning || this.#isStopped) return
    if (this.#wantedEnd <= owner.syncedEnd || owner.writtenEnd <= owner.syncedEnd) return
    this.#start()
  }

  /** Syncs what is written and every name and file noted, now; resolves when it is done or has failed. */
  async settle(): Promise<void> {
    while ((this.#isRunning || this.isDirty) && !this.#isStopped) {
      if (!this.#isRunning) this.#start()
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** No sync starts any more; a running one is let go. */
  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  /** The log was cut at `end`: no one wants more than that any longer. */
  lowerWanted(end: number): void {
    this.#wantedEnd = Math.min(this.#wantedEnd, end)
  }

  #start(): void {
    this.#isRunning = true
    this.#options.limiter
      .run(() => this.#sync())
      .then(
        () => this.#ended(),
        (error: unknown) => this.#broke(error),
      )
  }

  #ended(): void {
    this.#isRunning = false
    this.#wake()
    this.proceed()
  }

  #broke(error: unknown): void {
    this.#isRunning = false
    this.#isStopped = true
    this.#options.owner.failed(offlineError(`syncing ${this.#options.folder}`, error))
    this.#wake()
  }

  async #sync(): Promise<void> {
    const { folders: folderSyncs, owner } = this.#options
    if (this.#isStopped) return
    this.#options.counters.syncs++
    const { clock, syncTimes } = this.#options
    const startedAt = clock.monotonic()
    const end = owner.writtenEnd
    const generation = owner.generation
    const segments = [...this.#dirtySegments].filter((segment) => !segment.isRemoved)
    const sizes = segments.map((segment) => segment.writtenBytes)
    const unnamed = owner.unnamedSegments()
    const others = this.#dirtyFiles
    const folders = [...this.#dirtyFolders]
    this.#dirtySegments = new Set()
    this.#dirtyFiles = []
    this.#dirtyFolders = new Set()
    // One after the other: the limiter bounds files that are synced at once, not logs, or a thousand new ones would take all I/O threads.
    for (const segment of segments) await this.#syncFile(segment.logPath, () => segment.isRemoved)
    for (const { path } of others) await this.#syncFile(path, () => false)
    if (this.#isStopped) return
    // Names after contents: a file that is found after a crash has what was in it.
    for (const folder of folders) await folderSyncs.sync(folder)
    syncTimes.record((clock.monotonic() - startedAt) * MICROS_PER_MS)
    if (folders.includes(this.#options.folder)) for (const segment of unnamed) segment.isNamed = true
    for (const { synced } of others) synced()
    if (owner.generation !== generation) return
    segments.forEach((segment, i) => {
      segment.syncedBytes = Math.max(segment.syncedBytes, sizes[i]!)
    })
    owner.synced(end)
  }

  async #syncFile(path: string, isGone: () => boolean): Promise<void> {
    // The log let its files go meanwhile: they are not opened again.
    if (this.#isStopped) return
    let file: OpenFile
    try {
      file = await this.#open(path)
    } catch (error) {
      // Retention may have taken the file away meanwhile.
      if (isMissing(error) || isGone()) return
      throw error
    }
    const unsyncedBy = file.unsyncedBy
    file.unsyncedBy = null
    try {
      await file.handle.dataSync()
    } catch (error) {
      file.unsyncedBy = unsyncedBy
      if (!isGone()) throw error
    } finally {
      this.#options.openFiles.giveBack(file)
    }
  }

  /** Descriptors may run out for a while; that says nothing about what was written. */
  async #open(path: string): Promise<OpenFile> {
    for (;;) {
      try {
        return this.#options.openFiles.take(path, 'r+')
      } catch (error) {
        if (!isPassing(error) || this.#isStopped) throw error
        await new Promise<void>((resolve) => this.#options.timers.after(REOPEN_MS, resolve))
      }
    }
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
