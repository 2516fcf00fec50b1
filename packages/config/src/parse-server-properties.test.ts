import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BrokerConfig } from './broker-config.ts'
import { brokerKeys } from './key-table.ts'
import { formatConfigProblem, type Overrides, parseServerProperties } from './parse-server-properties.ts'

const KAFKA_4_SINGLE_NODE = `
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT
num.network.threads=3
log.dirs=/data/one
offsets.topic.replication.factor=1
log.retention.hours=24
`

const KAFKA_2_4 = `
broker.id=0
num.network.threads=3
log.dirs=/tmp/kafka-logs
num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.min.isr=1
zookeeper.connection.timeout.ms=6000
group.initial.rebalance.delay.ms=0
`

function accepted(text: string, overrides?: Overrides): { config: BrokerConfig; notices: string[] } {
  const result = parseServerProperties(text, 'server.properties', overrides)
  if (result.kind === 'refused') throw new Error(result.problems.map(formatConfigProblem).join('\n'))
  return { config: result.config, notices: result.notices.map(({ level, message }) => `${level} ${message}`) }
}

function refused(text: string, overrides?: Overrides): string[] {
  const result = parseServerProperties(text, 'server.properties', overrides)
  return result.kind === 'refused' ? result.problems.map(formatConfigProblem) : []
}

test('an empty file gives a single node with Kafka’s defaults', () => {
  const { config, notices } = accepted('')
  deepEqual(notices, [])
  equal(config.nodeId, null)
  equal(config.int('num.partitions'), 1)
  equal(config.get('log.retention.ms'), null)
  deepEqual(config.list('process.roles'), ['broker', 'controller'])
  deepEqual(config.listeners, [
    {
      name: 'PLAINTEXT',
      host: null,
      port: 9092,
      securityProtocol: 'PLAINTEXT',
      advertised: { host: null, port: null },
    },
  ])
})

test('Kafka 4’s single-node file is accepted, and one line says that the controller listener is not opened', () => {
  const { config, notices } = accepted(KAFKA_4_SINGLE_NODE)
  deepEqual(notices, ['info CONTROLLER://:9093 is not opened: the controller of a single node runs inside it'])
  equal(config.nodeId, 1)
  equal(config.staticTexts.get('broker.id'), '1', 'the same number under its other name')
  deepEqual(
    config.listeners.map(({ name, port, advertised }) => ({ name, port, advertised })),
    [{ name: 'PLAINTEXT', port: 9092, advertised: { host: 'localhost', port: 9092 } }],
  )
})

test('a static quorum of this node alone is accepted, another voter is refused', () => {
  const base = 'node.id=1\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER\n'
  equal(accepted(`${base}controller.quorum.voters=1@kafka-1:9093`).config.nodeId, 1)
  deepEqual(refused(`${base}controller.quorum.voters=1@a:9093,2@b:9093`), [
    'server.properties:4: controller.quorum.voters=1@a:9093,2@b:9093: This node alone: a quorum of several voters (KRaft quorum mode) is not there yet',
  ])
  equal(refused(`${base}controller.quorum.voters=2@a:9093`).length, 1)
  equal(refused(`${base}controller.quorum.bootstrap.servers=other:19093`).length, 1)
})

test('2.4’s file without ZooKeeper is accepted; zookeeper.connect is refused with the mode’s name', () => {
  const { config, notices } = accepted(KAFKA_2_4)
  equal(config.nodeId, 0)
  deepEqual(notices, ['warn zookeeper.connection.timeout.ms is ignored: without zookeeper.connect it has no effect'])
  deepEqual(refused(`${KAFKA_2_4}zookeeper.connect=localhost:2181\n`), [
    'server.properties:10: zookeeper.connect=localhost:2181: ZooKeeper mode is not there yet: this broker keeps its metadata itself. Remove the key to start a single node',
  ])
})

test('2.4’s host.name and port stand in for listeners', () => {
  const { config } = accepted('host.name=inside\nport=9999\nadvertised.host.name=outside\n')
  deepEqual(config.listeners, [
    {
      name: 'PLAINTEXT',
      host: 'inside',
      port: 9999,
      securityProtocol: 'PLAINTEXT',
      advertised: { host: 'outside', port: 9999 },
    },
  ])
})

