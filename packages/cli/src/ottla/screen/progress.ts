/** How far long work is, on one line of the terminal that is written over; nothing where no terminal shows it. */
import type { Clock } from '@ottla/env'
import type { Output } from '../../io.ts'
import { formatCount, formatDuration } from '../quantities.ts'
import type { Style } from './style.ts'

export interface Progress {
  /** To what it has come by now. */
  update(done: number): void
  /** Takes the line away. */
  end(): void
}

export interface ProgressOptions {
  readonly label: string
  /** What is counted: records. */
  readonly unit: string
  /** Undefined: nobody knows. */
  readonly total?: number | undefined
}

const EVERY_MS = 100
const BAR_COLUMNS = 24
/** Work that is done by then needs no bar. */
const QUIET_MS = 300

export const noProgress: Progress = { update() {}, end() {} }

export class ProgressLine implements Progress {
  readonly #output: Output
  readonly #clock: Clock
  readonly #style: Style
  readonly #options: ProgressOptions
  readonly #startedAt: number
  #shownAt: number
  #isShown = false

  constructor(parts: { output: Output; clock: Clock; style: Style }, options: ProgressOptions) {
    this.#output = parts.output
    this.#clock = parts.clock
    this.#style = parts.style
    this.#options = options
    this.#startedAt = this.#clock.monotonic()
    this.#shownAt = this.#startedAt + QUIET_MS - EVERY_MS
  }

  update(done: number): void {
    const now = this.#clock.monotonic()
    if (now - this.#shownAt < EVERY_MS) return
    this.#shownAt = now
    this.#isShown = true
    this.#output.write(`\r\u001b[K${this.#line(done, now - this.#startedAt)}`)
  }

  end(): void {
    if (this.#isShown) this.#output.write('\r\u001b[K')
    this.#isShown = false
  }

  #line(done: number, elapsedMs: number): string {
    const { label, unit, total } = this.#options
    const perSecond = elapsedMs <= 0 ? 0 : (done * 1000) / elapsedMs
    const rate = `${formatCount(Math.round(perSecond))} ${unit}/s`
    if (total === undefined || total <= 0) return `${label}  ${formatCount(done)} ${unit}  ${this.#style.dim(rate)}`
    const share = Math.min(1, done / total)
    const filled = Math.round(share * BAR_COLUMNS)
    const bar = `${'█'.repeat(filled)}${this.#style.dim('░'.repeat(BAR_COLUMNS - filled))}`
    const left = perSecond === 0 ? '' : `, ${formatDuration(Math.max(0, ((total - done) * 1000) / perSecond))} left`
    return `${label}  ${bar}  ${Math.floor(share * 100)}%  ${this.#style.dim(`${rate}${left}`)}`
  }
}
