/** Requests and connections. */
import type { RecentHistogram } from '@ottla/stdx'
import type { ApiFigures } from '../api-figures.ts'
import { type MetricRow, type MetricSource, MS_PER_MICRO, plain } from '../metric-row.ts'

const REQUEST = 'kafka_network_requestmetrics'
const SOCKETS = 'kafka_server_socket_server_metrics'
const WAITING_APIS: readonly (readonly [operation: string, apiKey: number])[] = [
  ['Produce', 0],
  ['Fetch', 1],
  ['Rebalance', 11],
  ['ShareFetch', 78],
]

function stage(name: string, help: string, of: (figures: ApiFigures) => RecentHistogram): MetricRow {
  return {
    name: `${REQUEST}_${name}`,
    kind: 'summary',
    labels: ['request'],
    help,
    read: ({ broker }, sink) => {
      for (const [, figures] of broker.metrics.apis()) {
        if (of(figures).count > 0) sink.summary(of(figures), MS_PER_MICRO, figures.name)
      }
    },
  }
}

export const REQUEST_METRICS: readonly MetricRow[] = [
  {
    name: `${REQUEST}_requests_total`,
    kind: 'counter',
    labels: ['request', 'version'],
    help: 'Requests, by API and version.',
    read: ({ broker }, sink) => {
      for (const [, { name, versions }] of broker.metrics.apis()) {
        for (const [version, count] of versions.entries()) if (count > 0) sink.value(count, name, String(version))
      }
    },
  },
  {
    name: `${REQUEST}_errors_total`,
    kind: 'counter',
    labels: ['request', 'error'],
    help: 'Answers by error, NONE among them: of Produce and Fetch those of each partition, of other APIs that of the whole answer, where it has one.',
    read: ({ broker }, sink) => {
      for (const [, figures] of broker.metrics.apis()) {
        for (const [error, count] of figures.errorCounts()) sink.value(count, figures.name, error)
      }
    },
  },
  stage('totaltimems', 'From the last byte of a request until the kernel has taken its answer.', ({ total }) => total),
  stage('requestqueuetimems', 'Behind earlier requests of the connection.', ({ requestQueue }) => requestQueue),
  stage('localtimems', 'Work in the turn in which the request was taken up.', ({ local }) => local),
  stage('remotetimems', 'Waiting: for records, disks, members, the controller.', ({ remote }) => remote),
  stage('responsequeuetimems', 'Behind earlier answers of the connection.', ({ responseQueue }) => responseQueue),
  stage('responsesendtimems', 'Until the kernel has taken the answer.', ({ responseSend }) => responseSend),
  {
    name: `${REQUEST}_requestbytes`,
    kind: 'summary',
    labels: ['request'],
    help: 'Sizes of requests.',
    read: ({ broker }, sink) => {
      for (const [, { name, requestBytes }] of broker.metrics.apis()) sink.summary(requestBytes, 1, name)
    },
  },
  plain('gauge', 'kafka_network_requestchannel_requestqueuesize', 'Requests that are not answered.', ({ broker }) => {
    let count = 0
    for (const [, { underWay }] of broker.metrics.apis()) count += underWay
    return count
  }),
  {
    name: 'kafka_server_delayedoperationpurgatory_purgatorysize',
    kind: 'gauge',
    labels: ['delayedoperation'],
    help: 'Requests that wait, by what they are.',
    read: ({ broker }, sink) => {
      for (const [operation, apiKey] of WAITING_APIS) sink.value(broker.metrics.api(apiKey).underWay, operation)
    },
  },
  {
    name: `${SOCKETS}_connection_count`,
    kind: 'gauge',
    labels: ['listener'],
    help: 'Open connections.',
    read: ({ broker }, sink) => {
      const { server } = broker.metrics
      const counts = new Map([...server.accepted.keys()].map((listener) => [listener, 0]))
      for (const { listenerName } of server.connections) counts.set(listenerName, (counts.get(listenerName) ?? 0) + 1)
      for (const [listener, count] of counts) sink.value(count, listener)
    },
  },
  {
    name: `${SOCKETS}_connection_creation_total`,
    kind: 'counter',
    labels: ['listener'],
    help: 'Connections that were accepted.',
    read: ({ broker }, sink) => {
      for (const [listener, count] of broker.metrics.server.accepted) sink.value(count, listener)
    },
  },
  {
    name: `${SOCKETS}_connections`,
    kind: 'gauge',
    labels: ['clientSoftwareName', 'clientSoftwareVersion', 'listener'],
    help: 'Open connections by the software of the client, as far as it says.',
    read: ({ broker }, sink) => {
      for (const [labels, count] of softwareCounts(broker.metrics.server.connections)) sink.value(count, ...labels)
    },
  },
  idleRow('kafka_network_socketserver_networkprocessoravgidle_percent'),
  idleRow('kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent'),
  plain('gauge', 'kafka_server_fetchsessioncache_numincrementalfetchsessions', 'Fetch sessions.', ({ broker }) => {
    return broker.fetchSessions.size
  }),
  plain(
    'gauge',
    'kafka_server_fetchsessioncache_numincrementalfetchpartitionscached',
    'Partitions of all fetch sessions.',
    ({ broker }) => broker.fetchSessions.partitionCount,
  ),
  plain(
    'counter',
    'kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total',
    'Fetch sessions that had to go for others.',
    ({ broker }) => broker.fetchSessions.evictions,
  ),
]

interface SeenConnection {
  readonly listenerName: string
  readonly attachment: unknown
}

function softwareCounts(connections: Iterable<SeenConnection>): Iterable<readonly [string[], number]> {
  const counts = new Map<string, { labels: string[]; count: number }>()
  for (const { listenerName, attachment } of connections) {
    const session = attachment as { clientSoftwareName: string; clientSoftwareVersion: string }
    const labels = [session.clientSoftwareName, session.clientSoftwareVersion, listenerName]
    const key = labels.join('\0')
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { labels, count: 1 })
    else known.count += 1
  }
  return Array.from(counts.values(), ({ labels, count }) => [labels, count] as const)
}

/** One loop does the work of Kafka's network and request threads. */
function idleRow(name: string): MetricRow {
  return {
    name,
    kind: 'gauge',
    help: 'Part of the last one to two minutes in which the event loop had nothing to do, 0 to 1.',
    read: (source, sink) => {
      const idle = idlePart(source)
      if (idle !== null) sink.value(idle)
    },
  }
}

function idlePart({ broker, figures }: MetricSource): number | null {
  if (figures === null) return null
  const { loopActiveMs, loopIdleMs } = broker.metrics.loopBefore
  const active = figures.loopActiveMs - loopActiveMs
  const idle = figures.loopIdleMs - loopIdleMs
  return active + idle === 0 ? 1 : idle / (active + idle)
}
