import type { Clock, Timers } from '@ottla/env'
import { assert } from '@ottla/stdx'
import { type ConformanceCase, same, signal } from './case.ts'

export interface TimersContext {
  readonly clock: Clock
  readonly timers: Timers
}

export const timersCases: readonly ConformanceCase<TimersContext>[] = [
  {
    name: 'a timer is never early, and monotonic time does not go back',
    run: async ({ clock, timers }) => {
      for (const delayMs of [0, 0.3, 1, 1.5, 7]) {
        const began = clock.monotonic()
        const { promise, give } = signal()
        timers.after(delayMs, give)
        await promise
        const passed = clock.monotonic() - began
        assert(passed >= delayMs - 1e-6, `${passed} ms passed of ${delayMs}`)
      }
    },
  },
  {
    name: 'a cancelled timer does not fire, and cancelling one that fired does nothing',
    run: async ({ timers }) => {
      const fired: string[] = []
      const { promise, give } = signal()
      const early = timers.after(1, () => fired.push('early'))
      timers.after(2, () => fired.push('cancelled')).cancel()
      timers.after(5, give)
      await promise
      early.cancel()
      same(fired, ['early'], 'fired')
    },
  },
  {
    name: 'deferred calls run after the promises of the turn, in order, with what they defer themselves',
    run: async ({ timers }) => {
      const order: string[] = []
      const { promise, give } = signal()
      timers.defer(() => {
        order.push('first')
        timers.defer(() => order.push('deferred by first'))
        void Promise.resolve().then(() => {
          order.push('promise of first')
          timers.defer(give)
        })
      })
      timers.defer(() => order.push('second'))
      void Promise.resolve()
        .then(() => {})
        .then(() => order.push('promise'))
      order.push('now')
      await promise
      same(order, ['now', 'promise', 'first', 'second', 'deferred by first', 'promise of first'], 'order')
    },
  },
]
