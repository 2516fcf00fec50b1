/**
 * What somebody meets who runs the server: wrong settings and folders each end in their own sentence and exit code, files that
 * users already have are accepted, and it starts, stops, is killed and comes back as scripts expect it to.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/lib/workspace.mjs'
import { command, expect } from '../clients/tools/report.mjs'
import { expectEqual, expectMatch, runCases, until } from './support/cases.mjs'
import { abilities } from './support/machine.mjs'
import {
  freePort,
  makeFolder,
  plainSettings,
  processesWith,
  spawnServer,
  startServer,
  writeSettings,
} from './support/server.mjs'
import { connect, errorName } from './support/wire.mjs'

const NOBODY = 65534
const can = abilities()
const bin = (name) => join(root, 'bin', `${name}.sh`)

/** Starts on these settings, which must not work; checks exit code and what is said on stderr. */
async function refuses(c, settings, { code, says, args = [], options, folder = makeFolder(c) }) {
  const file = writeSettings(folder, settings)
  const server = spawnServer(c, [file, ...args], options)
  const exit = await server.end()
  expectEqual(exit, { code, signal: null }, `the end of ${file} (${server.output.slice(-400)})`)
  for (const pattern of [says].flat()) {
    expectMatch(server.stderr, typeof pattern === 'function' ? pattern(file, folder) : pattern, 'stderr')
  }
  // A sentence, not a stack.
  expect(!/\n\s+at /.test(server.stderr), `a stack is shown: ${server.stderr}`)
  return server
}

/** file:line: key=value: expectation */
const problem = (line, key, value, expected) => (file) =>
  new RegExp(`${quote(`${file}:${line}: ${key}=${value}: `)}.*${expected}`)
const quote = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

const wrongSettings = [
  ['a number that is none', 'num.partitions=many', 1, 'num.partitions', 'many', 'number'],
  ['a number out of bounds', '\nnum.partitions=0', 2, 'num.partitions', '0', 'at least 1'],
  [
    'a word that is none of the words',
    'ottla.durability=maybe',
    1,
    'ottla.durability',
    'maybe',
    'fsync, replicated, auto',
  ],
  [
    'a listener without a port',
    'listeners=PLAINTEXT://localhost',
    1,
    'listeners',
    'PLAINTEXT://localhost',
    'NAME://host:port',
  ],
  [
    'a boolean that is none',
    'auto.create.topics.enable=yes',
    1,
    'auto.create.topics.enable',
    'yes',
    'true or false|boolean',
  ],
  ['two names for one node', '# c\nnode.id=1\nbroker.id=2', 3, 'broker.id', '2', 'node.id'],
]

