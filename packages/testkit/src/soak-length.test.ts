/** How long seeds are drawn for, and for what. Holds no tests. */

export interface SoakLength {
  /** Zero of a machine that is slow: what is claimed must hold then too. */
  readonly seconds: number
  readonly runsAtLeast: number
  /** Where something has not happened yet, runs go on until it has; so many runs without it are a finding. */
  readonly runsAtMost: number
}

/**
 * Whether there is another run: until time is over, and until everything that is counted has happened. So a slow machine, whose time is
 * over after few runs, does not fail what only needed a few more.
 */
export function soakLength({ seconds, runsAtLeast, runsAtMost }: SoakLength) {
  const startMs = performance.now()
  return {
    elapsedMs: () => performance.now() - startMs,
    goesOn: (runs: number, hasAll: boolean): boolean =>
      runs < runsAtLeast || performance.now() - startMs < seconds * 1000 || (!hasAll && runs < runsAtMost),
  }
}

/** What was counted and is still zero. */
export function neverHappened(totals: Readonly<Record<string, number>>, leftOut: readonly string[] = []): string[] {
  return Object.keys(totals).filter((what) => totals[what] === 0 && !leftOut.includes(what))
}
