/**
 * Moves appends of one log into its files, in order, and says how it went.
 *
 * Appends wait until the turn ends; then those of one segment go in one vectored write. In the event loop when that is
 * quick (see WritePace), else on the I/O threads, one write at a time: what arrives meanwhile is the next one.
 *
 * A write is all or nothing. When one fails or is short, the file is cut back to the written end, and everything that was
 * appended but not written is taken back: the caller's state goes back to the written end as well. An error after which
 * the file is not known (EIO, a failed cut) is the end of this log.
 */
import type { Env } from '@ottla/env'
import { Deque } from '@ottla/stdx'
import { isPassing, offlineError } from '../io-error.ts'
import { LogError } from '../log-error.ts'
import type { FileOwner, OpenFile, OpenFiles } from '../open-files.ts'
import type { Segment } from '../segment/segment.ts'
import type { WritePace } from './write-pace.ts'
import type { WriteTurn } from './write-turn.ts'

/** Something appended, not yet in its file. */
export interface PendingWrite {
  readonly records: Buffer
  readonly segment: Segment
  /** Where it goes in the segment's file. */
  readonly position: number
}

export interface WriterOwner<W extends PendingWrite> extends FileOwner {
  /** The writes are in their file, whole, in this order. */
  written(writes: readonly W[]): void
  /** The writes, oldest first, were taken back: they are in no file. */
  reverted(writes: readonly W[], error: LogError): void
  /** The segment's file was cut back after a failed write. */
  cutBack(segment: Segment): void
  /** Nothing can be written any more. */
  failed(error: LogError): void
  /** The segment's file was made: its folder needs a sync. */
  created(segment: Segment): void
  /**
   * The segment's file is about to be made. Null when the names of those before it are durable; else a promise for it, which
   * never rejects. A later segment must not outlive an earlier one.
   */
  namesBefore(segment: Segment): Promise<void> | null
}

export interface LogWriterOptions<W extends PendingWrite> {
  readonly env: Env
  readonly files: OpenFiles
  readonly pace: WritePace
  readonly turn: WriteTurn
  readonly owner: WriterOwner<W>
}

/** Bounds of one vectored write: the kernel takes 1024 buffers at once. */
const BUFFERS_MAX = 1024
const WRITE_BYTES_MAX = 8 << 20

export class LogWriter<W extends PendingWrite> {
  readonly #options: LogWriterOptions<W>
  readonly #pending = new Deque<W>()
  #inFlight: readonly W[] | null = null
  #isScheduled = false
  /** The next segment waits for the names of those before it. */
  #isBlocked = false
  #isStopped = false
  #idleWaiters: (() => void)[] = []

