/**
 * npm run bench -- data-path: produce, consume, end to end, small requests, memory and start, beside Apache Kafka on the same machine in the same
 * run, in rounds. Writes docs/benchmarks/data-path.md and plots, within 40 minutes. Saves after each case: a run that was cut off goes on where it was.
 * Needs npm run setup:clients.
 *   --quick        the cases that matter most, once, shortly: within three minutes; writes nothing
 *   --rounds N     default 2; what does not fit into the time is done in the first alone
 *   --only WORD    cases whose name or group contains a word (with --quick shortly, and all of them); writes nothing
 *   --on WORD      systems whose key contains a word: ottla, kafka, again, fsync; writes nothing
 *   --fresh        forgets what was saved
 *   --dry-run      says what would be done, and how long it takes
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root, say } from '../../scripts/lib/workspace.mjs'
import { cases, isRunOn, ownStart } from './cases.mjs'
import { commits, shares, transactions } from './measures/coordinators.mjs'
import { idleConnections, idleGroups, idlePartitions, rest } from './measures/idle.mjs'
import { javaConsume, javaLatency, javaProduce } from './measures/java.mjs'
import { both, fetch, latency, produce, requests } from './measures/load.mjs'
import { start } from './measures/start.mjs'
import { writePage } from './page.mjs'
import { planOf, repeated, roundSeconds, sum } from './plan.mjs'
import { goalsTable, noiseTable, tables } from './report.mjs'
import { Results } from './results.mjs'
import { stopAndForget, systems } from './systems.mjs'

const measures = {
  produce,
  fetch,
  both,
  latency,
  requests,
  javaProduce,
  javaConsume,
  javaLatency,
  transactions,
  commits,
  shares,
  rest,
  idlePartitions,
  idleConnections,
  idleGroups,
  start,
}
/** Nothing is begun after so long; what is under way, and the page, take the rest of 40 minutes. */
const LIMIT_SECONDS = 38 * 60

const argument = (name) => {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : process.argv[at + 1]
}
const isQuick = process.argv.includes('--quick')
const [word, on] = [argument('--only'), argument('--on')]
const isWhole = !isQuick && word === undefined && on === undefined
const rounds = Number(argument('--rounds') ?? (isQuick ? 1 : 2))
const times = isQuick
  ? { isQuick, warmMs: 500, durationMs: 1200, warmUpMs: 2000 }
  : { isQuick, warmMs: 1000, durationMs: 3000, warmUpMs: 4000 }
const wanted = cases
  .filter((each) => !isQuick || word !== undefined || each.isQuick)
  .filter(({ name, group }) => word === undefined || `${name} ${group}`.toLowerCase().includes(word.toLowerCase()))
const compared = Object.keys(systems).filter((key) =>
  on === undefined ? !isQuick || key === 'ottla' || key === 'kafka' : key.includes(on),
)

const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
const plan = JSON.stringify({ revision, rounds, node: process.version })
const saved = isWhole ? join(root, '.cache', 'bench', 'data-path.json') : null
const results = new Results(saved, plan, { isFresh: process.argv.includes('--fresh') })
if (results.count > 0) say(`going on with ${results.count} measurements of an earlier run`)

const began = performance.now()
const spentSeconds = () => (performance.now() - began) / 1000
const spentBefore = results.seconds
const elapsedSeconds = () => spentBefore + spentSeconds()
const minutes = (seconds) => `${(seconds / 60).toFixed(1)} min`
const isOverdue = () => isWhole && elapsedSeconds() > LIMIT_SECONDS
let lastId = 0
let plannedSeconds = 0
const leftOut = []
const failed = []

function sayPlan() {
  const planned = planOf({ cases: wanted, systems: compared, rounds, times })
  for (const [number, { cases: count, seconds }] of planned.entries()) {
    const each = Object.entries(seconds).map(([key, value]) => `${systems[key].title} ${minutes(value)}`)
    say(`round ${number + 1}: ${count} cases, ${minutes(sum(seconds))} (${each.join(', ')})`)
  }
  const whole = planned.reduce((total, { seconds }) => total + sum(seconds), 0)
  const limit = isWhole ? `; nothing is begun after ${minutes(LIMIT_SECONDS)}` : ''
  say(`${wanted.length} cases in ${rounds} rounds: about ${minutes(whole)}${limit}`)
}

