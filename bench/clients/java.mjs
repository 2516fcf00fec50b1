/**
 * Kafka's own load tools as contestants. They measure their rate themselves; CPU is that of the process less that of one which only starts
 * and handles one record, so that the start of the virtual machine does not count (its warming up does).
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { cacheOf } from '../../scripts/lib/clients.mjs'

const jars = join(cacheOf('java-latest'), 'jars', '*')
const RECORDS = { 100: 2_000_000, 1024: 400_000 }

/** Output of the tool, and user and system time of its process, by the shell's own count. */
function java(className, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const script = 'java "$@" 2>/dev/null; times'
    const flags = ['-Xmx512m', '-cp', jars, className]
    const child = spawn('bash', ['-c', script, 'bash', ...flags, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...environment },
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('exit', () => {
      const times = output.trim().split('\n').at(-1)
      const [user, system] = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
        ([, min, sec]) => Number(min) * 60 + Number(sec),
      )
      resolve({ output, cpuUs: (user + system) * 1e6 })
    })
  })
}

function produce({ bootstrap, topic, compression, lingerMs, batchBytes, payloadFile }, count) {
  return java('org.apache.kafka.tools.ProducerPerformance', [
    ...['--topic', topic, '--num-records', String(count), '--throughput', '-1', '--payload-file', payloadFile],
    ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'acks=all', `compression.type=${compression}`],
    ...[`linger.ms=${lingerMs}`, `batch.size=${batchBytes}`],
  ])
}

function consume({ bootstrap, topic, group }, count) {
  const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(count), '--group', group]
  return java('org.apache.kafka.tools.ConsumerPerformance', [...args, '--hide-header'])
}

let idleProducerUs
let idleConsumerUs

export async function measureJava(task) {
  if (task.kind === 'produce') {
    idleProducerUs ??= (await produce(task, 1)).cpuUs
    const count = Math.round(RECORDS[task.bytes] * task.scale)
    const { output, cpuUs } = await produce(task, count)
    const perSecond = Number([...output.matchAll(/records sent, ([\d.]+) records\/sec/g)].at(-1)?.[1])
    return { records: count, perSecond, cpuUsPerRecord: (cpuUs - idleProducerUs) / count }
  }
  idleConsumerUs ??= (await consume({ ...task, group: `${task.group}-idle` }, 1)).cpuUs
  const { output, cpuUs } = await consume(task, task.records)
  const line = output.split('\n').find((text) => text.split(', ').length >= 10)
  const perSecond = Number(line.split(', ')[9])
  return { records: task.records, perSecond, cpuUsPerRecord: (cpuUs - idleConsumerUs) / task.records }
}
