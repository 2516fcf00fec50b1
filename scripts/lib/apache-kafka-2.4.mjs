/** Starts Apache Kafka 2.4.1 with its ZooKeeper, one node each, from their jars: the oldest that clients meet. Needs npm run setup:clients. */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startJavaServer } from './apache-kafka.mjs'
import { cacheOf } from './clients.mjs'
import { freePort } from './test-broker.mjs'

const LOG4J = `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%p %m (%c)%n
`

/**
 * Resolves when both are started. Folders and ports of an earlier run are continued. `restart` ends the broker (SIGTERM, or the given
 * signal) and starts it again, with the same ZooKeeper.
 */
export async function startApacheKafka24({
  folder = mkdtempSync(join(tmpdir(), 'apache-kafka-2.4-')),
  port,
  heap = '512m',
  settings = {},
  jvm = [],
} = {}) {
  const [broker, zookeeper] = [port ?? (await freePort()), await freePort()]
  const log4j = join(folder, 'log4j.properties')
  writeFileSync(log4j, LOG4J)
  const start = (main, args, isStarted) =>
    startJavaServer({
      name: main,
      args: [
        `-Xmx${heap}`,
        '-server',
        '-XX:+UseG1GC',
        ...jvm,
        `-Dlog4j.configuration=file:${log4j}`,
        '-cp',
        classPath(),
        main,
        ...args,
      ],
      isStarted,
    })
  const ensemble = join(folder, 'zookeeper.properties')
  writeProperties(ensemble, {
    dataDir: join(folder, 'zookeeper'),
    clientPort: zookeeper,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
    maxClientCnxns: 0,
  })
  const keeper = start('org.apache.zookeeper.server.quorum.QuorumPeerMain', [ensemble], (output) =>
    output.includes('binding to port'),
  )
  await keeper.started
  const file = join(folder, 'server.properties')
  writeProperties(file, {
    'broker.id': 1,
    listeners: `PLAINTEXT://127.0.0.1:${broker}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker}`,
    'zookeeper.connect': `127.0.0.1:${zookeeper}`,
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // There is no other broker to hand leadership to.
    'controlled.shutdown.enable': false,
    ...settings,
  })
  const startBroker = () =>
    start('kafka.Kafka', [file], (output) => output.includes('started (kafka.server.KafkaServer)'))
  let server = startBroker()
  await server.started
  return {
    bootstrap: `127.0.0.1:${broker}`,
    port: broker,
    folder,
    dataFolder: join(folder, 'data'),
    async restart(signal = 'SIGTERM') {
      await server.stop(signal)
      // A broker that was killed is in ZooKeeper until its session is over, and until then no other may have its id.
      for (let isStarted = false; !isStarted; ) {
        server = startBroker()
        isStarted = await server.started.then(
          () => true,
          (error) => {
            if (!error.message.includes('NodeExists')) throw error
            return false
          },
        )
      }
    },
    async stop(signal = 'SIGTERM') {
      await server.stop(signal)
      await keeper.stop('SIGKILL')
    },
  }
}

/** Its jars, without the logger that says nothing. */
function classPath() {
  const folder = join(cacheOf('java-v24'), 'jars')
  return readdirSync(folder)
    .filter((name) => !name.startsWith('slf4j-nop'))
    .map((name) => join(folder, name))
    .join(':')
}

function writeProperties(file, properties) {
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, lines.join(''))
}
