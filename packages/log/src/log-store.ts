/**
 * The data folders of one broker and the logs in them.
 *
 * Opening a store reads names and checkpoints only: after a clean stop a log is opened when it is first used, so that a
 * start does not grow with what is stored. One folder may fail; its logs are offline and the others go on.
 */
import type { CompactedLog } from './cleaner/log-cleaner.ts'
import { isPassing, offlineError } from './io-error.ts'
import { Limiter } from './limiter.ts'
import { DEFAULT_LOG_CONFIG } from './log-config.ts'
import { LogError } from './log-error.ts'
import { LogMoves } from './move/log-moves.ts'
import type { PartitionLog } from './partition-log.ts'
import { readBootId } from './store/boot-marker.ts'
import { NO_BROKER_EPOCH } from './store/clean-shutdown-marker.ts'
import { CompactedLogs } from './store/compacted-logs.ts'
import { FolderDeletion } from './store/folder-deletion.ts'
import { establishIdentity } from './store/identity.ts'
import { type DirectoryEntry, LogDirectory } from './store/log-directory.ts'
import { LogSlices } from './store/log-slices.ts'
import { checkpointKey } from './store/offset-checkpoint.ts'
import { openEntry, readTopicId } from './store/open-entry.ts'
import { isRetentionDue } from './store/retention-due.ts'
import type { DirectoryStatus, OpenLogStoreOptions, OpenStoredOptions, StoredPartition } from './store/store-types.ts'
import type { TopicPartition } from './types.ts'

const CLOSE_CONCURRENCY = 16
/** Nobody reads any more: syncs get all the I/O threads. */
const CLOSE_SYNCS = 8

export class LogStore {
  readonly nodeId: number
  readonly clusterId: string
  readonly #options: OpenLogStoreOptions
  readonly #directories: readonly LogDirectory[]
  readonly #deletion: FolderDeletion
  readonly #compacted: CompactedLogs
  /** Logs that were opened for work that nobody asked for: nobody tells them of new settings either. */
  readonly #idle = new WeakSet<PartitionLog>()
  /** Where partitions that are not here yet are to be. */
  readonly #preferred = new Map<string, string>()
  /** Logs on their way from one folder to another. */
  readonly moves: LogMoves
  #isClosed = false

