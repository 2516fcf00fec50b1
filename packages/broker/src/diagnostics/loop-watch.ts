/**
 * Watches how late the event loop is: by a timer that ought to come at equal distances. One that comes far too late gets a line, with
 * what is known of what ran.
 */
import type { Clock, Logger, Timer, Timers } from '@ottla/env'
import { LineLimit, type ServerRequest } from '@ottla/net'
import { apiOf } from '@ottla/protocol'
import type { RecentHistogram } from '@ottla/stdx'
import type { RequestContext } from '../request-context.ts'

const SAMPLE_MS = 250
const LINES = { burst: 5, perSecond: 0.2 }
const MICROS_PER_MS = 1000

export interface LoopWatchOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** Gets how late each timer came, microseconds. */
  readonly delays: RecentHistogram
  /** ottla.loop.stall.threshold.ms; -1: no line. */
  readonly stallMs: () => number
  /** Processor time of the process since its start, milliseconds; null where nobody knows. */
  readonly cpuMs: () => number | null
}

export class LoopWatch {
  readonly #options: LoopWatchOptions
  readonly #lines: LineLimit
  #timer: Timer | null = null
  /** Of the requests since the last sample the one that held the loop the longest. */
  #longest: ServerRequest | null = null
  #longestMs = 0
  #requests = 0
  #cpuMs: number | null = null

  constructor(options: LoopWatchOptions) {
    this.#options = options
    this.#lines = new LineLimit(() => options.clock.monotonic(), LINES)
  }

  start(): void {
    const dueAt = this.#options.clock.monotonic() + SAMPLE_MS
    this.#timer = this.#options.timers.after(SAMPLE_MS, () => {
      this.#sample(Math.max(0, this.#options.clock.monotonic() - dueAt))
      this.start()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** A request was handled, as far as that goes in one turn. */
  handled(request: ServerRequest): void {
    this.#requests += 1
    const ms = request.handledAt - request.startedAt
    if (ms <= this.#longestMs) return
    this.#longestMs = ms
    this.#longest = request
  }

  #sample(lateMs: number): void {
    this.#options.delays.record(lateMs * MICROS_PER_MS)
    const stallMs = this.#options.stallMs()
    const cpuMs = this.#options.cpuMs()
    const usedMs = cpuMs === null || this.#cpuMs === null ? null : Math.round(cpuMs - this.#cpuMs)
    this.#cpuMs = cpuMs
    if (stallMs >= 0 && lateMs > stallMs) this.#lines.run((leftOut) => this.#tell(lateMs, usedMs, leftOut))
    this.#longest = null
    this.#longestMs = 0
    this.#requests = 0
  }

  #tell(lateMs: number, cpuMs: number | null, leftOut: number): void {
    const longest = this.#longest
    const context = longest?.attachment as RequestContext | null | undefined
    this.#options.logger.warn('the event loop was held', {
      lateMs: Math.round(lateMs),
      // Little of it: not this process held the loop, the machine did not let it run.
      ...(cpuMs === null ? undefined : { cpuMs }),
      requests: this.#requests,
      ...(longest === null
        ? undefined
        : {
            longestRequest: apiOf(longest.firstWord >> 16)?.name,
            longestMs: Math.round(this.#longestMs),
            longestBytes: longest.sizeBytes,
            clientId: context?.clientId ?? null,
          }),
      ...(leftOut === 0 ? undefined : { leftOut }),
    })
  }
}
