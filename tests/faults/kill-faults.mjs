/**
 * kill -9 under load with acks=all, five times on one folder, for each of three producers: nothing acknowledged is lost, and
 * nothing is doubled where the producer is idempotent.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { cacheOf, classPath } from '../../scripts/lib/clients.mjs'
import { freePort, startBroker } from '../../scripts/lib/test-broker.mjs'
import { root } from '../../scripts/lib/workspace.mjs'
import { command, expect, reporter } from '../clients/tools/report.mjs'

const here = (file) => join(root, 'tests', 'faults', 'producers', file)
const producers = [
  {
    name: 'librdkafka',
    idempotent: true,
    command: [join(cacheOf('python'), 'bin', 'python'), here('librdkafka_producer.py')],
  },
  {
    name: 'Java',
    idempotent: true,
    command: ['java', '-Xmx256m', '-cp', classPath('latest'), here('JavaProducer.java')],
  },
  { name: 'kafkajs', idempotent: false, command: [process.execPath, here('kafkajs-producer.mjs')] },
]
const kills = 5
const acksBetweenKills = 2000

async function survive({ name, idempotent, command: words }, settings) {
  const port = await freePort()
  let broker = await startBroker({ port, settings })
  const { folder } = broker
  const topic = `kill-${name.toLowerCase()}`
  const created = await command(join(root, 'bin', 'kafka-topics.sh'), [
    '--bootstrap-server',
    broker.bootstrap,
    '--create',
    '--topic',
    topic,
    '--partitions',
    '1',
    '--replication-factor',
    '1',
  ])
  expect(created.code === 0, created.stdout + created.stderr)

  const [file, ...args] = words
  const child = spawn(file, args, {
    env: { ...process.env, BOOTSTRAP: broker.bootstrap, TOPIC: topic },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const acked = new Map()
  let pending = ''
  let errors = ''
  child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-2000)))
  child.stdout.on('data', (chunk) => {
    const lines = (pending + chunk).split('\n')
    pending = lines.pop()
    for (const line of lines) {
      const [word, value, offset] = line.split(' ')
      if (word === 'acked') acked.set(value, offset)
    }
  })
  const ackedBeyond = async (count) => {
    const end = performance.now() + 60_000
    while (acked.size < count) {
      expect(
        child.exitCode === null && performance.now() < end,
        `${acked.size} of ${count} acknowledged within 60 s: ${errors}`,
      )
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  for (let kill = 0; kill < kills; kill += 1) {
    await ackedBeyond(acked.size + acksBetweenKills)
    await broker.stop('SIGKILL')
    broker = await startBroker({ port, folder, settings })
  }
  await ackedBeyond(acked.size + acksBetweenKills)
  child.stdin.end()
  await once(child, 'close')

  const read = await command(
    'kcat',
    ['-b', broker.bootstrap, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%o %s\\n'],
    { timeoutMs: 120_000 },
  )
  await broker.stop()
  const offsets = new Map()
  const lines = read.stdout.trim().split('\n')
  let doubled = 0
  lines.forEach((line, index) => {
    const [offset, value] = line.split(' ')
    expect(Number(offset) === index, `offset ${offset} at place ${index}`)
    if (offsets.has(value)) doubled += 1
    offsets.set(value, offset)
  })
  for (const [value, offset] of acked) {
    expect(
      offsets.has(value),
      `acknowledged record ${value} is lost (${acked.size} acknowledged, ${lines.length} read)`,
    )
    if (idempotent)
      expect(
        offsets.get(value) === offset,
        `record ${value} was acknowledged at ${offset}, stands at ${offsets.get(value)}`,
      )
  }
  if (idempotent) expect(doubled === 0, `${doubled} records are doubled`)
  return `${acked.size} acknowledged, ${lines.length} read, ${doubled} doubled`
}

for (const durability of ['fsync', 'replicated']) {
  const { run } = reporter('kill -9', durability)
  for (const producer of producers) {
    await run(`${kills} kills under ${producer.name} lose nothing acknowledged (${durability})`, async () => {
      const summary = await survive(producer, { 'ottla.durability': durability })
      console.error(`  ${producer.name}, ${durability}: ${summary}`)
    })
  }
}
process.exit(0)
