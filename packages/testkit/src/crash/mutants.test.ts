import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { SimulationError } from '@ottla/sim'
import { seedPrefix } from '../seed-prefix.test.ts'
import { crashRun } from './crash-run.ts'
import { MUTANTS, type Mutant } from './mutants.ts'

/** So many seeds at most, fresh ones: a check that needs more would let the mutant through too often. */
const SEEDS_MAX = 200

/** The number of seeds it took; null when none of them showed it. */
async function seedsUntilCaught(mutant: Mutant, prefix: string): Promise<number | null> {
  for (let n = 1; n <= SEEDS_MAX; n++) {
    try {
      await crashRun({ seed: `${prefix}.${n}`, promised: mutant.promised, mutant })
    } catch (error) {
      ok(error instanceof SimulationError)
      return n
    }
  }
  return null
}

for (const mutant of MUTANTS) {
  test(`the checks find ${mutant.name}`, async (t) => {
    const prefix = seedPrefix()
    const seeds = await seedsUntilCaught(mutant, prefix)
    t.diagnostic(`${seeds} seeds from ${prefix}.1 on`)
    ok(seeds !== null, `${SEEDS_MAX} seeds from ${prefix}.1 on showed nothing`)
  })
}
