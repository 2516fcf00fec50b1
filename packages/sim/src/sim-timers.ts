import type { Timer, Timers } from '@ottla/env'
import { assert } from '@ottla/stdx'
import type { Process } from './process.ts'

const NEVER: Timer = { cancel: () => {} }

/** Timers on virtual time: never early, and late only when the process is held. */
export function simTimers(process: Process): Timers {
  const label = `${process.host.name} timer`
  return {
    after: (delayMs, fn) => {
      assert(!Number.isNaN(delayMs), 'delay is a number')
      if (delayMs === Number.POSITIVE_INFINITY) return NEVER
      const event = process.later(Math.max(0, delayMs), label, fn)
      return {
        cancel: () => {
          event.isCancelled = true
        },
      }
    },
    defer: (fn) => process.defer(fn),
  }
}
