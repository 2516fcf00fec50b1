import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { seedPrefix } from '../seed-prefix.test.ts'
import { soakLength } from '../soak-length.test.ts'
import { shareRun } from './share-run.ts'

/** SHARE_SEED=abc.12 runs that one again; SHARE_SECONDS=600 goes on for longer. */
const seed = process.env['SHARE_SEED']
const seconds = Number(process.env['SHARE_SECONDS'] ?? 10)
const RUNS = { runsAtLeast: 5, runsAtMost: 50 }

test('whatever members and broker do, every record ends in one final state and no lock is lost', async (t) => {
  const prefix = seedPrefix()
  const length = soakLength({ seconds, ...RUNS })
  const totals = { runs: 0, records: 0, deliveries: 0, expirations: 0, decided: 0, crashes: 0, deadLetters: 0 }
  for (; length.goesOn(totals.runs, totals.expirations > 0); totals.runs++) {
    const result = await shareRun({ seed: seed ?? `${prefix}.${totals.runs}`, members: 6, crashes: totals.runs % 4 })
    for (const key of ['records', 'deliveries', 'expirations', 'decided', 'crashes', 'deadLetters'] as const) {
      totals[key] += result[key]
    }
    if (seed !== undefined) break
  }
  t.diagnostic(`seeds ${prefix}.0 and on: ${JSON.stringify(totals)}`)
  ok(totals.deliveries >= totals.decided && totals.expirations > 0)
})

test('64 members on one partition, slow ones and such that break off: every record is final once', async (t) => {
  const result = await shareRun({ seed: `${seedPrefix()}.64`, members: 64, crashes: 1 })
  t.diagnostic(JSON.stringify(result))
  ok(result.decided > 0)
})

test('the same seed gives the same run', async () => {
  const [one, two] = [
    await shareRun({ seed: 'twice', members: 4, crashes: 1 }),
    await shareRun({ seed: 'twice', members: 4, crashes: 1 }),
  ]
  equal(one.traceHash, two.traceHash)
})
