/**
 * npm run test:clients: real clients and Kafka's own tools against a started broker. Writes docs/compatibility.md.
 * A missing tool is a failure in CI, and a counted skip with its reason elsewhere.
 *   npm run test:clients -- kafkajs       only the programs whose name contains a word
 *   npm run test:clients -- --short       without the programs that repeat others with a release in between; writes nothing
 *   npm run test:clients -- answers       the same requests to Apache Kafka and to this broker, answer against answer
 *   BOOTSTRAP=host:port                   against a broker that runs already (to compare with Apache Kafka)
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheOf, classPath, javaProfiles, springClassPath, springVersion } from './lib/clients.mjs'
import { COMPATIBILITY_NOTES } from './lib/compatibility-notes.mjs'
import { postgresProgram } from './lib/databases.mjs'
import { nodeVersions } from './lib/node-versions.mjs'
import { otherRuntimes, runtimePath } from './lib/other-runtimes.mjs'
import { startBroker } from './lib/test-broker.mjs'
import { root, say } from './lib/workspace.mjs'

/** For a program that hangs, not for one that is slow. */
const PROGRAM_LIMIT_MS = 1_200_000

const started = performance.now()
const isShort = process.argv.includes('--short')
const filter = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? ''
const node24 = join(
  root,
  '.cache',
  'node',
  nodeVersions[24],
  'node_modules',
  `node-${process.platform}-${process.arch}`,
  'bin',
  'node',
)
const clients = (...parts) => join(root, 'tests', 'clients', ...parts)
const python = join(cacheOf('python'), 'bin', 'python')
const java = ['java', '-Xshare:auto', '-XX:TieredStopAtLevel=1', '-Xmx256m']

if (!existsSync(join(root, 'build', 'server.cjs'))) {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' })
  if (built.status !== 0) process.exit(1)
}

