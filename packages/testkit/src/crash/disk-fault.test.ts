import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { seedPrefix } from '../seed-prefix.test.ts'
import { soakLength } from '../soak-length.test.ts'
import { type DiskFault, diskFaultRun } from './disk-fault-run.ts'

const seconds = Number(process.env['CRASH_SECONDS'] ?? 8) / 2
const RUNS = { runsAtLeast: 5, runsAtMost: 50 }

const CLAIMS: Readonly<Record<DiskFault['kind'], string>> = {
  full: 'a full disk refuses what is new, answers what is there, and takes writes again when there is room',
  error: 'a folder whose write or sync failed goes offline and is not synced again; a start finds all that was told',
  stuck: 'operations that come back late, or together, change nothing',
}

for (const kind of ['full', 'error', 'stuck'] as const) {
  test(CLAIMS[kind], async (t) => {
    const prefix = `${kind}${seedPrefix()}`
    const length = soakLength({ seconds, ...RUNS })
    let [runs, faults, acked] = [0, 0, 0]
    for (; length.goesOn(runs, faults > 0 && acked > 0); runs++) {
      const result = await diskFaultRun({ seed: `${prefix}.${runs}`, kind })
      faults += result.faults
      acked += result.ackedBatches
    }
    t.diagnostic(`${runs} runs, ${faults} faults, seeds ${prefix}.0 and on`)
    ok(faults > 0 && acked > 0)
  })
}
