/** Waiting, in tools. */
import type { Env } from '@ottla/env'

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export function pause(env: Env, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const done = () => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = env.timers.after(delayMs, done)
    signal?.addEventListener('abort', done)
  })
}

/** Resolves in the next turn of the event loop: what arrived meanwhile has been handled. */
export function nextTurn(env: Env): Promise<void> {
  return new Promise((resolve) => env.timers.defer(resolve))
}
