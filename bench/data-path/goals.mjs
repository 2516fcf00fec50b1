/** What the data path is to reach beside Apache Kafka, and what of it the figures of a run say. */
import { cases } from './cases.mjs'
import { isBoundByLoad, median, ratioOf, valuesOf } from './ratios.mjs'

const THROUGHPUT = new Set(['produce', 'fetch', 'both', 'javaProduce', 'javaConsume'])
const LATENCY = new Set(['latency'])
/** Memory of one more may grow by so much from the fewest to the most and still be called flat. */
const FLAT = 1.25
const IDLE = { idlePartitions: 'partition', idleConnections: 'connection', idleGroups: 'group' }

/** One row for each goal: { goal, wanted, found, verdict: 'met' | 'not met' | 'not measured' }. */
export function goals(results) {
  const ofKinds = (kinds) => cases.filter(({ kind }) => kinds.has(kind))
  const unbound = ofKinds(THROUGHPUT).filter((each) => !isBoundByLoad(results, each))
  return [
    atLeast('produce and consume throughput, cases that the load tool does not bind', 1, {
      ratios: ratios(results, unbound, 'rate'),
      aim: 1.5,
    }),
    atMost('broker CPU per GB, produce and consume', 0.8, ratios(results, ofKinds(THROUGHPUT), 'cpu')),
    ...[
      ['p50', 'p50'],
      ['p99', 'p99'],
      ['p999', 'p99.9'],
    ].map(([metric, title]) =>
      atMost(`end-to-end latency at equal load: ${title}`, 0.5, ratios(results, ofKinds(LATENCY), metric)),
    ),
    atLeast('small requests per second', 1.5, { ratios: ratios(results, ofKinds(new Set(['requests'])), 'perSecond') }),
    ...memory(results),
    atMost(
      'start to first acknowledged record',
      0.1,
      ratios(
        results,
        cases.filter(({ kind }) => kind === 'start'),
        'acknowledged',
      ),
    ),
    atLeast('profile `fsync` (acknowledged after fdatasync) against Kafka without fsync: throughput', 0.8, {
      ratios: ratios(
        results,
        ofKinds(THROUGHPUT).filter((each) => each.isSynced && !isBoundByLoad(results, each, 'fsync')),
        'rate',
        'fsync',
      ),
    }),
    ...Object.entries(IDLE).map(([kind, what]) => flat(results, kind, what)),
  ]
}

function ratios(results, wanted, metric, system) {
  return wanted
    .map((each) => ({ each, found: ratioOf(results, each, metric, system) }))
    .filter(({ found }) => found !== null)
}

const shown = (value) => value.toFixed(2)

/** Judges all cases of a goal: a difference that is none counts as equal. */
function judged(goal, wanted, { found, isMet }) {
  if (found.length === 0) return { goal, wanted, found: '–', verdict: 'not measured' }
  const values = found.map(({ found: { ratio } }) => ratio)
  const failed = found.filter((each) => !isMet(each.found))
  const range = `${shown(Math.min(...values))} to ${shown(Math.max(...values))}, median ${shown(median(values))}`
  const missed = failed.map(({ each, found: { ratio } }) => `${each.name} ${shown(ratio)}`).join('; ')
  const count = `${found.length - failed.length} of ${found.length}`
  return {
    goal,
    wanted,
    found: failed.length === 0 ? `${range}; all ${found.length}` : `${range}; ${count}; not: ${missed}`,
    verdict: failed.length === 0 ? 'met' : 'not met',
  }
}

function atLeast(goal, limit, { ratios: found, aim }) {
  const isMet = ({ ratio, isDifference }) => ratio >= limit || (limit === 1 && !isDifference)
  const row = judged(goal, `≥ ${limit}×${aim === undefined ? '' : `, aim ${aim}×`}`, { found, isMet })
  if (aim === undefined || found.length === 0) return row
  const aimed = found.filter(({ found: { ratio } }) => ratio >= aim).length
  return { ...row, found: `${row.found} (${aimed} of ${found.length} at ${aim}× or more)` }
}

function atMost(goal, limit, found) {
  return judged(goal, `≤ ${limit}×`, { found, isMet: ({ ratio }) => ratio <= limit })
}

function memory(results) {
  const rest = cases.filter(({ kind }) => kind === 'rest')
  const mb = rest.flatMap(({ name }) => valuesOf(results, name, 'ottla', 'memory'))
  const atRest = atMost('memory at rest', 0.15, ratios(results, rest, 'memory'))
  if (mb.length > 0) {
    atRest.found = `${atRest.found}; ${median(mb).toFixed(0)} MB`
    if (median(mb) >= 60) atRest.verdict = 'not met'
  }
  atRest.wanted = '≤ 0.15×, under 60 MB'
  const loaded = cases.filter(({ kind }) => ['produce', 'fetch', 'both'].includes(kind))
  const most = (system) => Math.max(...loaded.flatMap(({ name }) => valuesOf(results, name, system, 'memory')))
  const [ours, theirs] = [most('ottla'), most('kafka')]
  const goal = 'memory under full load, the most of any case'
  if (!(ours > 0 && theirs > 0)) return [atRest, { goal, wanted: '≤ 0.4×', found: '–', verdict: 'not measured' }]
  const found = `${shown(ours / theirs)}; ${ours.toFixed(0)} MB to ${theirs.toFixed(0)} MB`
  return [atRest, { goal, wanted: '≤ 0.4×', found, verdict: ours / theirs <= 0.4 ? 'met' : 'not met' }]
}

/** What each one costs when there are few, and when there are many. */
function flat(results, kind, what) {
  const goal = `cost of one more idle ${what}`
  const points = cases
    .filter((each) => each.kind === kind)
    .map(({ name, count }) => ({ count, values: valuesOf(results, name, 'ottla', 'memory') }))
    .filter(({ values }) => values.length > 0)
    .sort((a, b) => a.count - b.count)
  if (points.length < 2) return { goal, wanted: 'flat', found: '–', verdict: 'not measured' }
  const [few, many] = [points[0], points.at(-1)]
  const text = points.map(({ count, values }) => `${median(values).toFixed(2)} KB at ${count.toLocaleString('en')}`)
  const isFlat = median(many.values) <= median(few.values) * FLAT
  return { goal, wanted: 'flat to 10,000', found: text.join(', '), verdict: isFlat ? 'met' : 'not met' }
}
