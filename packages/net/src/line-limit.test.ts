import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { LineLimit } from './line-limit.ts'

test('a burst is written, then so many a second, and the next line counts what was left out', () => {
  let now = 0
  const limit = new LineLimit(() => now, { burst: 3, perSecond: 2 })
  const written: number[] = []
  for (let line = 0; line < 10; line++) limit.run((leftOut) => written.push(leftOut))
  deepEqual(written, [0, 0, 0])
  now = 500
  limit.run((leftOut) => written.push(leftOut))
  limit.run((leftOut) => written.push(leftOut))
  deepEqual(written, [0, 0, 0, 7])
})