/** Once more, if it fails: a bench of 40 minutes is not lost for one connection. */
async function attempted(each, context) {
  try {
    return await measures[each.kind](context, each)
  } catch (error) {
    say(`${each.name} failed and is tried again: ${error.stack}`)
    return await measures[each.kind](context, each)
  }
}

async function measure(each, key, context) {
  if (isOverdue()) {
    leftOut.push(`${each.name} on ${systems[key].title}`)
    return
  }
  const sample = await attempted(each, context).catch(({ message }) => {
    failed.push(`${each.name} on ${systems[key].title}: ${message.split('\n')[0]}`)
    return {}
  })
  results.add(each.name, key, sample)
  results.save(elapsedSeconds())
  const shown = Object.entries(sample).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? value.toPrecision(4) : value}`,
  )
  say(`${minutes(elapsedSeconds())}  ${systems[key].title}: ${each.name}: ${shown.join(', ')}`)
}

/** A virtual machine compiles what it has run for a while: nobody measures a broker in its first seconds. */
async function warmUp(context) {
  const each = cases.find(({ kind }) => kind === 'fetch')
  const warm = { ...context, isQuick: true, times: { warmMs: 0, durationMs: times.warmUpMs } }
  for (const kind of ['produce', 'fetch', 'latency'])
    await measures[kind](warm, { ...each, connections: 1, inFlight: 5, acks: -1, rate: 5000 })
}

/** A broker for the cases of a round that share one, started when the first of them needs it. */
async function round(key, its, number) {
  const missing = its.filter((each) => isRunOn(each, key) && results.of(each.name, key).length <= number)
  plannedSeconds += roundSeconds(missing, key, times)
  const system = systems[key]
  const context = { system, times, isQuick, broker: null, nextId: () => ++lastId }
  context.restart = async () => {
    const { folder, port } = context.broker
    await context.broker.stop()
    context.broker = await system.start({ folder, port })
  }
  const shared = missing.filter(({ kind }) => !ownStart.has(kind))
  if (shared.length > 0 && !isOverdue()) {
    context.broker = await system.start()
    try {
      await warmUp(context)
      for (const each of shared) await measure(each, key, context)
    } finally {
      await stopAndForget(context.broker)
    }
  }
  for (const each of missing.filter(({ kind }) => ownStart.has(kind))) {
    context.broker = each.kind === 'start' || isOverdue() ? null : await system.start()
    try {
      await measure(each, key, context)
    } finally {
      // Nothing is left to be written: the folder goes.
      if (context.broker !== null) await stopAndForget(context.broker, 'SIGKILL')
    }
  }
}

/** What this round has: all in the first one, and what the time allows in the others. */
function casesOf(number) {
  if (number === 0) return wanted
  const scheme = { cases: wanted, systems: compared, times, number }
  if (!isWhole) return wanted.filter((each) => number < (each.rounds ?? rounds))
  const pace = plannedSeconds === 0 ? 1 : spentSeconds() / plannedSeconds
  const chosen = repeated(scheme, { seconds: LIMIT_SECONDS - elapsedSeconds(), pace })
  say(
    `round ${number + 1}: ${chosen.length} of ${wanted.length} cases; so far ${pace.toFixed(2)} of the time that was planned`,
  )
  return chosen
}

sayPlan()
if (!process.argv.includes('--dry-run')) {
  for (let number = 0; number < rounds; number += 1) {
    const its = casesOf(number)
    for (const key of compared) await round(key, its, number)
  }
  if (failed.length > 0) {
    say(`failed: ${failed.join('; ')}`)
    process.exitCode = 1
  }
  if (leftOut.length > 0) say(`no time was left for: ${leftOut.join('; ')}`)
  console.log(`\n${tables(results)}\n\n${goalsTable(results)}\n`)
  if (compared.includes('again')) console.log(`${noiseTable(results)}\n`)
  if (isWhole) {
    writePage(results, { revision, rounds, times, seconds: elapsedSeconds(), leftOut, failed })
    results.remove()
  }
  say(`took ${minutes(elapsedSeconds())}`)
}
