/**
 * Tells whoever runs the server that writes are refused, and when they work again: a line at the beginning, one every half
 * minute while it goes on, and one at the end, however many writes a full disk refuses.
 */
import type { Clock, Logger } from '@ottla/env'
import type { LogError } from '../log-error.ts'

const REPEAT_MS = 30_000
/** On a disk with a little room small writes pass while large ones fail: that is not the end. */
const QUIET_MS = 5_000

export class WriteTrouble {
  readonly #clock: Clock
  readonly #logger: Logger
  #isOn = false
  #refused = 0
  #failedAtMs = 0
  #toldAtMs = 0

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock
    this.#logger = logger
  }

  /** `appends` of a log were taken back. */
  failed(log: string, appends: number, error: LogError): void {
    const now = this.#clock.monotonic()
    this.#failedAtMs = now
    this.#refused += appends
    if (this.#isOn && now - this.#toldAtMs < REPEAT_MS) return
    this.#isOn = true
    this.#toldAtMs = now
    this.#logger.error('Writes fail and are refused', { log, refused: this.#refused, error: error.message })
  }

  /** Something was written. */
  succeeded(): void {
    if (!this.#isOn || this.#clock.monotonic() - this.#failedAtMs < QUIET_MS) return
    this.#logger.info('Writes work again', { refused: this.#refused })
    this.#isOn = false
    this.#refused = 0
  }
}
