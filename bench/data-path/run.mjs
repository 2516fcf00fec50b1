/**
 * npm run bench -- data-path: produce, consume, end to end, small requests, memory and start, beside Apache Kafka on the same machine in the same
 * run, in rounds. Writes docs/benchmarks/data-path.md and plots. Saves after each case: a run that was cut off goes on where it was.
 * Needs npm run setup:clients.
 *   --quick        the cases that matter most, once, shortly: within three minutes; writes nothing
 *   --rounds N     default 2
 *   --only WORD    cases whose name or group contains a word; writes nothing
 *   --fresh        forgets what was saved
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { root, say } from '../../scripts/lib/workspace.mjs'
import { cases, ownStart } from './cases.mjs'
import { commits, shares, transactions } from './measures/coordinators.mjs'
import { idleConnections, idleGroups, idlePartitions, rest } from './measures/idle.mjs'
import { javaConsume, javaLatency, javaProduce } from './measures/java.mjs'
import { both, fetch, latency, produce, requests } from './measures/load.mjs'
import { start } from './measures/start.mjs'
import { plots } from './plots.mjs'
import { tables } from './report.mjs'
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

const argument = (name) => {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : process.argv[at + 1]
}
const isQuick = process.argv.includes('--quick')
const word = argument('--only')
const rounds = Number(argument('--rounds') ?? (isQuick ? 1 : 2))
const times = isQuick
  ? { warmMs: 700, durationMs: 1500, warmUpMs: 3000 }
  : { warmMs: 2000, durationMs: 4000, warmUpMs: 5000 }
const wanted = cases
  .filter((each) => !isQuick || each.isQuick)
  .filter(({ name, group }) => word === undefined || `${name} ${group}`.toLowerCase().includes(word.toLowerCase()))
const compared = isQuick ? ['ottla', 'kafka'] : Object.keys(systems)

const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
const plan = JSON.stringify({ revision, isQuick, word, rounds, node: process.version })
const saved = join(root, '.cache', 'bench', `data-path${isQuick ? '-quick' : ''}.json`)
const results = new Results(saved, plan, { isFresh: process.argv.includes('--fresh') || isQuick || word !== undefined })
if (results.count > 0) say(`going on with ${results.count} measurements of an earlier run`)

const began = performance.now()
const clock = () => `${((performance.now() - began) / 60_000).toFixed(1)} min`
let lastId = 0

async function measure(each, key, context) {
  const sample = await measures[each.kind](context, each)
  results.add(each.name, key, sample)
  const shown = Object.entries(sample).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? value.toPrecision(4) : value}`,
  )
  say(`${clock()}  ${systems[key].title}: ${each.name}: ${shown.join(', ')}`)
}

/** A virtual machine compiles what it has run for a while: nobody measures a broker in its first seconds. */
async function warmUp(context) {
  const each = wanted.find(({ kind }) => kind === 'produce') ?? cases[0]
  const warm = { ...context, times: { warmMs: 0, durationMs: times.warmUpMs } }
  for (const kind of ['produce', 'fetch', 'latency']) await measures[kind](warm, { ...each, readers: 1, rate: 5000 })
}

/** A broker for the cases of a round that share one, started when the first of them needs it. */
async function round(key, number) {
  const missing = wanted.filter(({ name }) => results.of(name, key).length <= number)
  const system = systems[key]
  const context = { system, times, isQuick, broker: null, nextId: () => ++lastId }
  context.restart = async () => {
    const { folder, port } = context.broker
    await context.broker.stop()
    context.broker = await system.start({ folder, port })
  }
  const shared = missing.filter(({ kind }) => !ownStart.has(kind))
  if (shared.length > 0) {
    context.broker = await system.start()
    try {
      await warmUp(context)
      for (const each of shared) await measure(each, key, context)
    } finally {
      await stopAndForget(context.broker)
    }
  }
  for (const each of missing.filter(({ kind }) => ownStart.has(kind))) {
    context.broker = each.kind === 'start' ? null : await system.start()
    try {
      await measure(each, key, context)
    } finally {
      if (context.broker !== null) await stopAndForget(context.broker)
    }
  }
}

for (let number = 0; number < rounds; number += 1) for (const key of compared) await round(key, number)

const text = tables(results)
console.log(`\n${text}`)
if (!isQuick && word === undefined) {
  const folder = join(root, 'docs', 'benchmarks')
  mkdirSync(join(folder, 'data-path'), { recursive: true })
  const pictures = plots(results)
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(join(folder, 'data-path', name), svg)
  const images = Object.keys(pictures).map((name) => `![${name.replace('.svg', '')}](data-path/${name})`)
  writeFileSync(
    join(folder, 'data-path.md'),
    `# The data path beside Apache Kafka

Written by \`npm run bench -- data-path\` at ${revision} on Node ${process.version}, ${availableParallelism()} cores (${cpus()[0].model}),
${Math.round(totalmem() / 2 ** 30)} GB, in ${clock()}; load average at the end ${loadavg()[0].toFixed(1)}. ${rounds} rounds, ${times.durationMs / 1000} s a case after ${times.warmMs / 1000} s of warm-up.

Load: our generator (bench/load), which sends batches that were made before and counts what comes back; "Kafka's load tools" are Apache Kafka's own.
Latency is counted from when a record was due. All acknowledge from the page cache but *Ottla, fsync*, which acknowledges what is on the disk.
Ratio: Ottla to Apache Kafka, medians; in brackets the lowest and highest of the rounds. Bold is better, *none* is within what a system differs from itself
in the same run. *Load binds*: the generator had no time left on its core; compare the CPU then.

${images.join('\n')}

${text}
`,
  )
  results.remove()
}
