/** Trying again, as clients do: after a broken connection and after an error that may pass. */
import type { Env } from '@ottla/env'
import { errorOf } from '@ottla/protocol'
import { WireError } from '../wire/wire-connection.ts'

/** The attempt had no effect, or a repetition does no harm: it is tried again. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain'
}

/** Something that was promised did not hold. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export interface RetryOptions {
  readonly env: Env
  /** What is tried, for the message. */
  readonly what: string
  /** Virtual milliseconds after which the attempts count as stuck. */
  readonly giveUpAfterMs: number
  /** Who gets on is not stuck: the time begins anew whenever this changes. */
  readonly progress?: () => number
}

const FIRST_BACKOFF_MS = 5
const MAX_BACKOFF_MS = 200

/** Repeats the attempt until it ends otherwise than by {@link WireError} or {@link TryAgain}. Rejects with {@link Violation} when it is stuck. */
export async function retry<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { env, what, giveUpAfterMs, progress = () => 0 } = options
  let startMs = env.clock.monotonic()
  let reached = progress()
  for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2)) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof WireError || error instanceof TryAgain)) throw error
      if (progress() !== reached) {
        reached = progress()
        startMs = env.clock.monotonic()
        backoffMs = FIRST_BACKOFF_MS
      }
      if (env.clock.monotonic() - startMs > giveUpAfterMs) {
        throw new Violation(`${what} is stuck: ${error.message}`, { cause: error })
      }
    }
    await sleep(env, backoffMs)
  }
}

export function sleep(env: Env, ms: number): Promise<void> {
  return new Promise((resolve) => {
    env.timers.after(ms, resolve)
  })
}

/** Throws TryAgain for an error that may pass, Violation for any other. */
export function expectNoError(code: number, what: string, message?: string | null): void {
  if (code === 0) return
  const { name, retriable } = errorOf(code)
  const text = `${what}: ${name}${message ? ` (${message})` : ''}`
  throw retriable ? new TryAgain(text) : new Violation(text)
}
