/**
 * npm run test:tools: the tools of Apache Kafka and those of this repository get the same arguments, at the same broker; what they print and
 * how they end is compared.
 *   npm run test:tools -- topics          only the tools whose name contains a word
 *   npm run test:tools -- topics/create   only cases whose arguments contain it too
 *   npm run test:tools -- --apache        at a broker of Apache Kafka
 *   VERBOSE=1                             all that differs, as it was printed, and each case with its time
 *   npm run test:tools -- --json          one JSON object per tool, for npm run test:clients
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { startBroker } from '../../scripts/lib/test-broker.mjs'
import { root } from '../../scripts/lib/workspace.mjs'
import { SCENARIOS } from './cases/index.mjs'
import { INTENDED } from './intended.mjs'
import { KafkaSide } from './lib/kafka-side.mjs'
import { OttlaSide } from './lib/ottla-side.mjs'
import { until } from './lib/until.mjs'
import { Verdicts } from './lib/verdicts.mjs'
import { argumentsOf } from './lib/words.mjs'
import { World } from './lib/world.mjs'
import { MASKS } from './masks.mjs'

const LIMIT_MS = 90_000
const SCRIPTS = ['kafka-topics', 'kafka-console-consumer', 'kafka-features', 'kafka-storage']
/** Of cases that do not touch each other. */
const AT_ONCE = 6
const SETTINGS = {
  'node.id': '1',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.streams.initial.rebalance.delay.ms': '0',
  // Records bear a time of long ago: a check of retention, 30 s after the start and then every 5 minutes, would delete them.
  'log.retention.ms': '-1',
}
/** Enough for an answer of a broker on this machine, and soon over where there is none. */
const FAST =
  'request.timeout.ms=600\ndefault.api.timeout.ms=700\nsocket.connection.setup.timeout.ms=300\nmax.block.ms=700\n'

const options = process.argv.slice(2).filter((word) => word.startsWith('--'))
const [toolFilter = '', caseFilter = ''] = (process.argv.slice(2).find((word) => !word.startsWith('--')) ?? '').split(
  '/',
)
const isApache = options.includes('--apache')
const isJson = options.includes('--json')
const isVerbose = process.env.VERBOSE === '1'

/** Runs the cases of a scenario with one side's tools; their results in order. */
async function runSide(scenario, { side, world }) {
  world.side = side.name
  world.newFolder(side.name)
  world.file('fast.properties', FAST)
  await scenario.prepare?.(world)
  const results = []
  const waiting = [...scenario.cases.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, { args, stdin, limitMs = LIMIT_MS, notYet }] = next
      const started = performance.now()
      const request = { args: argumentsOf(args, world), stdin, limitMs }
      const ask = () => side.run(scenario.tool, request)
      const result = side === kafka && notYet !== undefined ? await onceNot(notYet, ask) : await ask()
      results[at] = { ...result, args: request.args, folder: world.folder, tookMs: performance.now() - started }
    }
  }
  await Promise.all(Array.from({ length: scenario.isParallel ? AT_ONCE : 1 }, worker))
  await world.leave()
  return results
}

/** The first result that does not print `notYet`: Kafka's tool ran before what it looks at was there. */
async function onceNot(notYet, ask) {
  let result
  await until(async () => {
    result = await ask()
    return !notYet.test(result.out)
  })
  return result
}

/** Cases as they are written: arguments alone, or with more about them. */
function chosen(scenario) {
  const cases = scenario.cases.map((each) => (Array.isArray(each) ? { args: each[0], ...each[1] } : { args: each }))
  return { ...scenario, cases: caseFilter === '' ? cases : cases.filter(({ args }) => args.includes(caseFilter)) }
}

/** The scripts of bin/ print what their tools print. */
async function judgeScripts() {
  const tool = 'bin/*.sh'
  const cases = SCRIPTS.map((name) => ({ args: `${name} --no-such-option` }))
  const sides = { kafka: [], ottla: [] }
  for (const name of SCRIPTS) {
    const { status, stdout, stderr } = spawnSync(join(root, 'bin', `${name}.sh`), ['--no-such-option'], {
      encoding: 'utf8',
    })
    const own = { folder: world.folder, args: ['--no-such-option'], tookMs: 0 }
    sides.kafka.push({ status, out: stdout, err: stderr, ...own })
    sides.ottla.push({ ...(await ottla.run(name, { args: own.args, limitMs: LIMIT_MS })), ...own })
  }
  verdicts.judge({ tool, cases }, sides)
}

const startedAt = performance.now()
const broker = isApache
  ? await startApacheKafka({ heap: '512m', settings: SETTINGS })
  : await startBroker({ settings: SETTINGS })
await broker.started
const world = new World(broker)
const [kafka, ottla] = [new KafkaSide(), new OttlaSide()]
const verdicts = new Verdicts({ masks: MASKS, intended: INTENDED, isVerbose, isJson })
try {
  await world.prepare()
  for (const scenario of SCENARIOS.filter(({ tool }) => tool.includes(toolFilter)).map(chosen)) {
    const sides = {}
    for (const side of [kafka, ottla]) {
      if (!scenario.sharesState || side === kafka) await world.empty()
      world.isSecondSide = side === ottla
      sides[side.name] = await runSide(scenario, { side, world })
    }
    verdicts.judge(scenario, sides)
  }
  if (toolFilter === '') await judgeScripts()
} catch (error) {
  console.error(error)
  process.exitCode = 2
} finally {
  await kafka.close()
  await world.close()
  await broker.stop()
  rmSync(broker.folder, { recursive: true, force: true })
}
const isWhole = toolFilter === '' && !isApache
const failed = verdicts.report({ isWhole, seconds: (performance.now() - startedAt) / 1000 })
process.exit(process.exitCode ?? (failed === 0 ? 0 : 1))
