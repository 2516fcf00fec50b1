import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoopPoll, polledForMs } from './loop-poll.ts'

const LOOK_MS = 0.05

/** A poll on a clock that the test moves; `turn` resolves behind the immediates that are pending. */
function world() {
  let now = 1000
  const poll = new LoopPoll({ now: () => 0, monotonic: () => now }, LOOK_MS)
  return {
    poll,
    pass: (ms: number) => {
      now += ms
    },
    turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
    /** Work that comes `gapMs` after the last. */
    work: (gapMs: number) => {
      now += gapMs
      poll.workCame()
      poll.workDone()
    },
  }
}

test('a loop that has slept is not counted as polling', async () => {
  const { work, pass, turn } = world()
  const before = polledForMs()
  for (let i = 0; i < 100; i++) work(1)
  pass(0.01)
  await turn()
  assert.equal(polledForMs(), before)
})

test('a loop whose work comes soon looks for more until the time is over, and that time is counted', async () => {
  const { work, pass, turn } = world()
  for (let i = 0; i < 17; i++) work(LOOK_MS)
  const before = polledForMs()
  for (let i = 0; i < 10; i++) {
    pass(0.02)
    await turn()
  }
  assert.ok(Math.abs(polledForMs() - before - 0.06) < 1e-9)
})

test('work that takes long to handle was found all the same', async () => {
  const { poll, work, pass, turn } = world()
  for (let i = 0; i < 17; i++) work(LOOK_MS)
  for (let i = 0; i < 100; i++) {
    poll.workCame()
    pass(5)
    await turn()
    poll.workDone()
  }
  const before = polledForMs()
  pass(0.02)
  await turn()
  assert.ok(polledForMs() > before)
  // Nobody looks on behind the test.
  pass(1)
  await turn()
})
