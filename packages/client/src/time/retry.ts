/** Repeats an attempt until it succeeds, fails for good, or its time is over. */
import type { Env } from '@ottla/env'
import { isRetriable, TimeoutError } from '../errors.ts'
import { type BackoffOptions, backoffMs } from './backoff.ts'
import type { Deadline } from './deadline.ts'
import { delay } from './delay.ts'

export interface RetryOptions {
  readonly env: Env
  readonly backoff: BackoffOptions
  readonly deadline: Deadline
  readonly signal?: AbortSignal | undefined
  /** What is attempted, for the message of the timeout: 'describe topics'. */
  readonly what: string
}

/**
 * Rejects with the first error that is not retriable, or with {@link TimeoutError} whose cause is the last error. An
 * attempt that is still under way at the deadline is abandoned.
 */
export async function retry<T>(options: RetryOptions, attempt: (deadline: Deadline) => Promise<T>): Promise<T> {
  const { env, backoff, deadline, signal } = options
  let failure: unknown
  for (let failures = 1; ; failures += 1) {
    signal?.throwIfAborted()
    try {
      return await bounded(attempt(deadline), options, failure)
    } catch (error) {
      if (!isRetriable(error) || error instanceof Expired) throw error
      failure = error
      const waitMs = backoffMs(env.random, backoff, failures)
      if (waitMs >= deadline.remainingMs) throw new Expired(options, error)
      await delay(env, waitMs, signal)
    }
  }
}

/** The timeout that {@link retry} itself gives, told apart from one that an attempt ran into. */
class Expired extends TimeoutError {
  constructor({ what, deadline }: RetryOptions, cause: unknown) {
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    super(`could not ${what} within ${deadline.timeoutMs} ms${reason}`, { cause })
  }
}

function bounded<T>(attempt: Promise<T>, options: RetryOptions, lastFailure: unknown): Promise<T> {
  const { env, deadline, signal } = options
  if (deadline.timeoutMs === Number.POSITIVE_INFINITY) return attempt
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = env.timers.after(deadline.remainingMs, () => {
      signal?.removeEventListener('abort', onAbort)
      reject(new Expired(options, lastFailure))
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    const settle = () => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    attempt.then(
      (value) => {
        settle()
        resolve(value)
      },
      (error) => {
        settle()
        reject(error)
      },
    )
  })
}
