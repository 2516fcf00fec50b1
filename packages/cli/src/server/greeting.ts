/** What a person needs to know of a server that has just started. */
import type { RunningBroker } from '@ottla/broker'
import type { BrokerConfig } from '@ottla/config'
import { KAFKA_VERSION, OTTLA_VERSION } from '../shared/version.ts'

const DURABILITY: Readonly<Record<string, string>> = {
  fsync: 'fsync: an acknowledged record is on the disk and survives a power loss',
  replicated: 'replicated: an acknowledged record is in the page cache of its replicas, as with Kafka',
  auto: 'auto: an acknowledged record is on the disk where there is one replica (fsync), else in the page cache of its replicas',
}

/** Address that a client on this machine can use. */
export function clientAddress(running: RunningBroker, config: BrokerConfig): string {
  const bound = running.listeners[0]
  const listener = config.listeners.find(({ name }) => name === bound?.name)
  return `${hostOf(listener?.host ?? null)}:${bound?.port ?? 0}`
}

/** As in an address: for all interfaces the name of this machine. */
function hostOf(host: string | null): string {
  if (host === null || host === '' || host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** Whose commands a greeting names: those of Kafka, or `ottla`. */
export type GreetingTools = 'kafka' | 'ottla'

/** Lines for a terminal. */
export function greeting(running: RunningBroker, config: BrokerConfig, tools: GreetingTools): string {
  const address = clientAddress(running, config)
  const folders = running.directories.map(({ path }) => path).join(', ')
  const durability = String(config.values['ottla.durability'])
  const others = running.listeners.slice(1).map(({ name, port }) => `${name} on port ${port}`)
  const rows = [
    [
      'Ottla',
      `${OTTLA_VERSION}, speaks Kafka ${KAFKA_VERSION}; node ${running.nodeId} of cluster ${running.clusterId}`,
    ],
    ['Address', [address, ...others].join(', ')],
    ['Data', folders],
    ...(running.http === null ? [] : [['Metrics', `http://${hostOf(running.http.host)}:${running.http.port}/metrics`]]),
    ['Durability', DURABILITY[durability] ?? durability],
    ...(tools === 'kafka' ? kafkaRows(address) : ottlaRows(address)),
  ]
  return rows.map(([label, text]) => `${label!.padEnd(12)}${text}\n`).join('')
}

function kafkaRows(address: string): string[][] {
  return [
    ['Try', `bin/kafka-topics.sh --bootstrap-server ${address} --create --topic test`],
    ['', `bin/kafka-console-producer.sh --bootstrap-server ${address} --topic test`],
    ['', `bin/kafka-console-consumer.sh --bootstrap-server ${address} --topic test --from-beginning`],
    ['Stop', 'Ctrl-C, or bin/kafka-server-stop.sh'],
  ]
}

function ottlaRows(address: string): string[][] {
  const where = address === 'localhost:9092' ? '' : ` -b ${address}`
  return [
    ['Try', `ottla topic create test${where}`],
    ['', `ottla produce test${where} -m hello`],
    ['', `ottla tail test${where}`],
    ['Stop', 'Ctrl-C'],
  ]
}
