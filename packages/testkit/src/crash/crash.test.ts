import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { seedPrefix } from '../seed-prefix.test.ts'
import { neverHappened, soakLength } from '../soak-length.test.ts'
import { drawCrashPlan, PROMISES, type Promised } from './crash-plan.ts'
import { crashRun } from './crash-run.ts'
import { CRASH_SEEDS } from './crash-seeds.ts'
import { type CrashTotals, crashSoak, parseReplay } from './crash-soak.ts'

/** SEED=fsync:abc.12 runs that one again; CRASH_SECONDS=600 goes on for longer. */
const replay = parseReplay(process.env['SEED'])
const seconds = Number(process.env['CRASH_SECONDS'] ?? 35)
const RUNS = { runsAtLeast: 30, runsAtMost: 300 }

/** Fresh seeds, printed, for as long as it is meant to. */
function soak(claim: string, promises: readonly Promised[]): void {
  test(claim, { skip: replay !== null && 'SEED asks for one run' }, async (t) => {
    const prefix = seedPrefix()
    const length = soakLength({ seconds, ...RUNS })
    const missing = (totals: CrashTotals): string[] => neverHappened({ ...totals }, leftOut(promises))
    const goesOn = (totals: CrashTotals) => length.goesOn(totals.runs, missing(totals).length === 0)
    const totals = await crashSoak({ prefix, promises, goesOn })
    const perSecond = (1000 * totals.crashPoints) / length.elapsedMs()
    t.diagnostic(`${totals.crashPoints} crash points, ${perSecond.toFixed(0)} a second, seeds ${prefix}.0 and on`)
    t.diagnostic(JSON.stringify(totals))
    deepEqual({ neverHappened: missing(totals) }, { neverHappened: [] })
  })
}

function leftOut(promises: readonly Promised[]): readonly string[] {
  return promises.every((promised) => promised === 'replicated') ? ['powerLosses', 'tornLogs', 'scrambledIndexes'] : []
}

if (replay !== null) {
  test('a seed that is given runs again', async (t) => {
    t.diagnostic(JSON.stringify(await crashRun(replay)))
  })
}

for (const { promised, seed, found } of replay === null ? CRASH_SEEDS : []) {
  test(`${promised}:${seed} passes, which had found: ${found}`, async () => {
    await crashRun({ promised, seed })
  })
}

test('the same seed gives the same run, event by event; another seed gives another', {
  skip: replay !== null,
}, async () => {
  for (const promised of PROMISES) {
    const one = await crashRun({ promised, seed: 'twice', keepTrace: true })
    const two = await crashRun({ promised, seed: 'twice', keepTrace: true })
    deepEqual(two.trace, one.trace)
    equal(two.traceHash, one.traceHash)
    notEqual((await crashRun({ promised, seed: 'once' })).traceHash, one.traceHash)
  }
})

test('what a run does is drawn before it begins', () => {
  deepEqual(drawCrashPlan('a', 'fsync'), drawCrashPlan('a', 'fsync'))
  notEqual(JSON.stringify(drawCrashPlan('a', 'fsync')), JSON.stringify(drawCrashPlan('b', 'fsync')))
  equal(parseReplay('fsync:x.1')?.seed, 'x.1')
  equal(parseReplay('nonsense'), null)
})

soak('with fsync nothing that clients were told is lost, whatever ends the broker', ['fsync'])
