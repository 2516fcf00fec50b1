/**
 * npm test                      everything that needs only npm: tidy, unit, golden, property, interaction, simulation
 * npm test -- log               the tests of one package (more names: more packages)
 * npm test -- log/segment       the tests of one package whose path contains a word
 * npm test -- --node 24         the same on another Node, fetched into .cache when missing
 */
import { spawnSync } from 'node:child_process'
import { nodeBinary } from './lib/node-versions.mjs'
import {
  compile,
  EXAMPLES,
  ensureInstalled,
  fail,
  packageNames,
  removeStaleOutputs,
  root,
  say,
  testFiles,
} from './lib/workspace.mjs'

/** For a test that hangs, not for one that is slow: the longest take a minute here, and a busy machine may be ten times slower. */
const TEST_LIMIT_MS = 900_000

const started = performance.now()
const args = process.argv.slice(2)
const nodeAt = args.indexOf('--node')
const major = nodeAt === -1 ? undefined : args.splice(nodeAt, 2)[1]

ensureInstalled()
const known = new Set([...packageNames(), EXAMPLES])
const selections = args.map((arg) => {
  const [name, ...rest] = arg.split('/')
  if (!known.has(name)) fail(`No package '${name}'. Packages: ${[...known].join(', ')}`)
  return { name, filter: rest.join('/') }
})

removeStaleOutputs()
compile(selections.length === 0 ? undefined : selections.map((selection) => selection.name))

const files =
  selections.length === 0 ? testFiles() : selections.flatMap(({ name, filter }) => testFiles([name], filter))
if (selections.length === 0) files.unshift('scripts/tidy/tidy.test.mjs')
if (files.length === 0) fail('No test matches.')

const node = major === undefined ? process.execPath : await nodeBinary(major)
say(`${files.length} test files on Node ${spawnSync(node, ['--version']).stdout.toString().trim()}`)
const result = spawnSync(
  node,
  [
    ...(process.env.SEED_PREFIX === undefined ? [] : ['--import', './scripts/lib/seeded-properties.mjs']),
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${TEST_LIMIT_MS}`,
    '--test-reporter=./scripts/lib/test-reporter.mjs',
    ...files,
  ],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
say(`tests took ${((performance.now() - started) / 1000).toFixed(1)} s`)
process.exit(result.status ?? 1)
