/** Work that is done again and again: the next run is a period after the end of the last one. */
import type { Logger, Timer, Timers } from '@ottla/env'

export interface PeriodicOptions {
  readonly name: string
  readonly periodMs: number
  readonly timers: Timers
  readonly logger: Logger
  readonly run: () => Promise<void> | void
}

export class Periodic {
  readonly #options: PeriodicOptions
  #timer: Timer | null = null
  #running: Promise<void> | null = null
  #isStopped = false

  constructor(options: PeriodicOptions) {
    this.#options = options
    this.#schedule()
  }

  /** No further run; resolves when the present one is over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#timer = this.#options.timers.after(this.#options.periodMs, () => {
      this.#running = this.#run().finally(() => {
        this.#running = null
        this.#schedule()
      })
    })
  }

  /** A failure is logged, and the next run tries again. */
  async #run(): Promise<void> {
    const { name, logger, run } = this.#options
    try {
      await run()
    } catch (error) {
      logger.error('periodic work failed', { work: name, error })
    }
  }
}
