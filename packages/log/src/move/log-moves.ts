/**
 * The moves of logs between the data folders of a store.
 *
 * How the new log takes the place of the old one, so that a crash leaves one of them: the old one is closed, with nothing missing in the copy;
 * a marker in the copy says that it is whole; the old folder is renamed to …-delete; the copy takes its name; the marker goes. A start that
 * finds a copy with the marker and no other folder finishes that. Any other copy is gone on with, after a clean stop, or begun anew.
 */
import type { FileSystem } from '@ottla/env'
import { ByteRate } from '../cleaner/work-slices.ts'
import { removeIfPresent } from '../index/index-files.ts'
import { isPassing, offlineError } from '../io-error.ts'
import { Limiter } from '../limiter.ts'
import type { LogConfig } from '../log-config.ts'
import { LogError } from '../log-error.ts'
import type { LogResources } from '../log-resources.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { DirectoryEntry, LogDirectory } from '../store/log-directory.ts'
import { checkpointKey } from '../store/offset-checkpoint.ts'
import { folderName, renamedFolder } from '../store/partition-folder.ts'
import type { TopicPartition } from '../types.ts'
import { isDiskError, LogMove } from './log-move.ts'

/** In a copy that is whole. */
const WHOLE_MARKER = '.ottla-future-whole'

/** What a log is about to be, as DescribeLogDirs shows it. */
export interface MoveStatus {
  readonly topicPartition: TopicPartition
  /** Path of the data folder that it goes to. */
  readonly directory: string
  readonly sizeBytes: number
  readonly offsetLag: number
}

/** Who uses the logs of the store. */
export interface MoveHooks {
  /** Runs the job when nothing else is done with the partition's folder. */
  exclusively(topicPartition: TopicPartition, job: () => Promise<void>): Promise<void>
  /** The partition's log was closed; the one that is opened now is in another folder. */
  moved(topicPartition: TopicPartition): Promise<void>
}

/** What moves need of the store. */
export interface MoveStore {
  readonly resources: LogResources
  readonly configOf: (topic: string) => LogConfig
  readonly entry: (topicPartition: TopicPartition) => DirectoryEntry | undefined
  /** The open log. */
  readonly open: (entry: DirectoryEntry) => Promise<PartitionLog | null>
  readonly openAgain: (topicPartition: TopicPartition) => Promise<PartitionLog>
  readonly directoryFailed: (directory: LogDirectory, error: LogError) => void
  readonly deleteLater: (path: string, config: LogConfig) => void
  /** replica.alter.log.dirs.io.max.bytes.per.second */
  readonly bytesPerSecond: () => number
}

const CONCURRENT_MOVES = 2
const RETRY_MS = 5000

export class LogMoves {
  hooks: MoveHooks = { exclusively: (_partition, job) => job(), moved: () => Promise.resolve() }
  readonly #store: MoveStore
  readonly #moves = new Map<string, LogMove>()
  readonly #running = new Set<Promise<void>>()
  readonly #limiter = new Limiter(CONCURRENT_MOVES)
  readonly #rate: ByteRate
  #isClosed = false

  constructor(store: MoveStore) {
    this.#store = store
    this.#rate = new ByteRate(store.bytesPerSecond)
  }

  *status(): IterableIterator<MoveStatus> {
    for (const move of this.#moves.values()) {
      const { topicPartition, target } = move.options
      const source = this.#store.entry(topicPartition)?.log
      if (source == null) continue
      const { sizeBytes } = move
      yield { topicPartition, directory: target.path, sizeBytes, offsetLag: move.offsetLag(source) }
    }
  }

