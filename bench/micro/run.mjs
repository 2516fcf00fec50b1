/**
 * npm run bench -- micro: codecs, checksums, indexes, appends, deadlines, compression, each as a ratio to a fixed loop that is measured in turn with it. Prints them
 * beside the recorded ones (docs/benchmarks/micro.json, by the major version of Node).
 *   --check        fails when one takes more than 1.5 times of what is recorded, four times in a row; for a quiet machine: who shares a core shares its caches
 *   --record       writes docs/benchmarks/micro.json and micro.md: after a change that is meant, on a quiet machine
 *   --only WORD    cases whose name contains the word; with --record the others stay as they are
 * CI runs none of it, since times vary: it asserts on counters (packages/broker: system-calls, copies, allocations).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fail, root, say } from '../../scripts/lib/workspace.mjs'
import { caseNames } from './all-cases.mjs'

const TOLERANCE = 1.5
const ATTEMPTS = 4
const RECORDED = 3
const folder = join(root, 'docs', 'benchmarks')
const file = join(folder, 'micro.json')
const at = process.argv.indexOf('--only')
const word = at === -1 ? '' : process.argv[at + 1].toLowerCase()
const [isCheck, isRecord] = ['--check', '--record'].map((flag) => process.argv.includes(flag))
const major = process.versions.node.split('.')[0]

const recorded = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const baseline = recorded[major] ?? {}
if (isCheck && recorded[major] === undefined)
  fail(`nothing is recorded for Node ${major}: npm run bench -- micro --record`)

const duration = (ns) => (ns < 1000 ? `${ns.toPrecision(3)} ns` : `${(ns / 1000).toPrecision(3)} µs`)
const isSlow = (name, { ratio }) => baseline[name] !== undefined && ratio > baseline[name].ratio * TOLERANCE

/** In a process of its own: what was compiled for another case would be in the time. */
function measure(name) {
  const runner = join(root, 'bench', 'micro', 'all-cases.mjs')
  return JSON.parse(execFileSync(process.execPath, [runner, name], { encoding: 'utf8' }))
}

/** The slowest of three for --record, since some code is compiled to one of two speeds; the best of as many as it takes for --check. */
function measured(name) {
  let kept = measure(name)
  for (let attempt = 1; attempt < RECORDED && isRecord; attempt += 1) {
    const again = measure(name)
    if (again.ratio > kept.ratio) kept = again
  }
  for (let attempt = 1; attempt < ATTEMPTS && isCheck && isSlow(name, kept); attempt += 1) {
    const again = measure(name)
    if (again.ratio < kept.ratio) kept = again
  }
  return kept
}

const found = {}
const slow = []
for (const name of await caseNames()) {
  if (!name.toLowerCase().includes(word)) continue
  found[name] = measured(name)
  const { ns, ratio } = found[name]
  const before =
    baseline[name] === undefined ? 'not recorded' : `${(ratio / baseline[name].ratio).toFixed(2)} of the recorded`
  say(`${name}: ${duration(ns)}, ratio ${ratio.toPrecision(3)}, ${before}`)
  if (isSlow(name, found[name])) slow.push(name)
}

if (isRecord) {
  const kept = Object.entries(found).map(([name, { ns, ratio }]) => [
    name,
    { ratio: Number(ratio.toPrecision(3)), ns: Number(ns.toPrecision(3)) },
  ])
  recorded[major] = { ...(word === '' ? {} : baseline), ...Object.fromEntries(kept) }
  writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`)
  writeFileSync(join(folder, 'micro.md'), page(recorded[major]))
}
if (isCheck && slow.length > 0) fail(`slower than ${TOLERANCE} times what is recorded:\n${slow.join('\n')}`)

function page(rowsByName) {
  const rows = Object.entries(rowsByName).map(
    ([name, { ns, ratio }]) => `| ${name} | ${duration(ns)} | ${ratio.toPrecision(3)} |`,
  )
  return `# Micro-benchmarks

Written by \`npm run bench -- micro --record\` on Node ${process.version}, ${cpus()[0].model.trim()}. The ratio is that to a fixed loop (bench/micro/measure.mjs) that is measured in turn with each case; it is what
\`npm run bench -- micro --check\` compares with the recorded one (micro.json), since it changes little from machine to machine.

| case | time | ratio |
| --- | ---: | ---: |
${rows.join('\n')}
`
}
