/**
 * How long a bench takes, before it runs and while it does. The first round has every case once on every system; in a later one a case is
 * repeated only as far as the time goes, the bases first, and always on all systems.
 */
import { isRunOn, ownStart } from './cases.mjs'

/** Seconds that a case takes beside the load itself, as found on two cores: topics, filling, starts, stops. */
const BESIDE = {
  produce: 1,
  fetch: 2,
  both: 1.5,
  latency: 3.7,
  requests: 1,
  javaProduce: 7,
  javaConsume: 13,
  javaLatency: 9,
  transactions: 1,
  commits: 1,
  shares: 6,
  rest: 3,
  idlePartitions: 8,
  idleConnections: 8,
  idleGroups: 8,
  start: 2,
}
/** What starts and stops take more. */
const START_SECONDS = { ottla: 0.5, again: 0.5, fsync: 0.5, kafka: 6 }
const SEGMENT_SECONDS = 0.006
/** What is made to lie idle. */
const IDLE_SECONDS = 0.0012
const LOADED = new Set(['produce', 'fetch', 'both', 'latency', 'requests', 'transactions', 'commits'])

function secondsOf(each, system, times) {
  const load = LOADED.has(each.kind) ? (times.warmMs + times.durationMs) / 1000 : 0
  const restarts = each.isCold ? 1 : each.kind === 'start' ? 2 : ownStart.has(each.kind) ? 1 : 0
  const made = (each.segments ?? 0) * SEGMENT_SECONDS + (each.count ?? 0) * IDLE_SECONDS
  return load + BESIDE[each.kind] * (times.isQuick ? 0.6 : 1) + restarts * START_SECONDS[system] + made
}

/** What one round of some cases takes on one system. */
export function roundSeconds(cases, system, times) {
  const its = cases.filter((each) => isRunOn(each, system))
  if (its.length === 0) return 0
  const isShared = its.some(({ kind }) => !ownStart.has(kind))
  const shared = isShared ? START_SECONDS[system] + 3 * (times.warmUpMs / 1000 + 1) : 0
  return its.reduce((sum, each) => sum + secondsOf(each, system, times), shared)
}

/** All of it, with every case repeated that may be. */
export function planOf({ cases, systems, rounds, times }) {
  return Array.from({ length: rounds }, (_, number) => {
    const its = cases.filter((each) => number < (each.rounds ?? rounds))
    return {
      cases: its.length,
      seconds: Object.fromEntries(systems.map((system) => [system, roundSeconds(its, system, times)])),
    }
  })
}

export const sum = (values) => Object.values(values).reduce((total, value) => total + value, 0)

/**
 * What a later round repeats when `seconds` are left and a planned second has so far taken `pace` seconds: in order of what matters, as
 * much as fits.
 */
export function repeated({ cases, systems, times, number }, { seconds, pace }) {
  const candidates = cases.filter((each) => number < (each.rounds ?? number + 1))
  const inOrder = [...candidates].sort((a, b) => rank(a) - rank(b))
  const chosen = new Set()
  for (const each of inOrder) {
    chosen.add(each)
    const planned = systems.reduce((total, system) => total + roundSeconds([...chosen], system, times), 0)
    if (planned * pace > seconds) {
      chosen.delete(each)
      break
    }
  }
  return cases.filter((each) => chosen.has(each))
}

const rank = ({ isTwice, isQuick, isSynced }) => (isTwice ? 0 : isQuick ? 1 : isSynced ? 2 : 3)