  /** Begins to move the log, goes on with it, or, where it is there already, gives up another move. */
  async start(topicPartition: TopicPartition, target: LogDirectory): Promise<void> {
    await this.hooks.exclusively(topicPartition, async () => {
      const before = this.#moves.get(checkpointKey(topicPartition))
      if (before?.options.target === target) return
      await this.cancel(topicPartition)
      const entry = this.#store.entry(topicPartition)
      if (entry === undefined || entry.directory === target || this.#isClosed) return
      const { random } = this.#store.resources.env
      this.#begin(entry, target, `${target.path}/${renamedFolder(topicPartition, 'future', random.bytes(16))}`)
    })
  }

  /** Gives up a move; what was copied goes. Nothing else is done with the partition's folder meanwhile. */
  async cancel(topicPartition: TopicPartition): Promise<void> {
    const move = this.#take(topicPartition)
    if (move === undefined) return
    await move.callOff('drop')
    const { path, target } = move.options
    try {
      await this.#store.resources.env.files.removeDirectory(path)
    } catch (error) {
      this.#store.directoryFailed(target, offlineError(`removing ${path}`, error))
    }
  }

  /** Finishes what a crash interrupted: a copy that is whole takes the place of a folder that is not there any more. */
  async adopt(directories: readonly LogDirectory[]): Promise<void> {
    const { files } = this.#store.resources.env
    const areAllThere = directories.every(({ error }) => error === null)
    for (const directory of directories) {
      if (directory.error !== null) continue
      for (const future of [...directory.futures]) {
        if (!(await isWhole(files, future.path))) continue
        if (this.#store.entry(future.topicPartition) !== undefined) await forgetWhole(files, future.path)
        else if (areAllThere) {
          await unmark(files, future.path, directory.folderOf(future.topicPartition))
          directory.adopt(future.topicPartition)
        }
        if (this.#store.entry(future.topicPartition)?.directory === directory) {
          directory.futures.splice(directory.futures.indexOf(future), 1)
        }
      }
    }
  }

  /** Goes on with what a start found in the folders. */
  async resume(directories: readonly LogDirectory[]): Promise<void> {
    for (const directory of directories) {
      for (const { path, topicPartition } of directory.futures.splice(0)) {
        const entry = this.#store.entry(topicPartition)
        const isWanted =
          entry !== undefined && entry.directory !== directory && !this.#moves.has(checkpointKey(topicPartition))
        if (isWanted && directory.wasClean) this.#begin(entry, directory, path)
        else await this.#store.resources.env.files.removeDirectory(path).catch(() => {})
        // A copy that a crash cut off may have holes: where the source is compacted, nothing tells them from what was cleaned away.
        if (isWanted && !directory.wasClean) await this.start(topicPartition, directory)
      }
    }
  }

  /** Ends all; a later start goes on. */
  async close(): Promise<void> {
    this.#isClosed = true
    const moves = [...this.#moves.values()]
    this.#moves.clear()
    await Promise.all(moves.map((move) => move.callOff('clean')))
    await Promise.all(this.#running)
  }

  #take(topicPartition: TopicPartition): LogMove | undefined {
    const key = checkpointKey(topicPartition)
    const move = this.#moves.get(key)
    this.#moves.delete(key)
    return move
  }

  #begin(entry: DirectoryEntry, target: LogDirectory, path: string): void {
    const { resources, configOf, directoryFailed } = this.#store
    const { topicPartition, topicId } = entry
    const move = new LogMove({
      resources,
      topicPartition,
      target,
      path,
      topicId,
      config: configOf(topicPartition.topic),
      rate: this.#rate,
      failed: (error) => {
        if (error.code === 'OFFLINE') directoryFailed(target, error)
      },
    })
    this.#moves.set(checkpointKey(topicPartition), move)
    const running = this.#limiter.run(() => this.#run(move)).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #run(move: LogMove): Promise<void> {
    const { topicPartition, target } = move.options
    const { env } = this.#store.resources
    const fields = { log: folderName(topicPartition), to: target.path }
    env.logger.info('A log is being moved', fields)
    while (!move.isCalledOff && target.error === null) {
      try {
        if (await this.#moveOnce(move)) {
          env.logger.info('A log was moved', fields)
          return
        }
      } catch (error) {
        if (move.isCalledOff) return
        env.logger.warn('A log could not be moved yet', { ...fields, error: String(error) })
        if (error instanceof LogError && error.code === 'OFFLINE') break
      }
      await new Promise<void>((resolve) => env.timers.after(RETRY_MS, resolve))
    }
    if (!move.isCalledOff) this.#take(topicPartition)
  }

  /** False when there is no log to move now. */
  async #moveOnce(move: LogMove): Promise<boolean> {
    const { topicPartition } = move.options
    const entry = this.#store.entry(topicPartition)
    if (entry === undefined) throw new LogError('OFFLINE', 'the partition is gone')
    const source = await this.#store.open(entry)
    if (source === null) return false
    await move.catchUp(source)
    let isDone = false
    try {
      await this.hooks.exclusively(topicPartition, async () => {
        // It may have been deleted, or the move given up, while others used the folder.
        if (move.isCalledOff || this.#store.entry(topicPartition) !== entry || entry.log !== source) return
        let switched: () => void = () => {}
        const isSwitched = new Promise<void>((resolve) => {
          switched = resolve
        })
        await source.handOver(async () => {
          await move.finish(source)
          // Who asks for the log from now on gets the one that is opened then.
          entry.log = null
          entry.opening = isSwitched.then(() => this.#store.openAgain(topicPartition))
          entry.opening.catch(() => {})
        })
        try {
          await this.#switch(entry, source, move)
          this.#take(topicPartition)
          isDone = true
        } finally {
          entry.opening = null
          switched()
        }
      })
    } finally {
      // Wherever it is now.
      if (source.isClosed && source.failure === null) await this.hooks.moved(topicPartition)
    }
    return isDone
  }

  async #switch(entry: DirectoryEntry, source: PartitionLog, move: LogMove): Promise<void> {
    const { target, path, topicPartition } = move.options
    const { directory } = entry
    const { env } = this.#store.resources
    const key = checkpointKey(topicPartition)
    let failing = target
    try {
      await mark(env.files, path)
      failing = directory
      const deleted = `${directory.path}/${renamedFolder(topicPartition, 'delete', env.random.bytes(16))}`
      await env.files.rename(source.path, deleted)
      await env.files.syncDirectory(directory.path)
      failing = target
      await unmark(env.files, path, target.folderOf(topicPartition))
      noteMoved(directory, target, { key, source })
      directory.drop(topicPartition)
      target.entries.set(key, {
        ...entry,
        directory: target,
        log: null,
        opening: null,
        error: null,
        needsRecovery: true,
        recordedIn: [],
      })
      for (const each of [target, directory]) {
        failing = each
        await each.checkpoint()
      }
      this.#store.deleteLater(deleted, source.config)
    } catch (error) {
      // Nobody knows which of the two folders has the log's name: a start finds out.
      if (!isDiskError(error) || isPassing(error)) throw error
      this.#store.directoryFailed(failing, offlineError(`moving ${source.path} to ${path}`, error))
      throw error
    }
  }
}

async function isWhole(files: FileSystem, path: string): Promise<boolean> {
  return (await files.stat(`${path}/${WHOLE_MARKER}`)) !== null
}

/** The old folder is there: the copy is not what counts. */
async function forgetWhole(files: FileSystem, path: string): Promise<void> {
  await removeIfPresent(files, `${path}/${WHOLE_MARKER}`)
  await files.syncDirectory(path)
}

async function mark(files: FileSystem, path: string): Promise<void> {
  files.openSync(`${path}/${WHOLE_MARKER}`, 'create').closeSync()
  await files.syncDirectory(path)
  // The copy's own name.
  await files.syncDirectory(path.slice(0, path.lastIndexOf('/')))
}

async function unmark(files: FileSystem, path: string, folder: string): Promise<void> {
  await files.rename(path, folder)
  await files.syncDirectory(folder.slice(0, folder.lastIndexOf('/')))
  await removeIfPresent(files, `${folder}/${WHOLE_MARKER}`)
  await files.syncDirectory(folder)
}

/** What was recorded of the log, as it is in its new folder: everything there is synced. */
function noteMoved(from: LogDirectory, to: LogDirectory, { key, source }: { key: string; source: PartitionLog }): void {
  to.recoveryPoints.set(key, source.logEndOffset)
  to.highWatermarks.set(key, source.highWatermark)
  if (source.logStartOffset > 0) to.logStarts.set(key, source.logStartOffset)
  const cleaned = from.cleanerOffsets.get(key)
  if (cleaned !== undefined) to.noteCleaned(key, cleaned)
}
