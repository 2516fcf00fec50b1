/** The lock of one acquired record, and how it is kept for longer than it lasts. */
import type { Env, Logger } from '@ottla/env'
import { delay } from '../time/delay.ts'

export interface RecordLockOptions {
  readonly env: Env
  /** How long it lasts, from its acquisition and from each renewal. */
  readonly lockMs: number
  readonly renew: () => Promise<void>
  /** Aborts when the consumer is being closed. */
  readonly closing: AbortSignal
}

/** It is renewed when this part of it is left. */
const RENEWED_AT = 0.5

export class RecordLock {
  readonly #options: RecordLockOptions
  /** Monotonic time. */
  #until: number

  constructor(options: RecordLockOptions) {
    this.#options = options
    this.#until = options.env.clock.monotonic() + options.lockMs
  }

  get logger(): Logger {
    return this.#options.env.logger
  }

  get isHeld(): boolean {
    return this.#until > this.#options.env.clock.monotonic()
  }

  /** It is time to renew it. */
  get isAging(): boolean {
    const { env, lockMs } = this.#options
    return this.#until - lockMs * RENEWED_AT <= env.clock.monotonic()
  }

  /** Rejects when it had run out, or where brokers cannot do it. */
  async renew(): Promise<void> {
    const { env, lockMs, renew } = this.#options
    const at = env.clock.monotonic()
    await renew()
    this.#until = at + lockMs
  }

  /** Keeps the lock for so long, or until `signal` aborts or the consumer is closed: then it resolves early. Rejects when it is lost. */
  async hold(forMs: number, signal?: AbortSignal): Promise<void> {
    const { env, lockMs, closing } = this.#options
    const end = env.clock.monotonic() + forMs
    const stop = signal === undefined ? closing : AbortSignal.any([closing, signal])
    while (!stop.aborted) {
      const now = env.clock.monotonic()
      if (now >= end) return
      const renewAt = this.#until - lockMs * RENEWED_AT
      if (renewAt <= now && this.#until < end) await this.renew()
      else await delay(env, Math.min(end, this.#until < end ? renewAt : end) - now, stop).catch(() => {})
    }
  }
}
