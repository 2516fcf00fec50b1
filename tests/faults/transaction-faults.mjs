/**
 * kill -9 under applications that consume, transform and produce in transactions: what they copy arrives once, whenever the broker ended,
 * with the broker's page cache as with its disk.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { cacheOf, classPath } from '../../scripts/lib/clients.mjs'
import { freePort, startBroker } from '../../scripts/lib/test-broker.mjs'
import { root } from '../../scripts/lib/workspace.mjs'
import { command, expect } from '../clients/tools/report.mjs'
import { pause, runCases, until } from './support/cases.mjs'

const here = (file) => join(root, 'tests', 'faults', 'producers', file)
const copiers = {
  Java: ['java', '-Xmx256m', '-cp', classPath('latest'), here('JavaCopier.java')],
  librdkafka: [join(cacheOf('python'), 'bin', 'python'), here('librdkafka_copier.py')],
}
const RECORDS = 3000
const KILLS = 5
const STUCK_MS = 8000

async function copied(words, durability, { defer }) {
  const settings = { 'ottla.durability': durability }
  const port = await freePort()
  let broker = await startBroker({ port, settings })
  const { folder, bootstrap } = broker
  defer(() => void broker.stop('SIGKILL'))
  const [source, target] = ['source', 'target']
  for (const topic of [source, target]) {
    const options = ['--create', '--topic', topic, '--partitions', '3', '--replication-factor', '1']
    const created = await command(join(root, 'bin', 'kafka-topics.sh'), ['--bootstrap-server', bootstrap, ...options])
    expect(created.code === 0, created.stdout + created.stderr)
  }
  const input = Array.from({ length: RECORDS }, (_, number) => `${number}\n`).join('')
  const produced = await command('kcat', ['-b', bootstrap, '-P', '-t', source], { input })
  expect(produced.code === 0, produced.stderr)

  const [file, ...args] = words
  const env = { ...process.env, BOOTSTRAP: bootstrap, SOURCE: source, TARGET: target }
  let committed = 0
  let errors = ''
  let child
  let isOver = false
  const live = () => {
    child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-1000)))
    child.stdout.on('data', (chunk) => {
      for (const [, count] of String(chunk).matchAll(/committed (\d+)/g)) committed += Number(count)
    })
    // As whoever runs it does.
    child.on('close', (code) => !isOver && code !== 0 && live())
  }
  live()
  // After a broker was away, librdkafka may wait for ever for what nobody asked for (an offset that it does not send, records that it has).
  let before = -1
  const watch = setInterval(() => {
    if (committed === before) child.kill('SIGKILL')
    before = committed
  }, STUCK_MS)
  const end = () => {
    isOver = true
    clearInterval(watch)
    child.kill('SIGKILL')
  }
  defer(end)
  const progress = () => `${committed} of ${RECORDS} committed: ${errors}`
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const enough = (RECORDS * kill) / (KILLS + 2)
    await until(() => committed >= enough, progress, 60_000)
    // Somewhere in the next transactions.
    await pause(Math.random() * 40)
    await broker.stop('SIGKILL')
    broker = await startBroker({ port, folder, settings })
  }
  // The answer to a commit may be lost with the broker, so that not all of them were counted.
  const values = await until(
    async () => {
      const read = await readAll(bootstrap, target)
      return read.length >= RECORDS ? read : null
    },
    progress,
    90_000,
  )
  const closed = once(child, 'close')
  end()
  await closed
  expect(values.length === RECORDS, `${values.length} records arrived`)
  expect(new Set(values).size === RECORDS, `${RECORDS - new Set(values).size} are missing and as many doubled`)
  const after = await readAll(bootstrap, target)
  expect(after.length === RECORDS, `${after.length} records in the end`)
  await broker.stop()
}

async function readAll(bootstrap, topic) {
  const options = ['-X', 'isolation.level=read_committed', '-o', 'beginning', '-e', '-q', '-f', '%s\\n']
  const read = await command('kcat', ['-b', bootstrap, '-C', '-t', topic, ...options])
  return read.stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
}

await runCases(
  'transactions',
  ['fsync', 'replicated'].flatMap((durability) =>
    Object.entries(copiers).map(([name, words]) => [
      `${KILLS} kills under ${name} in transactions: each record arrives once (${durability})`,
      (testCase) => copied(words, durability, testCase),
    ]),
  ),
)