const programs = [
  ...Object.entries(javaProfiles).map(([profile, { version }]) => ({
    name: `Java clients ${version}`,
    command: [...java, '-cp', classPath(profile), 'checks.ClientChecks'],
    env: { CLIENT_VERSION: version },
    needs: [join(cacheOf(`java-${profile}`), '.installed')],
  })),
  ...Object.entries(javaProfiles).map(([profile, { version }]) => ({
    name: `Java transactions ${version}`,
    command: [...java, '-cp', classPath(profile), 'checks.TransactionChecks'],
    env: { CLIENT_VERSION: version },
    needs: [join(cacheOf(`java-${profile}`), '.installed')],
    isRepeated: profile === 'latest',
  })),
  ...Object.entries(javaProfiles)
    .filter(([, { groups }]) => groups)
    .flatMap(([profile, { version }]) =>
      [
        ['consumer groups', 'GroupChecks'],
        ['share consumers', 'ShareChecks'],
        ['share queues', 'ShareQueueChecks'],
      ].map(([name, program]) => ({
        name: `Java ${name} ${version}`,
        command: [...java, '-cp', classPath(profile), `checks.${program}`],
        env: { CLIENT_VERSION: version },
        needs: [join(cacheOf(`java-${profile}`), '.installed')],
        isRepeated: profile === 'latest',
      })),
    ),
  { name: 'librdkafka', command: [python, clients('python', 'confluent_checks.py')], needs: [python] },
  { name: 'kafka-python', command: [python, clients('python', 'kafka_python_checks.py')], needs: [python] },
  { name: 'aiokafka', command: [python, clients('python', 'aiokafka_checks.py')], needs: [python] },
  { name: 'kcat', command: [process.execPath, clients('tools', 'kcat-checks.mjs')], needs: ['kcat'] },
  {
    name: 'kafkajs',
    command: [process.execPath, clients('node', 'kafkajs-checks.mjs')],
    needs: [clients('node', 'node_modules')],
  },
  {
    name: '@platformatic/kafka',
    command: [node24, clients('node', 'platformatic-checks.mjs')],
    needs: [node24, clients('node', 'node_modules')],
  },
  { name: 'franz-go', command: [join(cacheOf('go'), 'checks'), 'franz-go'], needs: [join(cacheOf('go'), 'checks')] },
  { name: 'sarama', command: [join(cacheOf('go'), 'checks'), 'sarama'], needs: [join(cacheOf('go'), 'checks')] },
  {
    name: 'tools of this repository',
    command: quickStart(
      'Ottla tools',
      '0.1',
      ['topics', 'console-producer', 'console-consumer'].map((tool) => [
        clients('..', '..', 'bin', `kafka-${tool}.sh`),
      ]),
    ),
    needs: [join(root, 'bin', 'kafka-topics.sh')],
  },
  ...Object.entries(javaProfiles)
    .filter(([, { tools }]) => tools !== undefined)
    .map(([profile, { version, tools }]) => ({
      name: `Java tools ${version}`,
      command: quickStart(
        'Java tools',
        version,
        ['topics', 'producer', 'consumer'].map((tool) => [...java, '-cp', classPath(profile), tools[tool]]),
        tools.producerBootstrap,
      ),
      needs: [join(cacheOf(`java-${profile}`), '.installed')],
    })),
  {
    name: 'Spring Kafka',
    command: [process.execPath, clients('tools', 'spring-checks.mjs'), springClassPath, springVersion],
    needs: [join(cacheOf('spring'), '.installed')],
  },
  {
    name: 'PostgreSQL and Redis',
    command: [process.execPath, clients('tools', 'database-checks.mjs')],
    needs: [
      postgresProgram('initdb') ?? '/usr/lib/postgresql',
      'redis-server',
      clients('node', 'node_modules', 'redis'),
    ],
    startsOwn: true,
  },
  {
    name: 'Tools beside Kafka’s',
    command: [process.execPath, join(root, 'tests', 'tools', 'compare-tools.mjs'), '--json'],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
  },
  {
    name: 'share group tools',
    command: [process.execPath, clients('tools', 'share-tools-checks.mjs'), classPath('latest')],
    needs: [join(cacheOf('java-latest'), '.installed')],
  },
  {
    name: 'Admin tools',
    command: [process.execPath, clients('tools', 'admin-tools-checks.mjs'), classPath('latest')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
  },
  {
    name: 'kafka-transactions.sh',
    command: [process.execPath, clients('tools', 'transactions-checks.mjs'), classPath('latest')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
  },
  {
    name: 'Log cleaner beside Apache Kafka',
    command: [process.execPath, clients('tools', 'cleaner-checks.mjs'), classPath('latest')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
  },
  ...['', ' from Apache Kafka'].map((where) => ({
    name: `Kafka Streams${where}`,
    command: [
      process.execPath,
      clients('tools', 'streams-checks.mjs'),
      classPath('streams'),
      classPath('latest'),
      where.trim().toLowerCase().replaceAll(' ', '-'),
    ],
    needs: [join(cacheOf('java-streams'), '.installed'), join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
    isRepeated: where !== '',
  })),
  {
    name: 'Kafka tools: log dirs, compaction',
    command: [process.execPath, clients('tools', 'log-dirs-checks.mjs'), classPath('latest')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
  },
  {
    name: 'Ottla client, secured',
    command: [process.execPath, clients('tools', 'client-security-checks.mjs')],
    needs: ['latest', 'v44', 'v24'].map((profile) => join(cacheOf(`java-${profile}`), '.installed')),
    startsOwn: true,
  },
  {
    name: 'Apache Kafka folders',
    command: [process.execPath, clients('tools', 'folder-checks.mjs'), classPath('latest')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
  },
  {
    name: 'Apache Kafka groups',
    command: [process.execPath, clients('tools', 'group-handover-checks.mjs')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
  },
  ...Object.entries({ ottla: [], kafka: ['java-latest'], 'kafka-2.4': ['java-v24'] }).map(([system, needs]) => ({
    name: `@ottla/client suite on ${system}`,
    command: [process.execPath, join(root, 'tests', 'suite', 'run.mjs'), system, '--json'],
    needs: needs.map((profile) => join(cacheOf(profile), '.installed')),
    startsOwn: true,
  })),
  ...['ottla', 'kafka'].map((system) => ({
    name: `One group with Java on ${system}`,
    command: [process.execPath, clients('tools', 'group-members-checks.mjs'), system],
    needs: ['members', 'latest', 'v24'].map((profile) => join(cacheOf(`java-${profile}`), '.installed')),
    startsOwn: true,
  })),
  {
    name: '@ottla/client in other runtimes',
    command: [process.execPath, join(root, 'tests', 'runtimes', 'runtimes-checks.mjs')],
    needs: Object.keys(otherRuntimes).map(runtimePath),
    startsOwn: true,
  },
  {
    name: 'Apache Kafka answers',
    command: [process.execPath, clients('tools', 'differential-checks.mjs')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    startsOwn: true,
    // Apache Kafka's brokers learn of a change some time after it was answered: a longer tier, that one looks at when it differs.
    onDemand: true,
  },
  {
    name: 'DumpLogSegments',
    command: [process.execPath, clients('tools', 'dump-log-checks.mjs'), classPath('latest')],
    needs: [join(cacheOf('java-latest'), '.installed')],
    last: true,
  },
].filter(({ name, startsOwn, onDemand, isRepeated }) => {
  if (startsOwn && process.env.BOOTSTRAP) return false
  if (isShort && isRepeated) return false
  return filter === '' ? !onDemand : name.toLowerCase().includes(filter.toLowerCase())
})

/** The quick start with one set of tools. */
function quickStart(name, version, tools, producerBootstrap = '--bootstrap-server') {
  const [topics, producer, consumer] = tools
  const words = [topics, [...producer, producerBootstrap, 'BOOTSTRAP'], consumer]
  return [
    process.execPath,
    clients('tools', 'quick-start-checks.mjs'),
    name,
    version,
    ...words.map((each) => JSON.stringify(each)),
  ]
}

function missing({ needs }) {
  return needs.find((need) => (need.includes('/') ? !existsSync(need) : spawnSync(need, ['-V']).error !== undefined))
}

/** Runs one program; resolves to its outcomes, with one of its own when it ended badly. */
function runProgram(program, broker, index) {
  const began = performance.now()
  return new Promise((resolve) => {
    const [file, ...args] = program.command.map((word) => word.replaceAll('"BOOTSTRAP"', `"${broker.bootstrap}"`))
    const env = {
      ...process.env,
      ...program.env,
      BOOTSTRAP: broker.bootstrap,
      PREFIX: `c${index}`,
      DATA_FOLDER: broker.dataFolder ?? '',
    }
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const limit = setTimeout(() => child.kill('SIGKILL'), PROGRAM_LIMIT_MS)
    const outcomes = []
    let pending = ''
    let errors = ''
    child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-4000)))
    child.stdout.on('data', (chunk) => {
      const lines = (pending + chunk).split('\n')
      pending = lines.pop()
      for (const line of lines.filter((each) => each.startsWith('{'))) {
        const outcome = JSON.parse(line)
        outcomes.push(outcome)
        const detail = outcome.detail === '' ? '' : `: ${outcome.detail}`
        console.log(`${outcome.outcome.padEnd(7)} ${outcome.client} ${outcome.version}: ${outcome.case}${detail}`)
      }
    })
    child.on('error', (error) => (errors += error.message))
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      if (code !== 0 || outcomes.length === 0) {
        const detail = `ended with ${code ?? signal}: ${errors.trim().slice(-600)}`
        outcomes.push({ client: program.name, version: '', case: 'runs to its end', outcome: 'failed', detail })
        console.log(`failed  ${program.name}: ${detail}`)
      }
      say(`${program.name} took ${((performance.now() - began) / 1000).toFixed(1)} s`)
      resolve(outcomes)
    })
  })
}

/** Locks of share groups as short as may be: checks wait for their end. */
const SETTINGS = { 'group.share.min.record.lock.duration.ms': '1000' }
const broker = process.env.BOOTSTRAP
  ? { bootstrap: process.env.BOOTSTRAP, stop: async () => {} }
  : await startBroker({ settings: SETTINGS })
say(`broker at ${broker.bootstrap}`)
const all = []
let skipped = 0
const queue = programs.map((program, index) => ({ program, index }))
async function worker(chosen) {
  for (let next = chosen.shift(); next !== undefined; next = chosen.shift()) {
    const lacking = missing(next.program)
    if (lacking === undefined) all.push(...(await runProgram(next.program, broker, next.index)))
    else if (process.env.CI) {
      all.push({
        client: next.program.name,
        version: '',
        case: 'is installed',
        outcome: 'failed',
        detail: `${lacking} is missing`,
      })
      console.log(`failed  ${next.program.name}: ${lacking} is missing (npm run setup:clients)`)
    } else {
      skipped += 1
      console.log(`skipped ${next.program.name}: ${lacking} is missing (npm run setup:clients)`)
    }
  }
}
const first = queue.filter(({ program }) => !program.last)
await Promise.all([worker(first), worker(first)])
await worker(queue.filter(({ program }) => program.last))
await broker.stop()

if (filter === '' && !isShort && skipped === 0 && !process.env.BOOTSTRAP) writeMatrix(all)
const failed = all.filter(({ outcome }) => outcome === 'failed')
if (failed.length > 0) {
  console.log('\nFailures:')
  for (const { client, version, case: title, detail } of failed)
    console.log(`  ${client} ${version}: ${title}\n    ${detail}`)
}
say(`client tier took ${((performance.now() - started) / 1000).toFixed(1)} s`)
console.log(
  `${all.filter(({ outcome }) => outcome === 'passed').length} passed, ${failed.length} failed, ${skipped} skipped`,
)
process.exit(failed.length === 0 ? 0 : 1)

/** docs/compatibility.md: what passed with which version. */
function writeMatrix(outcomes) {
  const names = [...new Set(outcomes.map(({ client, version }) => `${client} ${version}`))].sort()
  const cases = [...new Set(outcomes.map((outcome) => outcome.case))]
  const cell = (name, title) => {
    const found = outcomes.find((outcome) => `${outcome.client} ${outcome.version}` === name && outcome.case === title)
    if (found === undefined) return ''
    return { passed: 'yes', failed: '**no**', absent: '–' }[found.outcome]
  }
  const besideKafka = names.filter((name) => name.startsWith('Apache Kafka '))
  const toolsOnly = names.filter((name) => / tools |DumpLog/.test(name))
  const clientsOnly = names.filter((name) => !besideKafka.includes(name) && !toolsOnly.includes(name))
  const table = (columns) => {
    const rows = cases.filter((title) => columns.some((name) => cell(name, title) !== ''))
    return [
      `| | ${columns.join(' | ')} |`,
      `| --- |${' --- |'.repeat(columns.length)}`,
      ...rows.map((title) => `| ${title} | ${columns.map((name) => cell(name, title)).join(' | ')} |`),
    ].join('\n')
  }
  /** One table for all that share cases, the largest first, each of the others under the name of what it is about. */
  const tables = (columns) => {
    const casesOf = (name) => cases.filter((title) => cell(name, title) !== '')
    const families = []
    for (const name of columns) {
      const own = new Set(casesOf(name))
      const related = families.filter((family) =>
        family.some((other) => casesOf(other).some((title) => own.has(title))),
      )
      families.push([...related.flat(), name].sort())
      for (const family of related) families.splice(families.indexOf(family), 1)
    }
    families.sort((a, b) => b.length - a.length || (a[0] < b[0] ? -1 : 1))
    const titleOf = (family) =>
      [...new Set(family.map((name) => name.replace(/ [\d.]+( \([\d.]+\))?$/, '')))].join(', ')
    return families
      .map((family, at) => (at === 0 ? table(family) : `### ${titleOf(family)}\n\n${table(family)}`))
      .join('\n\n')
  }
  const absent = outcomes
    .filter(({ outcome }) => outcome === 'absent')
    .map(({ client, case: title, detail }) => `- ${client}, ${title}: ${detail}.`)
  mkdirSync(join(root, 'docs'), { recursive: true })
  writeFileSync(
    join(root, 'docs', 'compatibility.md'),
    `# Compatibility

Written by \`npm run test:clients\`: what passed with which client, against a started Ottla broker. "–" says that the client
itself does not have the ability; an empty cell, that the case does not apply.

## Clients

${tables(clientsOnly)}

${absent.join('\n')}

${COMPATIBILITY_NOTES}

## Command line tools

${tables(toolsOnly)}

## Beside Apache Kafka

Apache Kafka itself is started here, from its jars. Its data folders and this broker's change hands, and both get the same requests:
differences that are meant are listed, with their reasons, in tests/clients/tools/differential/intended.mjs.

${table(besideKafka)}
`,
  )
}
