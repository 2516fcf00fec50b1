/** A client's figures under the names that Kafka's clients have by way of the JMX exporter. Rates and averages are for who asks to compute: totals are given. */
import type { MetricRow, MetricSink, MetricSource } from '@ottla/stdx'
import type { Consumer } from '../consumer/consumer.ts'
import type { ClientFigures, LaneKind, TopicFigures } from './client-figures.ts'

type AnyConsumer = Consumer<unknown, unknown>

export interface ClientMetricSource extends MetricSource {
  readonly clientId: string
  readonly figures: ClientFigures
  readonly consumers: readonly AnyConsumer[]
}

type Row = MetricRow<ClientMetricSource>

const PER_SECOND = 1000
const MS_PER_MICRO = 0.001
const CLIENT = ['client_id'] as const

function plain(kind: 'counter' | 'gauge', name: string, help: string, of: (source: ClientMetricSource) => number): Row {
  return { name, kind, labels: CLIENT, help, read: (source, sink) => sink.value(of(source), source.clientId) }
}

/** Of all topics together. */
function sumOf(topics: ReadonlyMap<string, TopicFigures>, of: (figures: TopicFigures) => number): number {
  let sum = 0
  for (const figures of topics.values()) sum += of(figures)
  return sum
}

function byTopic(
  name: string,
  help: string,
  of: (figures: ClientFigures) => ReadonlyMap<string, TopicFigures>,
  value: (figures: TopicFigures) => number,
): Row {
  return {
    name,
    kind: 'counter',
    labels: ['client_id', 'topic'],
    help,
    read: ({ clientId, figures }, sink) => {
      for (const [topic, ofTopic] of of(figures)) sink.value(value(ofTopic), clientId, topic)
    },
  }
}

/** What Kafka has for every client. */
function common(prefix: string, kind: LaneKind): Row[] {
  const of = ({ figures }: ClientMetricSource) => figures.lanes[kind]
  return [
    plain('gauge', `${prefix}_connection_count`, 'Connections that are open.', (source) => of(source).openConnections),
    plain(
      'counter',
      `${prefix}_connection_creation_total`,
      'Connections that were made.',
      (source) => of(source).connectionsMade,
    ),
    plain(
      'counter',
      `${prefix}_request_total`,
      'Requests that were answered, or given up.',
      (source) => of(source).requests,
    ),
    plain('counter', `${prefix}_failed_request_total`, 'Requests that got no answer.', (source) => of(source).failures),
    plain('counter', `${prefix}_outgoing_byte_total`, 'Bytes of requests.', (source) => of(source).outgoingBytes),
    plain('counter', `${prefix}_incoming_byte_total`, 'Bytes of responses.', (source) => of(source).incomingBytes),
    {
      name: `${prefix}_request_latency`,
      kind: 'summary',
      labels: ['client_id', 'request'],
      help: 'Milliseconds until requests are answered, by API; quantiles of the last one to two minutes.',
      read: (source, sink) => {
        for (const [api, times] of of(source).latencies) sink.summary(times, MS_PER_MICRO, source.clientId, api)
      },
    },
  ]
}

const PRODUCER = 'kafka_producer_producer_metrics'
const PRODUCER_TOPIC = 'kafka_producer_producer_topic_metrics'
const CONSUMER = 'kafka_consumer_consumer_metrics'
const FETCH = 'kafka_consumer_consumer_fetch_manager_metrics'
const GROUP = 'kafka_consumer_consumer_coordinator_metrics'
const ADMIN = 'kafka_admin_client_admin_client_metrics'

const sent = ({ sent: topics }: ClientFigures) => topics
const consumed = ({ consumed: topics }: ClientFigures) => topics

const PRODUCER_ROWS: readonly Row[] = [
  ...common(PRODUCER, 'producer'),
  plain('counter', `${PRODUCER}_record_send_total`, 'Records that were written.', ({ figures }) =>
    sumOf(figures.sent, ({ records }) => records),
  ),
  plain('counter', `${PRODUCER}_record_error_total`, 'Records that were given up.', ({ figures }) =>
    sumOf(figures.sent, ({ errors }) => errors),
  ),
  plain(
    'counter',
    `${PRODUCER}_batch_total`,
    'Batches that were written or given up.',
    ({ figures }) => figures.batches,
  ),
  plain(
    'counter',
    `${PRODUCER}_batch_retry_total`,
    'Requests that carried a batch again.',
    ({ figures }) => figures.retries,
  ),
  byTopic(
    `${PRODUCER_TOPIC}_record_send_total`,
    'Records that were written, by topic.',
    sent,
    ({ records }) => records,
  ),
  byTopic(
    `${PRODUCER_TOPIC}_record_error_total`,
    'Records that were given up, by topic.',
    sent,
    ({ errors }) => errors,
  ),
  byTopic(
    `${PRODUCER_TOPIC}_byte_total`,
    'Bytes of records that were written, before compression, by topic.',
    sent,
    ({ bytes }) => bytes,
  ),
]

