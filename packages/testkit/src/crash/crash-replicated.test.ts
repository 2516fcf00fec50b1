import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { seedPrefix } from '../seed-prefix.test.ts'
import { neverHappened, soakLength } from '../soak-length.test.ts'
import { type CrashTotals, crashSoak, parseReplay } from './crash-soak.ts'

const isReplay = parseReplay(process.env['SEED']) !== null
const seconds = Number(process.env['CRASH_SECONDS'] ?? 35)
const RUNS = { runsAtLeast: 30, runsAtMost: 300 }

test('replicated with one replica loses nothing with the process; after a loss of power what is left is whole', {
  skip: isReplay && 'SEED asks for one run',
}, async (t) => {
  const prefix = `r${seedPrefix()}`
  const length = soakLength({ seconds, ...RUNS })
  const missing = (totals: CrashTotals): string[] => neverHappened({ ...totals })
  const goesOn = (totals: CrashTotals) => length.goesOn(totals.runs, missing(totals).length === 0)
  const totals = await crashSoak({ prefix, promises: ['replicated', 'none'], goesOn })
  const perSecond = (1000 * totals.crashPoints) / length.elapsedMs()
  t.diagnostic(`${totals.crashPoints} crash points, ${perSecond.toFixed(0)} a second, seeds ${prefix}.0 and on`)
  t.diagnostic(JSON.stringify(totals))
  deepEqual({ neverHappened: missing(totals) }, { neverHappened: [] })
})
