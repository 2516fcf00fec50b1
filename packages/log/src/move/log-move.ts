/**
 * A log on its way into another data folder. It is copied into `<topic>-<partition>.<uuid>-future` there while it is written; once nothing is
 * missing but what arrives in a moment, the old log takes no more appends, the rest follows, and the new one takes its place.
 */
import { FileSystemError } from '@ottla/env'
import type { ByteRate } from '../cleaner/work-slices.ts'
import type { LogConfig } from '../log-config.ts'
import { LogError } from '../log-error.ts'
import type { LogResources } from '../log-resources.ts'
import { PartitionLog } from '../partition-log.ts'
import type { LogDirectory } from '../store/log-directory.ts'
import type { TopicPartition } from '../types.ts'

export interface LogMoveOptions {
  readonly resources: LogResources
  readonly topicPartition: TopicPartition
  readonly target: LogDirectory
  /** Of the copy, in the target. */
  readonly path: string
  readonly topicId: string | undefined
  readonly config: LogConfig
  /** Bytes per second of all moves together. */
  readonly rate: ByteRate
  /** The copy's disk fails. */
  readonly failed: (error: LogError) => void
}

const PIECE_BYTES = 1 << 20
/** Waiting is cut into pieces, so that a move that was called off ends soon. */
const WAIT_MS = 250
const RETRY_MS = 1000
/** With less than this to copy the switch may begin. */
const NEAR_BYTES = 1 << 20

export class LogMove {
  readonly options: LogMoveOptions
  #copy: PartitionLog | null = null
  #isCalledOff = false
  #copying: Promise<void> = Promise.resolve()

  constructor(options: LogMoveOptions) {
    this.options = options
  }

  get isCalledOff(): boolean {
    return this.#isCalledOff
  }

  get sizeBytes(): number {
    return this.#copy?.sizeBytes ?? 0
  }

  /** Offsets that the copy does not have yet. */
  offsetLag(source: PartitionLog): number {
    return source.logEndOffset - (this.#copy?.logEndOffset ?? source.logStartOffset)
  }

  /** Copies until little is missing. Throws {@link LogError}. */
  async catchUp(source: PartitionLog): Promise<void> {
    const copying = this.#catchUp(source)
    this.#copying = copying.catch(() => {})
    await copying
  }

  async #catchUp(source: PartitionLog): Promise<void> {
    await this.#open(source)
    for (;;) {
      const left = source.writtenEnd - this.#end
      if (left === 0) break
      const bytes = await this.#copyPiece(source)
      if (bytes < NEAR_BYTES && source.writtenEnd - this.#end < left / 2) break
      await this.#pay(bytes)
    }
    // What is left for the switch is little to sync as well.
    await this.#copy?.flush()
  }

  /** Copies what is left of a log that takes no appends, and closes the copy. Everything is synced. */
  async finish(source: PartitionLog): Promise<void> {
    const copy = this.#copy!
    while (copy.logEndOffset < source.logEndOffset) await this.#copyPiece(source)
    this.#check(source)
    copy.updateHighWatermark(source.highWatermark)
    copy.deleteRecordsBefore(source.logStartOffset)
    await copy.close({ clean: true })
    // Should the switch fail, it is opened again.
    this.#copy = null
  }

  /** Nothing of the move goes on; what was copied stays. */
  async callOff(how: 'clean' | 'drop'): Promise<void> {
    this.#isCalledOff = true
    await this.#copying
    await this.#copy?.close({ clean: how === 'clean' && this.#copy.failure === null }).catch(() => {})
  }

  get #end(): number {
    return this.#copy!.logEndOffset
  }

  async #open(source: PartitionLog): Promise<void> {
    if (this.#copy !== null) return
    const { resources, topicPartition, path, topicId, config, failed, target } = this.options
    const opening = PartitionLog.open({
      resources,
      path,
      topicPartition,
      config,
      pace: target.pace,
      // One that was found is from a clean stop.
      cleanShutdown: true,
      recoveryPoint: 0,
      onDamage: 'truncate',
      failed,
      ...(topicId === undefined ? {} : { topicId }),
    })
    this.#copy = await opening.catch((error: unknown) => {
      // A disk that fails here has failed as much as one that fails later.
      if (error instanceof LogError) failed(error)
      throw error
    })
    // A copy that was begun before, and is not of this log as it is now.
    const isSane = this.#end <= source.logEndOffset && this.#end >= source.logStartOffset
    if (!isSane || this.#copy.sizeBytes === 0) await this.#copy.truncateFullyAndStartAt(source.logStartOffset)
  }

  /** Gives the number of bytes. */
  async #copyPiece(source: PartitionLog): Promise<number> {
    this.#check(source)
    const copy = this.#copy!
    if (copy.logEndOffset < source.logStartOffset) await copy.truncateFullyAndStartAt(source.logStartOffset)
    const options = { maxBytes: PIECE_BYTES, upTo: source.writtenEnd, minOneBatch: true }
    const result = await source.read(copy.logEndOffset, options)
    this.#check(source)
    if (result.kind === 'outOfRange') return 0
    if (result.kind === 'failed') throw new LogError('WRITE_FAILED', result.message)
    const bytes = Buffer.concat(result.buffers)
    result.release()
    if (bytes.length === 0) {
      await this.#wait(WAIT_MS)
      return 0
    }
    // The log start lies within the first batch.
    if (result.firstOffset < copy.logEndOffset && copy.sizeBytes === 0) {
      await copy.truncateFullyAndStartAt(result.firstOffset)
    }
    const appended = copy.append(bytes, { origin: 'replica', leaderEpoch: -1 })
    if (appended.kind === 'rejected') throw new LogError('CLOSED', `${copy.path}: ${appended.message}`)
    await this.#written(copy)
    return bytes.length
  }

  async #written(copy: PartitionLog): Promise<void> {
    while (copy.writtenEnd < copy.logEndOffset && copy.failure === null && !copy.isClosed) {
      let isReverted = false
      await new Promise<void>((resolve) => {
        copy.onProgress = resolve
        copy.onFailed = () => resolve()
        copy.onReverted = () => {
          isReverted = true
          resolve()
        }
        if (copy.writtenEnd === copy.logEndOffset) resolve()
      })
      // A full disk: there may be room later.
      if (isReverted) await this.#wait(RETRY_MS)
    }
  }

  #check(source: PartitionLog): void {
    const failure = source.failure ?? this.#copy?.failure
    if (failure != null) throw failure
    if (this.#isCalledOff || source.isClosed)
      throw new LogError('CLOSED', `the move to ${this.options.path} was called off`)
  }

  async #pay(bytes: number): Promise<void> {
    const { clock } = this.options.resources.env
    let left = this.options.rate.take(bytes, clock.monotonic())
    while (left > 1 && !this.#isCalledOff) {
      await this.#wait(Math.min(left, WAIT_MS))
      left -= WAIT_MS
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise<void>((resolve) => this.options.resources.env.timers.after(ms, resolve))
  }
}

/** Of the disk, not of the move. */
export function isDiskError(error: unknown): boolean {
  return error instanceof FileSystemError || (error instanceof LogError && error.code === 'OFFLINE')
}
