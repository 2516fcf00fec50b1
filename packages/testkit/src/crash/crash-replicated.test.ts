import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { seedPrefix } from '../seed-prefix.test.ts'
import { crashSoak, parseReplay } from './crash-soak.ts'

const isReplay = parseReplay(process.env['SEED']) !== null
const seconds = Number(process.env['CRASH_SECONDS'] ?? 35)
const MIN_RUNS = 30

test('replicated with one replica loses nothing with the process; after a loss of power what is left is whole', {
  skip: isReplay && 'SEED asks for one run',
}, async (t) => {
  const prefix = `r${seedPrefix()}`
  const startMs = performance.now()
  const goesOn = (runs: number): boolean => runs < MIN_RUNS || performance.now() - startMs < seconds * 1000
  const totals = await crashSoak({ prefix, promises: ['replicated', 'none'], goesOn })
  const perSecond = (1000 * totals.crashPoints) / (performance.now() - startMs)
  t.diagnostic(`${totals.crashPoints} crash points, ${perSecond.toFixed(0)} a second, seeds ${prefix}.0 and on`)
  t.diagnostic(JSON.stringify(totals))
  for (const [what, count] of Object.entries(totals)) ok(count > 0, `no ${what}`)
})
