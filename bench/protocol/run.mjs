/**
 * npm run bench -- protocol: encoding, decoding, batches and checksums beside kafkajs and @platformatic/kafka, each in a process of
 * its own, on the oldest Node that Ottla supports and on 24 (the other needs 22.22 or later). Writes docs/benchmarks/protocol.md.
 *   --seconds N    time for each case and contestant in a round (default 0.5)
 *   --rounds N     how often each contestant has its turn (default 3); the best round of each case counts
 *   --only TEXT    cases whose name contains the text; nothing is written
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { nodeBinary } from '../../scripts/lib/node-versions.mjs'
import { fail, root, run, say } from '../../scripts/lib/workspace.mjs'

const here = join(root, 'bench', 'protocol')
const option = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at === -1 ? otherwise : process.argv[at + 1]
}
const seconds = option('--seconds', '0.5')
const rounds = Number(option('--rounds', '3'))
const only = option('--only', '')
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))

/** Installs the contestants into this folder, exactly as its lock file says. */
function ensureContestants() {
  const installed = join(here, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(here, 'package-lock.json')).mtimeMs) return
  say('installing kafkajs and @platformatic/kafka for the benchmark (npm ci)')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here })
}

function measure(node, contestant) {
  say(
    `measuring ${contestant} on ${node === process.execPath ? 'this Node' : node.split('node/').at(-1).split('/')[0]}`,
  )
  const result = spawnSync(node, ['measure.mjs', contestant, seconds, only], {
    cwd: here,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 24,
  })
  if (result.status !== 0) fail(`${contestant} could not be measured`)
  return JSON.parse(result.stdout)
}

/** What is better of two rounds, case by case: what else the machine does can only add to a time. */
function best(one, other) {
  if (one === undefined) return other
  const cases = Object.entries(one.cases).map(([row, mine]) => {
    const again = other.cases[row]
    return [row, mine.ns <= again.ns ? mine : again]
  })
  return { ...one, cases: Object.fromEntries(cases) }
}

/** All contestants in turn, round after round, so that a busy minute of the machine hits all of them. */
function measureAll(node, contestants) {
  const measured = {}
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) measured[contestant] = best(measured[contestant], measure(node, contestant))
  }
  return measured
}

/** Contestants must have done the same work: a case whose results differ is no comparison. */
function checkSame(ottla, other, name) {
  for (const [row, { result }] of Object.entries(other.cases)) {
    if (ottla.cases[row].result !== result) fail(`${name}: '${row}' gives ${result}, Ottla ${ottla.cases[row].result}`)
  }
}

const duration = (ns) => {
  if (ns < 1000) return `${ns.toPrecision(3)} ns`
  return ns < 1_000_000 ? `${(ns / 1000).toPrecision(3)} µs` : `${(ns / 1_000_000).toPrecision(3)} ms`
}

function cell(ottla, other) {
  if (other === undefined) return '–'
  const factor = other.ns / ottla.ns
  return `${duration(other.ns)} (${factor < 10 ? factor.toFixed(1) : Math.round(factor)}×)`
}

function table(ottla, others) {
  const names = Object.keys(others)
  const lines = [
    `| Node ${ottla.node} | Ottla | ${names.join(' | ')} |`,
    `| --- | ---: | ${names.map(() => '---:').join(' | ')} |`,
  ]
  for (const [row, mine] of Object.entries(ottla.cases)) {
    lines.push(
      `| ${row} | ${duration(mine.ns)} | ${names.map((name) => cell(mine, others[name].cases[row])).join(' | ')} |`,
    )
  }
  return lines.join('\n')
}

/** Rows in which another one took less time. */
function slower(ottla, others) {
  return Object.entries(ottla.cases).flatMap(([row, mine]) =>
    Object.entries(others)
      .filter(([, other]) => other.cases[row] !== undefined && other.cases[row].ns < mine.ns)
      .map(
        ([name, other]) =>
          `${row}: ${name} takes ${(other.cases[row].ns / mine.ns).toPrecision(2)} of the time (Node ${ottla.node})`,
      ),
  )
}

ensureContestants()
const tables = []
const lost = []
for (const [major, contestants] of [
  [20, ['kafkajs']],
  [24, ['kafkajs', 'platformatic']],
]) {
  const node = await nodeBinary(major)
  const { ottla, ...measured } = measureAll(node, ['ottla', ...contestants])
  const others = {}
  for (const contestant of contestants) {
    checkSame(ottla, measured[contestant], contestant)
    const packageName = contestant === 'platformatic' ? '@platformatic/kafka' : contestant
    others[`${packageName} ${dependencies[packageName]}`] = measured[contestant]
  }
  tables.push(table(ottla, others))
  lost.push(...slower(ottla, others))
}

const page = `# Protocol benchmark

Time of one operation, the best of many samples in ${rounds} rounds; in brackets how many times as long as Ottla's. Written by
\`npm run bench -- protocol\` on ${cpus()[0].model.trim()}. Each contestant runs in processes of its own, through the functions
that its own client calls, over the same data in the same version of the API; results are compared before anything is
reported. kafkajs has no snappy, lz4 and zstd of its own. Reading a batch touches key, value and headers of each record.

${tables.join('\n\n')}

${lost.length === 0 ? 'Ottla takes the least time in every row.' : `Not faster:\n\n${lost.map((line) => `- ${line}`).join('\n')}`}
`
console.log(page)
if (only === '') {
  mkdirSync(join(root, 'docs', 'benchmarks'), { recursive: true })
  writeFileSync(join(root, 'docs', 'benchmarks', 'protocol.md'), page)
}