const notThereYet = [
  ['ZooKeeper', 'zookeeper.connect=localhost:2181', 'ZooKeeper mode is not there yet'],
  [
    'a quorum of several voters',
    'process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\ncontroller.quorum.voters=1@a:9093,2@b:9093,3@c:9093',
    'KRaft quorum mode\\) is not there yet',
  ],
  ['a broker without controller', 'process.roles=broker\nnode.id=1', 'KRaft quorum mode\\) are not there yet'],
  ['TLS', 'listeners=SSL://localhost:9093', 'SSL is not there yet'],
  ['SASL', 'listeners=SASL_PLAINTEXT://localhost:9093', 'SASL_PLAINTEXT is not there yet'],
  [
    'SASL over TLS under a name of its own',
    'listeners=OUT://localhost:9093\nlistener.security.protocol.map=OUT:SASL_SSL',
    'SASL_SSL is not there yet',
  ],
  ['an authorizer', 'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'not there yet'],
]

/** Apache Kafka 4's config/server.properties, with the parts that matter. */
const kafka4 = (port, data) => `
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:${port},CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:${port},CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=${data}
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
`
/** Apache Kafka 2.4's, without its line about ZooKeeper. */
const kafka24 = (port, data) => `
broker.id=0
listeners=PLAINTEXT://:${port}
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=${data}
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
zookeeper.connection.timeout.ms=6000
group.initial.rebalance.delay.ms=0
`

const settingsCases = [
  ...wrongSettings.map(([title, text, line, key, value, expected]) => [
    `settings: ${title} is told with file, line, key, value and what was expected`,
    (c) => refuses(c, text, { code: 2, says: problem(line, key, value, expected) }),
  ]),
  ...notThereYet.map(([title, text, says]) => [
    `settings: ${title} is refused by name as not there yet`,
    (c) => refuses(c, text, { code: 2, says: new RegExp(says) }),
  ]),
  [
    'settings: everything that is wrong is told at once',
    (c) =>
      refuses(c, 'num.partitions=x\nlog.segment.bytes=y\nzookeeper.connect=z', {
        code: 2,
        says: [/:1: num\.partitions=x/, /:2: log\.segment\.bytes=y/, /:3: zookeeper\.connect=z/],
      }),
  ],
  [
    'settings: a wrong value of the command line is told as such',
    (c) =>
      refuses(c, '', {
        code: 2,
        args: ['--override', 'num.partitions=none'],
        says: /--override num\.partitions: num\.partitions=none: /,
      }),
  ],
  [
    'settings: a file that is not there is told by name',
    async (c) => {
      const path = join(makeFolder(c), 'no.properties')
      const server = spawnServer(c, [path])
      expectEqual((await server.end()).code, 2, 'exit code')
      expectMatch(server.stderr, new RegExp(`${quote(path)}: there is no such file`))
    },
  ],
  [
    'settings: without a file the usage is shown',
    async (c) => {
      const server = spawnServer(c, [])
      expectEqual((await server.end()).code, 1, 'exit code')
      expectMatch(server.stderr, /^USAGE: .*kafka-server-start\.sh/)
    },
  ],
  [
    'settings: unknown keys warn by name and do not stop the start',
    async (c) => {
      const folder = makeFolder(c)
      const settings = plainSettings(await freePort(), join(folder, 'data'), {
        'no.such.key': '1',
        'log.segmnt.bytes': '2',
      })
      const server = await startServer(c, folder, settings)
      expectMatch(server.stdout, /WARN.*no\.such\.key is ignored: no such setting/)
      expectMatch(server.stdout, /WARN.*log\.segmnt\.bytes is ignored/)
    },
  ],
]

/** Starts, makes a topic, writes and reads through the server. */
async function serves(c, port, host = '127.0.0.1') {
  const client = await connect(c, port, { host })
  const topic = `works-${host.replaceAll(/\W/g, '')}`
  await client.create(topic)
  const { errorCode } = await client.produce(topic, ['a'])
  expect(errorCode === 0, `produce: ${errorName(errorCode)}`)
  expectEqual((await client.read(topic)).length, 1, 'records read')
}

const acceptedFiles = [
  [
    'file: an empty one gives a broker',
    async (c) => {
      const folder = makeFolder(c)
      const port = await freePort()
      const overrides = [`listeners=PLAINTEXT://localhost:${port}`, `log.dirs=${join(folder, 'data')}`]
      const args = overrides.flatMap((pair) => ['--override', pair])
      const server = spawnServer(c, [writeSettings(folder, ''), ...args])
      await server.started()
      await serves(c, port)
    },
  ],
  [
    'file: an empty one listens on localhost:9092',
    async (c) => {
      const folder = makeFolder(c)
      const args = [writeSettings(folder, ''), '--override', `log.dirs=${join(folder, 'data')}`]
      // A network of its own: port 9092 is free there.
      const inside = 'ip link set lo up; exec "$0" "$@"'
      const through = ['unshare', '--net', '--fork', '--kill-child', 'sh', '-c', inside]
      const server = spawnServer(c, args, { through })
      await server.started()
      expectMatch(server.stdout, /Address\s+localhost:9092/)
      expectEqual(await server.stop(), { code: 0, signal: null }, 'end')
    },
    can.namespaces,
  ],
  [
    "file: Apache Kafka 4's for a single node, with one line about the CONTROLLER listener",
    async (c) => {
      const folder = makeFolder(c)
      const port = await freePort()
      const server = await startServer(c, folder, kafka4(port, join(folder, 'data')))
      const lines = server.stdout.split('\n').filter((line) => /CONTROLLER/.test(line))
      expectEqual(lines.length, 1, `lines about CONTROLLER (${lines.join(' | ')})`)
      expectMatch(lines[0], /CONTROLLER:\/\/.*9093 is not opened/)
      expect(!/WARN/.test(server.stdout), `a warning: ${server.stdout}`)
      await serves(c, port)
    },
  ],
  [
    "file: Apache Kafka 2.4's without zookeeper.connect, node 0 by broker.id",
    async (c) => {
      const folder = makeFolder(c)
      const port = await freePort()
      const data = join(folder, 'data')
      await startServer(c, folder, kafka24(port, data))
      await serves(c, port)
      expectMatch(readFileSync(join(data, 'meta.properties'), 'utf8'), /^node\.id=0$/m)
    },
  ],
  [
    "file: Apache Kafka 2.4's with zookeeper.connect is refused",
    (c) =>
      refuses(c, `${kafka24(9092, '/nowhere')}zookeeper.connect=localhost:2181`, {
        code: 2,
        says: /zookeeper\.connect=localhost:2181: ZooKeeper mode is not there yet/,
      }),
  ],
]

async function portInUse(c) {
  const folder = makeFolder(c)
  const taken = createServer().listen(0, '127.0.0.1')
  c.defer(() => taken.close())
  await until(() => taken.listening, 'the port is taken')
  const { port } = taken.address()
  const data = join(folder, 'data')
  await refuses(c, plainSettings(port, data), {
    code: 3,
    folder,
    says: new RegExp(`127\\.0\\.0\\.1:${port}.*Another process listens`),
  })
  expect(!existsSync(data), 'the data folder was made before the port was found taken')
}

async function secondProcess(c) {
  const folder = makeFolder(c)
  const data = join(folder, 'data')
  const port = await freePort()
  const first = await startServer(c, folder, plainSettings(port, data))
  await serves(c, port)
  await refuses(c, plainSettings(await freePort(), data), {
    code: 5,
    folder: makeFolder(c),
    says: new RegExp(`Another process uses the data folder ${quote(data)}`),
  })
  // By another name of the same folder, too.
  await refuses(c, plainSettings(await freePort(), join(folder, '.', 'x', '..', 'data')), {
    code: 5,
    folder: makeFolder(c),
    says: /Another process uses the data folder/,
  })
  const client = await connect(c, port)
  expectEqual((await client.read('works-127001')).length, 1, 'records of the first process')
  expectEqual((await first.stop()).code, 0, 'exit code of the first process')
}

const folderCases = [
  ['start: a port in use has its sentence and exit code 3, and nothing is written', portInUse],
  [
    'start: an address of another machine has its sentence and exit code 4',
    async (c) => {
      const settings = { ...plainSettings(1, '/nowhere'), listeners: 'PLAINTEXT://192.0.2.1:9092' }
      await refuses(c, settings, { code: 4, says: /192\.0\.2\.1.*Correct the host in listeners/ })
    },
  ],
  [
    'start: a second process on the same folder has its sentence and exit code 5, and the first one goes on',
    secondProcess,
  ],
  [
    'start: a folder that may not be written has its sentence and exit code 6',
    async (c) => {
      const folder = makeFolder(c)
      const data = join(folder, 'data')
      mkdirSync(data)
      chmodSync(folder, 0o755)
      chmodSync(data, 0o555)
      await refuses(c, plainSettings(await freePort(), data), {
        code: 6,
        folder,
        options: { uid: NOBODY, gid: NOBODY },
        says: new RegExp(`data folder cannot be used: ${quote(data)}.*this user may not`),
      })
    },
    can.otherUsers,
  ],
  [
    'start: a folder below one that may not be written has its sentence and exit code 6',
    async (c) => {
      const folder = makeFolder(c)
      chmodSync(folder, 0o755)
      await refuses(c, plainSettings(await freePort(), join(folder, 'a', 'b')), {
        code: 6,
        folder,
        options: { uid: NOBODY, gid: NOBODY },
        says: /data folder cannot be used: .*this user may not/,
      })
    },
    can.otherUsers,
  ],
  [
    'start: a file where the folder must be has its sentence and exit code 6',
    async (c) => {
      const folder = makeFolder(c)
      writeFileSync(join(folder, 'data'), '')
      await refuses(c, plainSettings(await freePort(), join(folder, 'data')), {
        code: 6,
        folder,
        says: /a file stands where a folder must be/,
      })
    },
  ],
  [
    'start: another node.id than the folder says has its sentence and exit code 8',
    async (c) => {
      const folder = makeFolder(c)
      const data = join(folder, 'data')
      const settings = plainSettings(await freePort(), data, { 'node.id': '5' })
      const first = await startServer(c, folder, settings)
      expectEqual((await first.stop()).code, 0, 'exit code')
      await refuses(c, { ...settings, 'node.id': '6' }, { code: 8, folder, says: /5.*6|6.*5/s })
      // Without one in the file the folder's counts.
      const { 'node.id': _, ...without } = settings
      const again = await startServer(c, folder, without)
      expectMatch(again.stdout, /node 5 of cluster/)
    },
  ],
  [
    'start: folders of two clusters have their sentence and exit code 8',
    async (c) => {
      const folder = makeFolder(c)
      const [one, two] = [join(folder, 'one'), join(folder, 'two')]
      for (const data of [one, two]) {
        const server = await startServer(c, folder, plainSettings(await freePort(), data))
        expectEqual((await server.stop()).code, 0, 'exit code')
      }
      await refuses(c, plainSettings(await freePort(), `${one},${two}`), {
        code: 8,
        folder,
        says: /belongs to cluster .{22}, not .*.{22}/,
      })
    },
  ],
  [
    'start: a meta.properties that cannot be read has its sentence and exit code 9',
    async (c) => {
      const folder = makeFolder(c)
      const data = join(folder, 'data')
      mkdirSync(data)
      writeFileSync(join(data, 'meta.properties'), 'nonsense\n')
      await refuses(c, plainSettings(await freePort(), data), {
        code: 9,
        folder,
        says: /meta\.properties cannot be read/,
      })
    },
  ],
  [
    'start: damage in the middle of the metadata has its sentence and exit code 9, and nothing is cut',
    async (c) => {
      const folder = makeFolder(c)
      const data = join(folder, 'data')
      const settings = plainSettings(await freePort(), data)
      const server = await startServer(c, folder, settings)
      const client = await connect(c, new URL(`x://${settings.listeners.slice(12)}`).port)
      for (let i = 0; i < 5; i += 1) await client.create(`t${i}`)
      await server.stop('SIGKILL')
      const log = join(data, '__cluster_metadata-0', '00000000000000000000.log')
      const bytes = readFileSync(log)
      bytes[Math.floor(bytes.length / 2)] ^= 0xff
      writeFileSync(log, bytes)
      await refuses(c, settings, { code: 9, folder, says: /__cluster_metadata-0/ })
      expectEqual(statSync(log).size, bytes.length, 'bytes of the metadata log')
    },
  ],
]

async function killed(c) {
  const folder = makeFolder(c)
  const data = join(folder, 'data')
  const port = await freePort()
  const settings = plainSettings(port, data)
  let server = await startServer(c, folder, settings)
  await serves(c, port)
  for (let round = 0; round < 3; round += 1) {
    expectEqual((await server.stop('SIGKILL')).signal, 'SIGKILL', 'end')
    server = await startServer(c, folder, settings)
    const client = await connect(c, port)
    expectEqual((await client.read('works-127001')).length, 1, 'records after the kill')
    client.close()
  }
}

function stopsCleanly(signal) {
  return async (c) => {
    const folder = makeFolder(c)
    const data = join(folder, 'data')
    const port = await freePort()
    const settings = plainSettings(port, data)
    const marker = join(data, '.kafka_cleanshutdown')
    let server = await startServer(c, folder, settings)
    await serves(c, port)
    expectEqual(await server.stop(signal), { code: 0, signal: null }, `the end by ${signal}`)
    expectMatch(server.stdout, /Kafka Server stopped/)
    expectMatch(readFileSync(marker, 'utf8'), /"brokerEpoch":\d+/)
    server = await startServer(c, folder, settings)
    expect(!existsSync(marker), 'the marker is still there while the server runs')
    const client = await connect(c, port)
    expectEqual((await client.read('works-127001')).length, 1, 'records after the stop')
  }
}

async function stopsUnderWaiters(c) {
  const folder = makeFolder(c)
  const port = await freePort()
  const server = await startServer(c, folder, plainSettings(port, join(folder, 'data')))
  const client = await connect(c, port)
  await client.create('waits')
  const waiting = client.longPoll('waits', 60_000)
  await (await connect(c, port)).metadata()
  const startedAt = performance.now()
  expectEqual((await server.stop()).code, 0, 'exit code')
  expect(performance.now() - startedAt < 9000, 'the stop waited for a fetch that waits for records')
  await waiting.catch(() => {})
}

async function survivesSignals(c) {
  const folder = makeFolder(c)
  const port = await freePort()
  const env = {
    JMX_PORT: '9999',
    KAFKA_OPTS: '-Djava.security.auth.login.config=/none',
    KAFKA_HEAP_OPTS: '-Xmx1G -Xms1G',
    KAFKA_JVM_PERFORMANCE_OPTS: '-server',
    KAFKA_LOG4J_OPTS: '-Dlog4j.configuration=file:x',
  }
  const server = await startServer(c, folder, plainSettings(port, join(folder, 'data')), { env })
  server.kill('SIGQUIT')
  await until(() => /still here/.test(server.stdout), 'SIGQUIT is answered in the log')
  await serves(c, port)
  expectEqual((await server.stop()).code, 0, 'exit code')
}

async function scripts(c, prefix = []) {
  const folder = makeFolder(c)
  const data = join(folder, 'data')
  const port = await freePort()
  const nodeId = 1_000_000 + port
  const file = writeSettings(folder, plainSettings(port, data))
  c.defer(() => {
    for (const pid of processesWith(file)) process.kill(pid, 'SIGKILL')
  })
  const logs = join(folder, 'logs')
  const start = `LOG_DIR=${logs} ${bin('kafka-server-start')} -daemon ${file} --override node.id=${nodeId}`
  const output = join(logs, 'kafkaServer.out')
  const waitFor = (pattern) =>
    `for i in $(seq 1 600); do grep -q '${pattern}' ${output} 2>/dev/null && break; sleep 0.1; done; grep '${pattern}' ${output}`
  const stop = bin('kafka-server-stop')
  const lines = [
    `${start} || exit 91`,
    `${waitFor('Kafka Server started')} || exit 92`,
    prefix.length > 0 ? `${stop} || exit 93` : `${stop} --node-id ${nodeId} || exit 93`,
    `${waitFor('Kafka Server stopped')} || exit 94`,
    `for i in $(seq 1 100); do ${stop} --node-id ${nodeId} || exit 0; sleep 0.1; done; exit 95`,
  ]
  const [file0, ...words] = [...prefix, 'sh', '-c', lines.join('\n')]
  const result = await command(file0, words, { timeoutMs: 120_000 })
  const said = existsSync(output) ? readFileSync(output, 'utf8') : ''
  expectEqual(result.code, 0, `scripts: ${result.stdout} ${result.stderr} ${said}`)
  expectMatch(result.stderr, /No kafka server/)
  expect(existsSync(join(data, '.kafka_cleanshutdown')), 'no marker of a clean stop')
}

async function localhost(c) {
  const folder = makeFolder(c)
  const port = await freePort()
  const settings = { ...plainSettings(port, join(folder, 'data')), listeners: `PLAINTEXT://localhost:${port}` }
  await startServer(c, folder, settings)
  await serves(c, port, '127.0.0.1')
  await serves(c, port, '::1')
}

async function advertised(c) {
  const folder = makeFolder(c)
  const port = await freePort()
  await startServer(c, folder, { ...plainSettings(port, join(folder, 'data')), listeners: `PLAINTEXT://:${port}` })
  const own = Object.values(networkInterfaces())
    .flat()
    .filter(({ address, family }) => family === 'IPv4' && !address.startsWith('127.'))
    .map(({ address }) => address)
  for (const host of ['127.0.0.1', '::1', ...own]) {
    const client = await connect(c, port, { host })
    const { brokers } = await client.metadata()
    expectEqual(
      brokers.map((broker) => [broker.host, broker.port]),
      [[host, port]],
      `brokers told to a client of ${host}`,
    )
  }
}

async function advertisedSet(c) {
  const folder = makeFolder(c)
  const port = await freePort()
  const more = { 'advertised.listeners': 'PLAINTEXT://kafka.example:19092' }
  await startServer(c, folder, plainSettings(port, join(folder, 'data'), more))
  const { brokers } = await (await connect(c, port)).metadata()
  expectEqual([brokers[0].host, brokers[0].port], ['kafka.example', 19092], 'the broker told')
}

async function leavesNothing(c) {
  const folder = makeFolder(c)
  const data = join(folder, 'data')
  const server = await startServer(c, folder, plainSettings(await freePort(), data))
  await server.stop()
  const strange = readdirSync(data).filter((name) => /\.tmp$|lock$/.test(name))
  expectEqual(strange, [], 'files left behind')
}

await runCases('operations', [
  ...settingsCases,
  ...acceptedFiles,
  ...folderCases,
  ['run: kill -9 leaves a folder that the next process takes at once, three times', killed],
  ['run: SIGTERM is a clean stop with a marker', stopsCleanly('SIGTERM')],
  ['run: SIGINT is a clean stop with a marker', stopsCleanly('SIGINT')],
  ['run: a stop does not wait for fetches that wait for records', stopsUnderWaiters],
  ['run: SIGQUIT and the variables of a JVM are tolerated', survivesSignals],
  ['run: a stop leaves no temporary files', leavesNothing],
  ['scripts: kafka-server-start.sh -daemon and kafka-server-stop.sh --node-id', (c) => scripts(c)],
  [
    'scripts: kafka-server-stop.sh stops what runs from this installation, and says when nothing does',
    (c) => scripts(c, ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']),
    can.namespaces,
  ],
  ['network: localhost is 127.0.0.1 and ::1', localhost, can.ipv6],
  ['network: without advertised.listeners clients are told the address that they came to', advertised, can.ipv6],
  ['network: advertised.listeners is what clients are told', advertisedSet],
])
