/** Cases under Apache Kafka's own load tools. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { cacheOf } from '../../../scripts/lib/clients.mjs'
import { cpuSeconds, withTopic } from '../systems.mjs'

const jars = join(cacheOf('java-latest'), 'jars', '*')
const GB = 2 ** 30
const MB = 2 ** 20
const LIMIT_MS = 180_000

function java(main, args) {
  return new Promise((resolve, reject) => {
    const child = spawn('java', ['-Xmx512m', '-cp', jars, `org.apache.kafka.tools.${main}`, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('close', (code) =>
      code === 0 ? resolve(output.trim()) : reject(new Error(`${main} ended with ${code}: ${output.slice(-2000)}`)),
    )
  })
}

/** What the broker used while the tool ran, its start included: the tool does nothing then. */
async function costOf(broker, bytes, run) {
  const before = cpuSeconds(broker.pid)
  const output = await run()
  return { output, cpu: ((cpuSeconds(broker.pid) - before) / bytes) * GB, memory: broker.residentBytes() / MB }
}

const scaled = (context, records) => (context.isQuick ? records / 10 : records)

function runProducer({ broker }, { topic, recordBytes, records }) {
  return java('ProducerPerformance', [
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--record-size',
    String(recordBytes),
    '--throughput',
    '-1',
    '--producer-props',
    `bootstrap.servers=${broker.bootstrap}`,
    'acks=all',
  ])
}

export async function javaProduce(context, load) {
  const records = scaled(context, load.records)
  return await withTopic(context, 1, async (topic) => {
    const run = () => runProducer(context, { ...load, topic, records })
    const { output, cpu, memory } = await costOf(context.broker, records * load.recordBytes, run)
    const last = output.split('\n').at(-1)
    return { rate: Number(/\(([\d.]+) MB\/sec\)/.exec(last)[1]), cpu, memory }
  })
}

export async function javaConsume(context, load) {
  const records = scaled(context, load.records)
  return await withTopic(context, 1, async (topic) => {
    await runProducer(context, { ...load, topic, records })
    const args = ['--bootstrap-server', context.broker.bootstrap, '--topic', topic, '--num-records', String(records)]
    const run = () => java('ConsumerPerformance', [...args, '--hide-header'])
    const { output, cpu } = await costOf(context.broker, records * load.recordBytes, run)
    return { rate: Number(output.split('\n').at(-1).split(', ')[8]), cpu }
  })
}

export async function javaLatency(context, load) {
  return await withTopic(context, 1, async (topic) => {
    const output = await java('EndToEndLatency', [
      '--bootstrap-server',
      context.broker.bootstrap,
      '--topic',
      topic,
      '--num-records',
      String(scaled(context, load.records)),
      '--producer-acks',
      'all',
      '--record-size',
      String(load.recordBytes),
    ])
    const [, p50, p99, p999] = /50th = (\d+), 99th = (\d+), 99.9th = (\d+)/.exec(output).map(Number)
    return { p50, p99, p999 }
  })
}
