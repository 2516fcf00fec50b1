import type { Timers } from '@ottla/env'
import type { Process } from './process.ts'

/** Timers on virtual time: never early, and late only when the process is held. */
export function simTimers(process: Process): Timers {
  const label = `${process.host.name} timer`
  return {
    after: (delayMs, fn) => {
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
