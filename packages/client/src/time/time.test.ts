import { equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { Simulation } from '@ottla/sim'
import { ArgumentError, KafkaError, TimeoutError } from '../errors.ts'
import { backoffMs } from './backoff.ts'
import { Deadline } from './deadline.ts'
import { abortable, delay } from './delay.ts'
import { retry } from './retry.ts'

const backoff = { initialMs: 100, maxMs: 1000 }

function inSimulation(body: (simulation: Simulation) => Promise<void>) {
  return () => {
    const simulation = new Simulation({ seed: 1 })
    return simulation.run(() => body(simulation))
  }
}

test(
  'back-off doubles up to its bound, give or take a fifth',
  inSimulation(async (simulation) => {
    const { random } = simulation.env('client')
    for (const [failures, base] of [
      [1, 100],
      [2, 200],
      [4, 800],
      [5, 1000],
      [1000, 1000],
    ] as const) {
      for (let at = 0; at < 50; at += 1) {
        const waitMs = backoffMs(random, backoff, failures)
        ok(waitMs >= base * 0.8 && waitMs <= base * 1.2)
      }
    }
  }),
)

test(
  'retry repeats what may succeed, and gives up at the deadline with the last reason',
  inSimulation(async (simulation) => {
    const env = simulation.env('client')
    const passing = new KafkaError('X', 'not yet', { retriable: true })
    const options = () => ({ env, backoff, deadline: new Deadline(env.clock, 2000), what: 'do it' })
    let attempts = 0
    const succeed = async () => {
      attempts += 1
      if (attempts < 4) throw passing
      return attempts
    }
    equal(await retry(options(), succeed), 4)
    await rejects(
      retry(options(), () => Promise.reject(passing)),
      (error: unknown) => {
        return (
          error instanceof TimeoutError &&
          error.cause === passing &&
          /do it within 2000 ms: not yet/.test(error.message)
        )
      },
    )
    await rejects(
      retry(options(), () => Promise.reject(new ArgumentError('no'))),
      ArgumentError,
    )
  }),
)

test(
  'retry abandons an attempt that hangs, and one that was aborted',
  inSimulation(async (simulation) => {
    const env = simulation.env('client')
    const never = () => new Promise<never>(() => {})
    const deadline = new Deadline(env.clock, 500)
    await rejects(retry({ env, backoff, deadline, what: 'wait' }, never), TimeoutError)
    equal(simulation.now, 500)
    const abort = new AbortController()
    const long = new Deadline(env.clock, 60_000)
    const aborted = retry({ env, backoff, deadline: long, what: 'wait', signal: abort.signal }, never)
    abort.abort(new Error('enough'))
    await rejects(aborted, /enough/)
  }),
)

test(
  'delay and abortable end with their signal',
  inSimulation(async (simulation) => {
    const env = simulation.env('client')
    const abort = new AbortController()
    const waiting = delay(env, 60_000, abort.signal)
    const other = abortable(new Promise(() => {}), abort.signal)
    abort.abort(new Error('enough'))
    await rejects(waiting, /enough/)
    await rejects(other, /enough/)
    await rejects(delay(env, 1, abort.signal), /enough/)
  }),
)