test('a role of its own is refused: there is no cluster of several nodes yet', () => {
  equal(refused('process.roles=broker\n').length, 1)
  equal(refused('process.roles=controller\n').length, 1)
})

test('every problem is told at once, with file, line, key, value and expectation', () => {
  deepEqual(
    refused('num.partitions=abc\n# x\nlog.dirs=\nlisteners=SSL://:1,PLAINTEXT://:1\n', [['min.insync.replicas', '0']]),
    [
      'server.properties:1: num.partitions=abc: Not a number of type INT',
      'server.properties:3: log.dirs=: Configuration must not be empty. Valid values include: any',
      'server.properties:4: listeners=PLAINTEXT://:1: Each listener has a different port, unless one address is IPv4 and the other IPv6',
      '--override min.insync.replicas: min.insync.replicas=0: Value must be at least 1',
    ],
  )
})

test('TLS and SASL listeners are refused with a sentence', () => {
  deepEqual(refused('listeners=SASL_SSL://:9092\n'), [
    'server.properties:1: listeners=SASL_SSL: The security protocol PLAINTEXT: SASL_SSL is not there yet',
  ])
})

test('an authorizer is refused, since starting without it would let everybody in', () => {
  equal(refused('authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n').length, 1)
  deepEqual(refused('authorizer.class.name=\n'), [])
})

test('unknown keys warn and are kept', () => {
  const { config, notices } = accepted('num.partitons=3\n')
  deepEqual(notices, ['warn num.partitons is ignored: no such setting'])
  equal(config.staticTexts.get('num.partitons'), '3')
})

test('an override wins over the file', () => {
  equal(accepted('num.partitions=3\n', [['num.partitions', '5']]).config.int('num.partitions'), 5)
})

test('several listeners, IPv6 and any free port are read; an advertised name must be a listener', () => {
  const { config } = accepted(
    'listeners=A://[::1]:0,B://127.0.0.1:9093\nlistener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT\ninter.broker.listener.name=b\n',
  )
  deepEqual(
    config.listeners.map(({ name, host, port }) => ({ name, host, port })),
    [
      { name: 'A', host: '::1', port: 0 },
      { name: 'B', host: '127.0.0.1', port: 9093 },
    ],
  )
  equal(refused('advertised.listeners=OTHER://x:1\n').length, 1)
  equal(refused('advertised.listeners=PLAINTEXT://0.0.0.0:9092\n').length, 1)
  equal(refused('inter.broker.listener.name=OTHER\n').length, 1)
})

test('a dynamic value of the broker wins over the cluster’s default, which wins over the file; read-only keys do not move', () => {
  const { config } = accepted('log.retention.ms=1000\nnum.partitions=2\n')
  const dynamic = config.withDynamic({
    clusterDefault: new Map([
      ['log.retention.ms', '2000'],
      ['log.segment.bytes', '2097152'],
      ['num.partitions', '9'],
    ]),
    broker: new Map([['log.retention.ms', '3000']]),
  })
  equal(dynamic.get('log.retention.ms'), 3000)
  equal(dynamic.int('log.segment.bytes'), 2_097_152)
  equal(dynamic.int('num.partitions'), 2)
  equal(config.get('log.retention.ms'), 1000)
})

test('no text is too strange: it is a config or it is refused, never an exception', () => {
  const key = fc.constantFrom(...brokerKeys.keys(), 'zookeeper.connect', 'host.name', 'port', 'x.y')
  const line = fc.tuple(key, fc.oneof(fc.string(), fc.constantFrom('-1', '0', '1e9', 'true', 'A://b:1,A://b:1', ',')))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(line).map((lines) => lines.map(([k, v]) => `${k}=${v}`).join('\n')),
      ),
      (text) => {
        const result = parseServerProperties(text, 'f')
        equal(result.kind === 'config' || result.problems.length > 0, true)
      },
    ),
    { numRuns: 300 },
  )
})