/** One sample per partition that is assigned. */
function perPartition(
  sink: MetricSink,
  { clientId, consumers }: ClientMetricSource,
  of: (lag: { lag: number; position: number | null }) => number,
): void {
  for (const consumer of consumers) {
    for (const lag of consumer.lag()) sink.value(of(lag), clientId, lag.topic, `${lag.partition}`)
  }
}

function seconds(sinceMs: number | null): number {
  return sinceMs === null ? -1 : sinceMs / PER_SECOND
}

const CONSUMER_ROWS: readonly Row[] = [
  ...common(CONSUMER, 'consumer'),
  {
    name: `${CONSUMER}_last_poll_seconds_ago`,
    kind: 'gauge',
    labels: ['client_id', 'group_id'],
    help: 'Seconds since the application asked for records; -1 before.',
    read: ({ clientId, consumers }, sink) => {
      for (const consumer of consumers)
        sink.value(seconds(consumer.health().sinceLastPollMs), clientId, consumer.groupId ?? '')
    },
  },
  {
    name: 'ottla_consumer_stalled',
    kind: 'gauge',
    labels: ['client_id', 'group_id', 'kind'],
    help: '1 for each kind of stall of a consumer (poll, process, group, fetch); no sample where all goes on.',
    read: ({ clientId, consumers }, sink) => {
      for (const consumer of consumers)
        for (const { kind } of consumer.health().stalls) sink.value(1, clientId, consumer.groupId ?? '', kind)
    },
  },
  plain(
    'counter',
    `${FETCH}_fetch_total`,
    'Fetches that were answered, or given up.',
    ({ figures }) => figures.fetches,
  ),
  plain('counter', `${FETCH}_records_consumed_total`, 'Records that were handed out.', ({ figures }) =>
    sumOf(figures.consumed, ({ records }) => records),
  ),
  plain(
    'counter',
    `${FETCH}_bytes_consumed_total`,
    'Bytes of records that were fetched, as compressed as they are.',
    ({ figures }) => sumOf(figures.consumed, ({ bytes }) => bytes),
  ),
  byTopic(
    `${FETCH}_topic_records_consumed_total`,
    'Records that were handed out, by topic.',
    consumed,
    ({ records }) => records,
  ),
  byTopic(
    `${FETCH}_topic_bytes_consumed_total`,
    'Bytes of records that were fetched, by topic.',
    consumed,
    ({ bytes }) => bytes,
  ),
  {
    name: `${FETCH}_records_lag`,
    kind: 'gauge',
    labels: ['client_id', 'topic', 'partition'],
    help: 'Records between the position and the end, by partition, as the last fetch told.',
    read: (source, sink) => perPartition(sink, source, ({ lag }) => lag),
  },
  plain('gauge', `${FETCH}_records_lag_max`, 'The largest lag of a partition.', ({ consumers }) =>
    Math.max(0, ...consumers.flatMap((consumer) => consumer.lag().map(({ lag }) => lag))),
  ),
  {
    name: `${GROUP}_assigned_partitions`,
    kind: 'gauge',
    labels: ['client_id', 'group_id'],
    help: 'Partitions that are assigned to a consumer.',
    read: ({ clientId, consumers }, sink) => {
      for (const consumer of consumers) sink.value(consumer.assignment.length, clientId, consumer.groupId ?? '')
    },
  },
  {
    name: `${GROUP}_last_heartbeat_seconds_ago`,
    kind: 'gauge',
    labels: ['client_id', 'group_id'],
    help: 'Seconds since the coordinator of the group answered; -1 before, and without a group.',
    read: ({ clientId, consumers }, sink) => {
      for (const consumer of consumers)
        sink.value(seconds(consumer.health().sinceLastHeartbeatMs), clientId, consumer.groupId ?? '')
    },
  },
  plain('counter', `${GROUP}_commit_total`, 'Commits.', ({ figures }) => figures.commits),
  plain('counter', `${GROUP}_failed_commit_total`, 'Commits that failed.', ({ figures }) => figures.failedCommits),
  plain('counter', `${GROUP}_rebalance_total`, 'Assignments with new partitions.', ({ figures }) => figures.rebalances),
  plain('counter', `${GROUP}_lost_total`, 'Times that partitions were lost.', ({ figures }) => figures.lost),
]

export const CLIENT_METRICS: readonly Row[] = [...PRODUCER_ROWS, ...CONSUMER_ROWS, ...common(ADMIN, 'shared')]
