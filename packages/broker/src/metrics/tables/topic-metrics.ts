/** What goes in and out of topics, and the logs of their partitions. */
import type { Replica } from '../../replica/replica.ts'
import { type MetricRow, MS_PER_MICRO, plain } from '../metric-row.ts'
import type { TopicTraffic } from '../topic-traffic.ts'

function traffic(name: string, help: string, of: (traffic: TopicTraffic) => number): MetricRow[] {
  const full = `kafka_server_brokertopicmetrics_${name}_total`
  return [
    {
      name: full,
      kind: 'counter',
      labels: ['topic'],
      help: `${help} Without topic: all topics since the start, those that are gone too.`,
      read: ({ broker }, sink) => {
        sink.value(of(broker.metrics.traffic))
        for (const [topic, each] of broker.replicas.traffic()) sink.value(of(each), topic)
      },
    },
  ]
}

/** Only of logs that are open: after a clean stop a log is opened when it is first used. */
function ofLog(name: string, help: string, of: (log: Replica['log']) => number): MetricRow {
  return {
    name: `kafka_log_log_${name}`,
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: `${help} Of logs that are open.`,
    read: ({ broker }, sink) => {
      for (const replica of broker.replicas.all()) {
        if (replica.hasLog) sink.value(of(replica.log), replica.topic, String(replica.partition))
      }
    },
  }
}

const none = () => 0
const COUNTED_BY_NOBODY = 'Always 0: nothing is converted here.'

export const TOPIC_METRICS: readonly MetricRow[] = [
  ...traffic('messagesin', 'Records produced.', ({ messagesIn }) => messagesIn),
  ...traffic('bytesin', 'Bytes of records produced.', ({ bytesIn }) => bytesIn),
  ...traffic('bytesout', 'Bytes of records fetched.', ({ bytesOut }) => bytesOut),
  ...traffic('bytesrejected', 'Bytes of records that were refused.', ({ bytesRejected }) => bytesRejected),
  ...traffic('totalproducerequests', 'Partitions in produce requests.', ({ produceRequests }) => produceRequests),
  ...traffic('totalfetchrequests', 'Partitions in answers to fetches.', ({ fetchRequests }) => fetchRequests),
  ...traffic('failedproducerequests', 'Of these refused.', ({ failedProduceRequests }) => failedProduceRequests),
  ...traffic('failedfetchrequests', 'Of these failed.', ({ failedFetchRequests }) => failedFetchRequests),
  plain('counter', 'kafka_server_brokertopicmetrics_producemessageconversions_total', COUNTED_BY_NOBODY, none),
  plain('counter', 'kafka_server_brokertopicmetrics_fetchmessageconversions_total', COUNTED_BY_NOBODY, none),
  ofLog('size', 'Bytes of the partition.', ({ sizeBytes }) => sizeBytes),
  ofLog('logstartoffset', 'First offset.', ({ logStartOffset }) => logStartOffset),
  ofLog('logendoffset', 'Offset that the next record gets.', ({ logEndOffset }) => logEndOffset),
  ofLog('numlogsegments', 'Segments.', ({ segmentCount }) => segmentCount),
  {
    name: 'kafka_log_logflushstats_logflushrateandtimems',
    kind: 'summary',
    help: 'How long syncs of logs took (fdatasync, and what waits for it).',
    read: ({ broker }, sink) => sink.summary(broker.metrics.logs.syncTimes, MS_PER_MICRO),
  },
  plain('gauge', 'kafka_log_logmanager_offlinelogdirectorycount', 'Data folders that failed.', ({ broker }) => {
    return broker.logs.directories.filter(({ error }) => error !== null).length
  }),
  {
    name: 'kafka_log_logmanager_logdirectoryoffline',
    kind: 'gauge',
    labels: ['logdirectory'],
    help: '1 for a data folder that failed.',
    read: ({ broker }, sink) => {
      for (const { path, error } of broker.logs.directories) sink.value(error === null ? 0 : 1, path)
    },
  },
]
