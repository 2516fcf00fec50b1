import fs from 'node:fs'
import type { LogFormatter } from '../log-format.ts'
import type { LogLine } from '../structured-logger.ts'

/** Lines that the reader of a pipe does not take are kept up to this, then dropped and counted. */
const PENDING_CHARS_MAX = 4 * 1024 * 1024
const RETRY_MS = 10

/** Sinks that are not closed: one listener for all, however many there are in a process. */
const open = new Set<LogSink>()

function flushAll(): void {
  for (const sink of open) sink.flush()
}

/**
 * Writes lines to a file descriptor: one write per turn of the event loop, at once for 'fatal', and the rest when the process
 * ends. Writing is synchronous, so that the last lines before a crash are there.
 */
export class LogSink {
  readonly #descriptor: number
  readonly #format: LogFormatter
  #pending = ''
  /** What a full pipe did not take; goes before `pending`. */
  #rest: Buffer = Buffer.alloc(0)
  #dropped = 0
  #isScheduled = false

  constructor(options: { readonly descriptor: number; readonly format: LogFormatter }) {
    this.#descriptor = options.descriptor
    this.#format = options.format
    if (open.size === 0) process.on('exit', flushAll)
    open.add(this)
  }

  write(line: LogLine): void {
    if (this.#pending.length > PENDING_CHARS_MAX) {
      this.#dropped++
      return
    }
    this.#pending += `${this.#format(line)}\n`
    if (line.level === 'fatal') this.flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => this.#flushScheduled())
    }
  }

  /** Writes what is pending as far as the descriptor takes it. */
  flush(): void {
    if (this.#rest.length > 0 && !this.#writeOut()) return
    this.#rest = Buffer.from(this.#takePending())
    this.#writeOut()
  }

  close(): void {
    this.flush()
    open.delete(this)
    if (open.size === 0) process.off('exit', flushAll)
  }

  /** False when the descriptor is full. */
  #writeOut(): boolean {
    try {
      while (this.#rest.length > 0) this.#rest = this.#rest.subarray(fs.writeSync(this.#descriptor, this.#rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
      // The reader went away: there is nobody to tell.
      this.#rest = Buffer.alloc(0)
    }
    return true
  }

  #takePending(): string {
    let text = this.#pending
    if (this.#dropped > 0) text += `${this.#dropped} log lines dropped: the reader of the log does not keep up\n`
    this.#pending = ''
    this.#dropped = 0
    return text
  }

  #flushScheduled(): void {
    this.#isScheduled = false
    this.flush()
    if (this.#pending === '' && this.#rest.length === 0) return
    this.#isScheduled = true
    setTimeout(() => this.#flushScheduled(), RETRY_MS).unref()
  }
}
