/** Starts Apache Kafka (KRaft, one node) from its jars, to compare with. Needs npm run setup:clients. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheOf } from './clients.mjs'
import { endWithThisProcess, freePort } from './test-broker.mjs'

/** For servers that live a minute: code is compiled once, quickly, and no more. */
export const BRIEFLY = ['-XX:TieredStopAtLevel=1', '-Xshare:auto']

/** The settings of one node with both roles, without its folders. `port` and `controller` are those of its listeners. */
export function apacheSettings({ port, controller, voters = 'static' }) {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    ...(voters === 'static'
      ? { 'controller.quorum.voters': `1@127.0.0.1:${controller}` }
      : { 'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}` }),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  }
}

/**
 * Returns as soon as the process is spawned: await `started`. A folder of an earlier run is continued. `voters`: named in the
 * settings, or written into the metadata (`format --standalone`), as Kafka's own quick start does. `jvm`: more flags, such as
 * {@link BRIEFLY}.
 */
export async function startApacheKafka({
  folder = mkdtempSync(join(tmpdir(), 'apache-kafka-')),
  port,
  heap = '1G',
  settings = {},
  voters = 'static',
  jvm = [],
} = {}) {
  const [broker, controller] = [port ?? (await freePort()), await freePort()]
  const properties = {
    ...apacheSettings({ port: broker, controller, voters }),
    'log.dirs': join(folder, 'data'),
    ...settings,
  }
  const file = join(folder, 'server.properties')
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  const jars = join(cacheOf('java-latest'), 'jars', '*')
  const log4j = join(folder, 'log4j2.xml')
  writeFileSync(
    log4j,
    '<Configuration><Appenders><Console name="c" target="SYSTEM_OUT"/></Appenders><Loggers><Root level="info"><AppenderRef ref="c"/></Root></Loggers></Configuration>',
  )
  const quiet = `-Dlog4j2.configurationFile=${log4j}`
  const isFormatted = existsSync(join(folder, 'data', 'meta.properties'))
  const format = ['format', '--ignore-formatted', '-t', '4L6g3nShT-eMCtK--X86sw', '-c', file]
  if (!isFormatted) {
    const standalone = voters === 'static' ? [] : ['--standalone']
    spawnSync('java', [...BRIEFLY, '-cp', jars, quiet, 'kafka.tools.StorageTool', ...format, ...standalone])
  }
  // the flags of Apache Kafka's own start script
  const flags = [
    `-Xmx${heap}`,
    `-Xms${heap}`,
    '-server',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
    '-XX:+ExplicitGCInvokesConcurrent',
    '-Djava.awt.headless=true',
    ...jvm,
  ]
  const server = startJavaServer({
    name: 'Apache Kafka',
    args: [...flags, quiet, '-cp', jars, 'kafka.Kafka', file],
    isStarted: (output) => output.includes('Kafka Server started'),
  })
  return {
    bootstrap: `127.0.0.1:${broker}`,
    port: broker,
    folder,
    dataFolder: join(folder, 'data'),
    ...server,
  }
}

/** A server of Apache Kafka's in a process of its own. Returns as soon as it is spawned: await `started`. */
export function startJavaServer({ name, args, isStarted }) {
  const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  endWithThisProcess(child)
  let output = ''
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const started = new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`${name} did not start within 180 s:\n${output.slice(-8000)}`)),
      180_000,
    )
    child.stderr.on('data', (chunk) => (output += chunk))
    child.stdout.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000)
      if (!isStarted(output)) return
      clearTimeout(limit)
      resolve()
    })
    void exited.then(({ code }) => {
      clearTimeout(limit)
      reject(new Error(`${name} ended with ${code}:\n${output.slice(-8000)}`))
    })
  })
  return {
    pid: child.pid,
    started,
    exited,
    residentBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1024,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return await exited
    },
  }
}
