import { ok } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { fuzzRun } from './fuzz-run.ts'

/** Seeds that found a bug, or reach what is rare. */
const KEPT_SEEDS = ['first', 'second']

test('a broker survives random frames, serves everybody else and keeps its records', async () => {
  const seed = randomBytes(6).toString('hex')
  const result = await fuzzRun({ seed, frames: 16_000 })
  ok(result.answers > result.frames / 10, `seed ${seed}: frames reach their handlers: ${JSON.stringify(result)}`)
  ok(result.closedByBroker > result.frames / 100, `seed ${seed}: frames are refused: ${JSON.stringify(result)}`)
  ok(result.served >= 16_000 / 250 / 2, `seed ${seed}: ${result.served} reads beside`)
})

for (const seed of KEPT_SEEDS) {
  test(`seed ${seed} passes`, async () => {
    await fuzzRun({ seed, frames: 2000 })
  })
}