  constructor(options: LogWriterOptions<W>) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#inFlight === null && this.#pending.size === 0
  }

  /** The append is written when the turn ends. */
  push(write: W): void {
    this.#pending.pushBack(write)
    if (this.#isScheduled || this.#inFlight !== null) return
    this.#isScheduled = true
    this.#options.turn.add(this)
  }

  /** Writes what waits, now; what must not hold the loop is started. */
  flushWrites(): void {
    this.#isScheduled = false
    const { pace, env } = this.#options
    while (this.#inFlight === null && this.#pending.size > 0 && !this.#isStopped && !this.#mustWait()) {
      const group = this.#nextGroup()
      const bytes = bytesOf(group)
      if (!pace.maySync(bytes, env.clock.monotonic())) this.#writeAsync(group, bytes)
      else if (!this.#writeSync(group, bytes)) break
    }
    this.#wakeIdle()
  }

  /** Nothing waits and nothing is in flight when it resolves. Never rejects: failures go to the owner. */
  async idle(): Promise<void> {
    this.flushWrites()
    while (!this.isIdle) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  /** Takes back what waits; what is in flight still ends in `written` or `reverted`. */
  takeBack(error: LogError): void {
    this.#revert([], error)
  }

  /** No write starts any more; what waits is dropped without a word. */
  stop(): W[] {
    this.#isStopped = true
    const dropped = [...this.#pending]
    this.#pending.clear()
    this.#wakeIdle()
    return dropped
  }

  #mustWait(): boolean {
    if (this.#isBlocked) return true
    const { segment } = this.#pending.peekFront()!
    const names = segment.isCreated ? null : this.#options.owner.namesBefore(segment)
    if (names === null) return false
    this.#isBlocked = true
    void names.then(() => {
      this.#isBlocked = false
      this.flushWrites()
    })
    return true
  }

  #nextGroup(): W[] {
    const first = this.#pending.popFront()!
    const group = [first]
    let bytes = first.records.length
    while (group.length < BUFFERS_MAX) {
      const next = this.#pending.peekFront()
      if (next === undefined || next.segment !== first.segment) break
      bytes += next.records.length
      if (bytes > WRITE_BYTES_MAX) break
      group.push(this.#pending.popFront()!)
    }
    return group
  }

  /** False when the write failed. */
  #writeSync(group: readonly W[], bytes: number): boolean {
    const { env, pace } = this.#options
    const { segment } = group[0]!
    const file = this.#open(group)
    if (file === null) return false
    try {
      const startMs = env.clock.monotonic()
      const count = file.handle.writevSync(buffersOf(group), group[0]!.position)
      pace.noteSync(startMs, env.clock.monotonic())
      if (count !== bytes) throw shortWrite(segment, count, bytes)
    } catch (error) {
      this.#writeFailed(group, error)
      return false
    } finally {
      this.#options.files.giveBack(file)
    }
    this.#options.owner.written(group)
    return true
  }

  #writeAsync(group: readonly W[], bytes: number): void {
    const { segment } = group[0]!
    const file = this.#open(group)
    if (file === null) return
    this.#inFlight = group
    const settle = (error: unknown): void => {
      this.#options.files.giveBack(file)
      this.#inFlight = null
      if (error === null) this.#options.owner.written(group)
      else this.#writeFailed(group, error)
      this.flushWrites()
    }
    file.handle.writev(buffersOf(group), group[0]!.position).then(
      (count) => settle(count === bytes ? null : shortWrite(segment, count, bytes)),
      (error: unknown) => settle(error),
    )
  }

  /** Null when it could not be opened: the writes were taken back. */
  #open(group: readonly W[]): OpenFile | null {
    const { segment } = group[0]!
    try {
      const file = this.#options.files.take(segment.logPath, 'create')
      file.unsyncedBy = this.#options.owner
      if (!segment.isCreated) {
        segment.isCreated = true
        this.#options.owner.created(segment)
      }
      return file
    } catch (error) {
      const what = `opening ${segment.logPath}`
      if (isPassing(error)) this.#revert(group, passingError(what, error))
      else this.#end(group, offlineError(what, error))
      return null
    }
  }

  /** Cuts the file back to its written end; then everything that is not written is taken back. */
  #writeFailed(group: readonly W[], error: unknown): void {
    const { files } = this.#options
    const { segment } = group[0]!
    const what = `writing ${segment.logPath}`
    const isShort = error instanceof LogError
    if (!isShort && !isPassing(error)) {
      this.#end(group, offlineError(what, error))
      return
    }
    try {
      const file = files.take(segment.logPath, 'r+')
      try {
        file.handle.truncateSync(segment.writtenBytes)
      } finally {
        files.giveBack(file)
      }
    } catch (cutError) {
      this.#end(group, offlineError(`cutting ${segment.logPath} back after a failed write`, cutError))
      return
    }
    this.#options.owner.cutBack(segment)
    this.#revert(group, isShort ? error : passingError(what, error))
  }

  #end(group: readonly W[], error: LogError): void {
    this.#isStopped = true
    this.#revert(group, error)
    this.#options.owner.failed(error)
  }

  #revert(group: readonly W[], error: LogError): void {
    const writes = [...group, ...this.#pending]
    this.#pending.clear()
    if (writes.length > 0) this.#options.owner.reverted(writes, error)
    this.#wakeIdle()
  }

  #wakeIdle(): void {
    if (!this.isIdle || this.#idleWaiters.length === 0) return
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const wake of waiters) wake()
  }
}

function buffersOf(group: readonly PendingWrite[]): Buffer[] {
  return group.map((write) => write.records)
}

function bytesOf(group: readonly PendingWrite[]): number {
  let bytes = 0
  for (const write of group) bytes += write.records.length
  return bytes
}

function shortWrite(segment: Segment, count: number, bytes: number): LogError {
  return new LogError(
    'WRITE_FAILED',
    `writing ${segment.logPath}: ${count} of ${bytes} bytes were taken, no space left`,
  )
}

function passingError(what: string, error: unknown): LogError {
  return new LogError('WRITE_FAILED', `${what}: ${error instanceof Error ? error.message : String(error)}`, error)
}