  private constructor(options: OpenLogStoreOptions, directories: readonly LogDirectory[], clusterId: string) {
    this.#options = options
    this.#directories = directories
    this.nodeId = options.nodeId
    this.clusterId = clusterId
    this.#deletion = new FolderDeletion(options.resources)
    const { resources, configOf } = options
    this.#compacted = new CompactedLogs({
      resources,
      configOf,
      open: (entry) => this.#openIdle(entry),
      isIdle: (log) => this.#idle.has(log),
    })
    this.moves = new LogMoves({
      resources,
      configOf,
      entry: (topicPartition) => this.#entry(topicPartition),
      open: (entry) => this.#openIdle(entry),
      openAgain: (topicPartition) => this.openLog(topicPartition, { topicId: '' }),
      directoryFailed: (directory, error) => this.#directoryFailed(directory, error),
      deleteLater: (path, { fileDeleteDelayMs }) => this.#deletion.schedule(path, fileDeleteDelayMs),
      bytesPerSecond: options.moveBytesPerSecond ?? (() => Number.POSITIVE_INFINITY),
    })
  }

  /**
   * Locks the folders, checks whose they are (new ones get an identity), reads checkpoints and takes the clean-shutdown
   * markers away. Opens no log. Throws {@link LogError} 'WRONG_FOLDER', or the error of the last folder when all fail.
   */
  static async open(options: OpenLogStoreOptions): Promise<LogStore> {
    const { resources } = options
    const directories = options.directories.map((path) => new LogDirectory(resources, path))
    try {
      const clusterId = await establishIdentity(directories, options)
      const store = new LogStore(options, directories, clusterId)
      const bootId = await readBootId(resources.env.files)
      await Promise.all(directories.map((directory) => store.#load(directory, bootId)))
      await store.moves.adopt(directories)
      const failed = directories.find((directory) => directory.error !== null)?.error
      if (failed != null && directories.every((directory) => directory.error !== null)) throw failed
      return store
    } catch (error) {
      await Promise.all(directories.map((directory) => directory.release()))
      throw error
    }
  }

  get directories(): readonly DirectoryStatus[] {
    return this.#directories
  }

  /** Files of the folders' journals, and those of them that are needed now. */
  get journalSegments(): { readonly count: number; readonly used: number } {
    const sums = { count: 0, used: 0 }
    for (const { journal } of this.#directories) {
      sums.count += journal?.segmentCount ?? 0
      sums.used += journal?.segmentsInUse ?? 0
    }
    return sums
  }

  /** The disk of a folder failed under somebody else's files: it is offline, and the next start is told. */
  failDirectory(path: string, error: LogError): void {
    const directory = this.#directories.find((each) => each.path === path)
    if (directory !== undefined) this.#directoryFailed(directory, error)
  }

  isCordoned({ path }: DirectoryStatus): boolean {
    const cordoned = this.#options.cordoned?.() ?? []
    return cordoned.includes('*') || cordoned.includes(path)
  }

  /**
   * Moves a log into another folder while it is used; a partition that is not here yet will be made there. False when no folder has that
   * path.
   */
  async move(topicPartition: TopicPartition, path: string): Promise<boolean> {
    const target = this.#directories.find((directory) => directory.path === path)
    if (target === undefined) return false
    const entry = this.#entry(topicPartition)
    if (entry === undefined) this.#preferred.set(checkpointKey(topicPartition), path)
    else await this.moves.start(topicPartition, target)
    return true
  }

  /** Goes on with the moves that the last stop interrupted. */
  resumeMoves(): Promise<void> {
    return this.moves.resume(this.#directories)
  }

  /** Broker epoch in the clean-shutdown markers of the last stop; -1 when any folder was not stopped cleanly. */
  get previousBrokerEpoch(): number {
    const epochs = this.#directories.map((directory) => (directory.wasClean ? directory.brokerEpoch : NO_BROKER_EPOCH))
    return epochs.every((epoch) => epoch === epochs[0]) ? (epochs[0] ?? NO_BROKER_EPOCH) : NO_BROKER_EPOCH
  }

  *partitions(): IterableIterator<StoredPartition> {
    for (const directory of this.#directories) {
      for (const entry of directory.entries.values()) {
        yield statusOf(entry)
      }
    }
  }

  find(topicPartition: TopicPartition): StoredPartition | undefined {
    const entry = this.#entry(topicPartition)
    return entry === undefined ? undefined : statusOf(entry)
  }

  /** The open log, or undefined: then `openLog`. Synchronous, for the data path. */
  log(topicPartition: TopicPartition): PartitionLog | undefined {
    return this.#entry(topicPartition)?.log ?? undefined
  }

  /**
   * Opens (recovering if needed) or creates the log. Calls for the same partition share one promise. A folder of another
   * topic of that name goes to deletion. A folder that is missing although something was recorded for it is an error.
   */
  async openLog(topicPartition: TopicPartition, options: OpenStoredOptions): Promise<PartitionLog> {
    if (this.#isClosed) throw new LogError('CLOSED', 'the log store is closed')
    let entry = this.#entry(topicPartition)
    if (entry !== undefined && (await this.#isOtherTopic(entry, options.topicId))) {
      await this.deleteLog(topicPartition)
      entry = this.#entry(topicPartition)
    }
    entry ??= this.#newEntry(topicPartition, options)
    if (entry.log !== null && entry.log.failure === null) return entry.log
    if (entry.error !== null && entry.error.code !== 'WRITE_FAILED') throw entry.error
    entry.opening ??= this.#openEntry(entry, options)
    return entry.opening
  }

  /** Closes the log, renames its folder to …-delete and removes it after file.delete.delay.ms. */
  async deleteLog(topicPartition: TopicPartition): Promise<void> {
    await this.#takeAway(topicPartition, 'delete')
  }

  /** Renames the folder to …-stray: a partition that nobody assigned here. It is kept. */
  async setAside(topicPartition: TopicPartition): Promise<void> {
    await this.#takeAway(topicPartition, 'stray')
  }

  /** Opens every partition that was not stopped cleanly. Those that fail have their error; the others go on. */
  async recover(options: { concurrency?: number } = {}): Promise<void> {
    const limiter = new Limiter(options.concurrency ?? 2)
    const waiting = this.#entries().filter((entry) => entry.needsRecovery && entry.error === null)
    await Promise.all(
      waiting.map((entry) =>
        limiter.run(async () => {
          if (entry.log !== null || this.#isClosed) return
          entry.opening ??= this.#openEntry(entry, { topicId: '' })
          await entry.opening.catch(() => {})
        }),
      ),
    )
    await this.#eachDirectory((directory) => directory.endRecovery())
  }

  /** Writes recovery points, log starts and high watermarks of all folders. */
  async checkpoint(): Promise<void> {
    await this.#eachDirectory((directory) => directory.checkpoint())
  }

  /** Only high watermarks (every few seconds). */
  async checkpointHighWatermarks(): Promise<void> {
    await this.#eachDirectory((directory) => directory.checkpointHighWatermarks())
  }

  /** One pass of retention and of producer expiry. Logs that are not open are opened only when something is to go. */
  async applyRetention(nowMs: number): Promise<void> {
    const slices = new LogSlices(this.#options.resources.env.timers)
    for (const entry of this.#entries()) {
      const turn = slices.next()
      if (turn !== undefined) await turn
      if (this.#isClosed || entry.error !== null || entry.directory.error !== null) continue
      let { log } = entry
      if (log === null) {
        const config = this.#options.configOf(entry.topicPartition.topic)
        const folder = entry.directory.folderOf(entry.topicPartition)
        if (entry.needsRecovery || !(await isRetentionDue(this.#options.resources, folder, { config, nowMs }))) continue
        log = await this.#openIdle(entry)
      }
      if (log !== null && this.#idle.has(log)) log.updateConfig(this.#options.configOf(entry.topicPartition.topic))
      log?.expireProducers(nowMs)
      log?.applyRetention({ nowMs })
    }
  }

  /** Those with cleanup.policy compact, for the cleaner. */
  async compactedLogs(): Promise<readonly CompactedLog[]> {
    return this.#isClosed ? [] : this.#compacted.find(this.#entries())
  }

  /** `clean`: flushes all logs, writes checkpoints, and the marker where nothing is left to recover. */
  async close(options: { clean: boolean; brokerEpoch?: number }): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.resources.syncs.widen(CLOSE_SYNCS)
    await this.moves.close()
    this.#deletion.close()
    const limiter = new Limiter(CLOSE_CONCURRENCY)
    for (const directory of this.#directories) {
      const entries = [...directory.entries.values()]
      await Promise.all(
        entries.map((entry) => limiter.run(() => this.#closeEntry(entry, options.clean ? 'clean' : 'drop'))),
      )
      try {
        if (options.clean && directory.error === null) {
          await directory.checkpoint()
          await directory.endRecovery()
          const isClean = entries.every((entry) => entry.error === null && !entry.needsRecovery)
          if (isClean) await directory.emptyJournal()
          if (isClean) await directory.writeCleanMarker(options.brokerEpoch ?? NO_BROKER_EPOCH)
        }
      } catch (error) {
        this.#directoryFailed(directory, offlineError(`closing ${directory.path}`, error))
      } finally {
        await directory.release()
      }
    }
  }

  async #load(directory: LogDirectory, bootId: string | null): Promise<void> {
    if (directory.error !== null) return
    try {
      await directory.load(bootId)
      directory.openJournal((error) => this.#directoryFailed(directory, error))
      for (const path of directory.deleted) this.#deletion.schedule(path, DEFAULT_LOG_CONFIG.fileDeleteDelayMs)
    } catch (error) {
      this.#directoryFailed(directory, offlineError(`loading ${directory.path}`, error))
    }
  }

  #entries(): DirectoryEntry[] {
    return this.#directories.flatMap((directory) => [...directory.entries.values()])
  }

  #entry(topicPartition: TopicPartition): DirectoryEntry | undefined {
    const key = checkpointKey(topicPartition)
    for (const directory of this.#directories) {
      const entry = directory.entries.get(key)
      if (entry !== undefined) return entry
    }
    return undefined
  }

  async #isOtherTopic(entry: DirectoryEntry, topicId: string): Promise<boolean> {
    if (isUnspecified(topicId)) return false
    entry.topicId ??= await readTopicId(this.#options.resources, entry)
    return entry.topicId !== undefined && entry.topicId !== topicId
  }

  #newEntry(topicPartition: TopicPartition, options: OpenStoredOptions): DirectoryEntry {
    const recorded = this.#directories.filter((directory) => directory.hasRecordOf(topicPartition))
    if (recorded[0] !== undefined && options.isNew !== true && options.onDamage !== 'truncate') {
      const message = `${recorded[0].folderOf(topicPartition)} is missing, but data were recorded for it`
      throw new LogError('CORRUPT', message)
    }
    const online = this.#directories.filter((directory) => directory.error === null)
    if (options.isNew !== true && online.length < this.#directories.length) {
      // It may be in a folder that could not be read: an empty log beside it would be taken for the partition.
      const failed = this.#directories.find(({ error }) => error !== null)
      throw new LogError('OFFLINE', `${failed?.path} has failed and may hold ${checkpointKey(topicPartition)}`)
    }
    const preferred = this.#preferred.get(checkpointKey(topicPartition))
    this.#preferred.delete(checkpointKey(topicPartition))
    const open = online.filter((each) => !this.isCordoned(each))
    const directory =
      online.find((each) => each.path === preferred) ??
      online.find((each) => each.directoryId === options.directoryId) ??
      (open.length > 0 ? open : online).sort((a, b) => a.entries.size - b.entries.size)[0]
    if (directory === undefined) throw new LogError('OFFLINE', 'no data folder is left')
    for (const each of recorded) each.drop(topicPartition)
    const entry: DirectoryEntry = {
      topicPartition,
      directory,
      topicId: isUnspecified(options.topicId) ? undefined : options.topicId,
      log: null,
      opening: null,
      error: null,
      needsRecovery: false,
      recordedIn: recorded,
    }
    directory.entries.set(checkpointKey(topicPartition), entry)
    return entry
  }

  async #openEntry(entry: DirectoryEntry, options: OpenStoredOptions): Promise<PartitionLog> {
    const { directory } = entry
    try {
      if (directory.error !== null) throw directory.error
      // An earlier topic of this name was recorded: a crash after the folder is made must not take its records for the new one's.
      for (const recorded of entry.recordedIn) await recorded.checkpoint()
      entry.recordedIn = []
      const log = await openEntry(entry, {
        ...options,
        topicId: isUnspecified(options.topicId) ? undefined : options.topicId,
        resources: this.#options.resources,
        config: this.#options.configOf(entry.topicPartition.topic),
        failed: (error) => this.#logFailed(entry, error),
      })
      entry.log = log
      entry.error = null
      entry.needsRecovery = false
      return log
    } catch (error) {
      const what = `opening ${directory.folderOf(entry.topicPartition)}`
      // Without room nothing can be made, but the folder is sound: the next opening may succeed.
      const failure = isPassing(error)
        ? new LogError('WRITE_FAILED', `${what}: ${(error as Error).message}`, error)
        : offlineError(what, error)
      entry.error = failure
      if (failure.code === 'OFFLINE') this.#directoryFailed(directory, failure)
      else this.#options.resources.env.logger.error('A partition is offline', { error: failure.message })
      throw failure
    } finally {
      entry.opening = null
    }
  }

  /** Opens a log for work that nobody asked for; null when that fails. */
  async #openIdle(entry: DirectoryEntry): Promise<PartitionLog | null> {
    const isOpen = entry.log !== null
    const log = await this.openLog(entry.topicPartition, { topicId: '' }).catch(() => null)
    log?.updateHighWatermark(Math.max(log.highWatermark, statusOf(entry).highWatermark))
    if (log !== null && !isOpen) this.#idle.add(log)
    return log
  }

  async #takeAway(topicPartition: TopicPartition, kind: 'delete' | 'stray'): Promise<void> {
    await this.moves.cancel(topicPartition)
    const entry = this.#entry(topicPartition)
    if (entry === undefined) return
    await entry.opening?.catch(() => {})
    const { directory } = entry
    const delayMs =
      entry.log?.config.fileDeleteDelayMs ?? this.#options.configOf(topicPartition.topic).fileDeleteDelayMs
    try {
      await entry.log?.close({ clean: false })
      if (directory.error === null) await entry.log?.leaveJournal()
      const path = await this.#deletion.rename(directory.path, topicPartition, kind)
      directory.drop(topicPartition)
      // Nothing of the old log may count for a new one of that name. On a full disk the old checkpoints stay for now, and the
      // next start finds by the renamed folder what is not to count.
      await directory.checkpoint().catch((error: unknown) => {
        if (!isPassing(error)) throw error
      })
      if (kind === 'delete' && path !== null) this.#deletion.schedule(path, delayMs)
    } catch (error) {
      const failure = offlineError(`removing ${directory.folderOf(topicPartition)}`, error)
      this.#directoryFailed(directory, failure)
      throw failure
    }
  }

  async #closeEntry(entry: DirectoryEntry, how: 'clean' | 'drop'): Promise<void> {
    await entry.opening?.catch(() => {})
    if (entry.log === null) return
    try {
      await entry.log.close({ clean: how === 'clean' })
    } catch (error) {
      entry.error = offlineError(`closing ${entry.log.path}`, error)
    }
  }

  /** A log went offline by itself: what is wrong is the disk, so the whole folder is. */
  #logFailed(entry: DirectoryEntry, error: LogError): void {
    entry.error = error
    if (error.code === 'OFFLINE') this.#directoryFailed(entry.directory, error)
  }

  #directoryFailed(directory: LogDirectory, error: LogError): void {
    if (directory.error !== null) return
    directory.error = error
    const { env } = this.#options.resources
    env.logger.error('A data folder is offline', { path: directory.path, error: error.message })
    for (const entry of directory.entries.values()) {
      entry.error ??= error
      entry.log?.takeOffline(error)
    }
    directory.journal?.stop(error)
    directory.writeFailedMarker()
    this.#options.onDirectoryFailed?.(directory, error)
  }

  async #eachDirectory(job: (directory: LogDirectory) => Promise<void>): Promise<void> {
    const online = this.#directories.filter((directory) => directory.error === null)
    await Promise.all(
      online.map(async (directory) => {
        try {
          await job(directory)
        } catch (error) {
          if (!isPassing(error))
            this.#directoryFailed(directory, offlineError(`checkpoint in ${directory.path}`, error))
          else this.#options.resources.env.logger.warn('A checkpoint was not written', { error: String(error) })
        }
      }),
    )
  }
}

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

function isUnspecified(topicId: string): boolean {
  return topicId === '' || topicId === ZERO_UUID
}

function statusOf(entry: DirectoryEntry): StoredPartition {
  const { topicPartition, topicId, directory, log, error } = entry
  const recorded = directory.highWatermarks.get(checkpointKey(topicPartition)) ?? 0
  return { topicPartition, topicId, directory, log, error, highWatermark: Math.max(log?.highWatermark ?? 0, recorded) }
}
