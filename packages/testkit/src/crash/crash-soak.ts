/** Run after run for a while, and what they came to together. */
import type { Promised } from './crash-plan.ts'
import { crashRun } from './crash-run.ts'

export interface CrashSoakOptions {
  /** Seeds are this with a number behind it. */
  readonly prefix: string
  /** Taken in turn. */
  readonly promises: readonly Promised[]
  /** Asked before each run. */
  readonly goesOn: (totals: Readonly<CrashTotals>) => boolean
}

export interface CrashTotals {
  runs: number
  /** Ends of a broker's process. */
  crashPoints: number
  powerLosses: number
  /** Processes that ended before they served. */
  diedStarting: number
  tornLogs: number
  scrambledIndexes: number
  ackedBatches: number
  resentBatches: number
  commits: number
  checks: number
  events: number
}

/** Rejects with the first failure; its message says how to run it again. */
export async function crashSoak({ prefix, promises, goesOn }: CrashSoakOptions): Promise<CrashTotals> {
  const totals: CrashTotals = {
    runs: 0,
    crashPoints: 0,
    powerLosses: 0,
    diedStarting: 0,
    tornLogs: 0,
    scrambledIndexes: 0,
    ackedBatches: 0,
    resentBatches: 0,
    commits: 0,
    checks: 0,
    events: 0,
  }
  for (; goesOn(totals); totals.runs++) {
    const promised = promises[totals.runs % promises.length]!
    await addRun(totals, promised, `${prefix}.${totals.runs}`)
  }
  return totals
}

/** What `SEED` says: the promise and the seed of one run, as a failure prints them. Null when it says nothing. */
export function parseReplay(text: string | undefined): { readonly promised: Promised; readonly seed: string } | null {
  const match = /^(fsync|replicated|none):(.+)$/.exec(text ?? '')
  return match === null ? null : { promised: match[1] as Promised, seed: match[2]! }
}

async function addRun(totals: CrashTotals, promised: Promised, seed: string): Promise<void> {
  try {
    const { crashes, ...counts } = await crashRun({ seed, promised })
    totals.crashPoints += crashes.process + crashes.power
    totals.powerLosses += crashes.power
    totals.diedStarting += counts.diedStarting
    totals.tornLogs += counts.tornLogs
    totals.scrambledIndexes += counts.scrambledIndexes
    totals.ackedBatches += counts.ackedBatches
    totals.resentBatches += counts.resentBatches
    totals.commits += counts.commits
    totals.checks += counts.checks
    totals.events += counts.events
  } catch (cause) {
    const how = `SEED=${promised}:${seed} npm test -- testkit/crash`
    throw new Error(`${(cause as Error).message}\nto run it again: ${how}`, { cause })
  }
}
