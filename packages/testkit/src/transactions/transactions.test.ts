import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { parseReplay } from '../crash/crash-soak.ts'
import { seedPrefix } from '../seed-prefix.test.ts'
import { neverHappened, soakLength } from '../soak-length.test.ts'
import { transactionRun } from './transaction-run.ts'
import { TRANSACTION_SEEDS } from './transaction-seeds.ts'

/** TXN_SEED=fsync:abc.12 runs that one again; TXN_SECONDS=600 goes on for longer. */
const replay = parseReplay(process.env['TXN_SEED'])
const seconds = Number(process.env['TXN_SECONDS'] ?? 15)
const RUNS = { runsAtLeast: 8, runsAtMost: 80 }

if (replay !== null) {
  test('a seed that is given runs again', async (t) => {
    t.diagnostic(JSON.stringify(await transactionRun(replay)))
  })
}

for (const { promised, seed, found } of replay === null ? TRANSACTION_SEEDS : []) {
  test(`${promised}:${seed} passes, which had found: ${found}`, async () => {
    await transactionRun({ promised, seed })
  })
}

test('the same seed gives the same run', { skip: replay !== null && 'TXN_SEED asks for one run' }, async () => {
  const [one, two] = [
    await transactionRun({ promised: 'fsync', seed: 'twice', keepTrace: true }),
    await transactionRun({ promised: 'fsync', seed: 'twice', keepTrace: true }),
  ]
  deepEqual(two.trace, one.trace)
  equal(two.traceHash, one.traceHash)
})

test('a transaction is all there or not at all, and never stays open, whatever ends the broker between any two writes', {
  skip: replay !== null,
}, async (t) => {
  const prefix = seedPrefix()
  const length = soakLength({ seconds, ...RUNS })
  const totals = { runs: 0, crashes: 0, committed: 0, aborted: 0, unknown: 0, zombies: 0, readWhileRunning: 0 }
  const missing = () => neverHappened(totals, ['unknown'])
  while (length.goesOn(totals.runs, missing().length === 0)) {
    const promised = totals.runs % 3 === 2 ? 'replicated' : 'fsync'
    const seed = `${prefix}.${totals.runs}`
    const result = await transactionRun({ promised, seed }).catch((error: Error) => {
      error.message = `TXN_SEED=${promised}:${seed}: ${error.message}`
      throw error
    })
    totals.runs++
    totals.crashes += result.crashes.power + result.crashes.process
    for (const what of ['committed', 'aborted', 'unknown', 'zombies', 'readWhileRunning'] as const) {
      totals[what] += result[what]
    }
  }
  t.diagnostic(JSON.stringify(totals))
  deepEqual({ neverHappened: missing() }, { neverHappened: [] })
})
