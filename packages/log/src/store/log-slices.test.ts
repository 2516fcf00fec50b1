import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { LOGS_PER_SLICE, LogSlices } from './log-slices.ts'

test('others get a turn after so many logs, and none of them costs a promise', async () => {
  let turns = 0
  const after = (_delayMs: number, fn: () => void): { cancel(): void } => {
    turns++
    queueMicrotask(fn)
    return { cancel: () => {} }
  }
  const slices = new LogSlices({ after, defer: () => {} })
  const waited: number[] = []
  for (let log = 1; log <= 3 * LOGS_PER_SLICE + 1; log++) {
    const turn = slices.next()
    if (turn === undefined) continue
    waited.push(log)
    await turn
  }
  deepEqual(waited, [LOGS_PER_SLICE, 2 * LOGS_PER_SLICE, 3 * LOGS_PER_SLICE])
  deepEqual(turns, 3)
})
