/** Partitions, brokers and metadata, as this broker and its controller see them. */
import type { BrokerContext } from '../../broker-context.ts'
import type { Replica } from '../../replica/replica.ts'
import { type MetricRow, plain } from '../metric-row.ts'

function countOf(broker: BrokerContext, is: (replica: Replica) => boolean): number {
  let count = 0
  for (const replica of broker.replicas.all()) if (is(replica)) count += 1
  return count
}

function replicas(name: string, help: string, is: (replica: Replica) => boolean): MetricRow {
  return plain('gauge', `kafka_server_replicamanager_${name}`, help, ({ broker }) => countOf(broker, is))
}

function perPartition(name: string, help: string, is: (replica: Replica) => boolean): MetricRow {
  return {
    name: `kafka_cluster_partition_${name}`,
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help,
    read: ({ broker }, sink) => {
      for (const replica of broker.replicas.all()) {
        if (replica.isLeader) sink.value(is(replica) ? 1 : 0, replica.topic, String(replica.partition))
      }
    },
  }
}

function controller(name: string, help: string, of: (broker: BrokerContext) => number): MetricRow {
  return plain('gauge', `kafka_controller_kafkacontroller_${name}`, help, ({ broker }) => of(broker))
}

const isUnderReplicated = ({ isLeader, image }: Replica): boolean =>
  isLeader && image.isr.length < image.replicas.length
const isUnderMinIsr = (replica: Replica): boolean =>
  replica.isLeader && replica.hasLog && replica.image.isr.length < replica.minInsyncReplicas
const isAtMinIsr = (replica: Replica): boolean =>
  replica.isLeader && replica.hasLog && replica.image.isr.length === replica.minInsyncReplicas
const isMoving = ({ isLeader, image }: Replica): boolean =>
  isLeader && (image.addingReplicas.length > 0 || image.removingReplicas.length > 0)

function partitionsWhere(broker: BrokerContext, is: (leader: number, preferred: number) => boolean): number {
  let count = 0
  for (const { partitions } of broker.image.topics.all()) {
    for (const {
      leader,
      replicas: [preferred],
    } of partitions)
      if (is(leader, preferred ?? -1)) count += 1
  }
  return count
}

function brokersWhere({ image }: BrokerContext, state: 'fenced' | 'active'): number {
  return [...image.brokers.values()].filter((broker) => broker.fenced === (state === 'fenced')).length
}

const NEVER = 'Always 0 while a partition has one replica.'

/** As the JMX exporter calls the group of metrics, and as Strimzi's rules do. */
const RAFT_PREFIXES = ['kafka_server_raft_metrics', 'kafka_server_raftmetrics']

export const CLUSTER_METRICS: readonly MetricRow[] = [
  replicas('partitioncount', 'Partitions that have a replica here.', () => true),
  replicas('leadercount', 'Partitions that are led here.', ({ isLeader }) => isLeader),
  replicas('underreplicatedpartitions', 'Partitions led here with a replica that is not in sync.', isUnderReplicated),
  replicas(
    'underminisrpartitioncount',
    'Partitions led here with fewer in-sync replicas than they must have.',
    isUnderMinIsr,
  ),
  replicas(
    'atminisrpartitioncount',
    'Partitions led here with just as many in-sync replicas as they must have.',
    isAtMinIsr,
  ),
  replicas(
    'offlinereplicacount',
    'Replicas whose log failed.',
    ({ isReady, hasLog, isStopped }) => isReady && !hasLog && !isStopped,
  ),
  replicas('reassigningpartitions', 'Partitions led here that are being moved.', isMoving),
  plain('counter', 'kafka_server_replicamanager_isrshrinks_total', `Replicas that fell out of sync. ${NEVER}`, () => 0),
  plain(
    'counter',
    'kafka_server_replicamanager_isrexpands_total',
    `Replicas that came back in sync. ${NEVER}`,
    () => 0,
  ),
  plain(
    'gauge',
    'kafka_server_replicamanager_produceridcount',
    'Producers that the open logs remember.',
    ({ broker }) => {
      let count = 0
      for (const replica of broker.replicas.all()) if (replica.hasLog) count += replica.log.producerCount
      return count
    },
  ),
  plain('gauge', 'kafka_server_replicafetchermanager_maxlag', `Records that a follower is behind. ${NEVER}`, () => 0),
  perPartition(
    'underminisr',
    '1 for a partition led here with fewer in-sync replicas than it must have.',
    isUnderMinIsr,
  ),
  perPartition(
    'atminisr',
    '1 for a partition led here with just as many in-sync replicas as it must have.',
    isAtMinIsr,
  ),
  {
    name: 'kafka_cluster_partition_replicascount',
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: 'Replicas of a partition led here.',
    read: ({ broker }, sink) => {
      for (const { isLeader, image, topic, partition } of broker.replicas.all()) {
        if (isLeader) sink.value(image.replicas.length, topic, String(partition))
      }
    },
  },
  controller('activecontrollercount', '1 where the active controller is.', () => 1),
  controller('globaltopiccount', 'Topics.', ({ image }) => image.topics.size),
  controller('globalpartitioncount', 'Partitions.', (broker) => partitionsWhere(broker, () => true)),
  controller('offlinepartitionscount', 'Partitions without a leader.', (broker) =>
    partitionsWhere(broker, (leader) => leader < 0),
  ),
  controller(
    'preferredreplicaimbalancecount',
    'Partitions that another than their preferred replica leads.',
    (broker) => partitionsWhere(broker, (leader, preferred) => leader !== preferred),
  ),
  controller('activebrokercount', 'Brokers that are not fenced.', (broker) => brokersWhere(broker, 'active')),
  controller('fencedbrokercount', 'Fenced brokers.', (broker) => brokersWhere(broker, 'fenced')),
  controller('lastappliedrecordoffset', 'Offset of the newest metadata record.', ({ image }) => image.offset),
  controller('metadataerrorcount', 'Always 0: a fault in the metadata ends the process.', () => 0),
  plain(
    'counter',
    'kafka_controller_controllerstats_uncleanleaderelections_total',
    `Leaders that were not in sync. ${NEVER}`,
    () => 0,
  ),
  plain(
    'gauge',
    'kafka_server_broker_metadata_metrics_last_applied_record_offset',
    'Offset of the newest metadata record that this broker follows.',
    ({ broker }) => broker.image.offset,
  ),
  ...RAFT_PREFIXES.flatMap(quorum),
  plain('gauge', 'kafka_server_kafkaserver_brokerstate', 'As in Kafka: 3 while it runs.', () => 3),
  plain('gauge', 'kafka_brokers', 'Brokers that are not fenced, as kafka_exporter counts them.', ({ broker }) =>
    brokersWhere(broker, 'active'),
  ),
  {
    name: 'kafka_broker_info',
    kind: 'gauge',
    labels: ['id', 'address'],
    help: '1 for every broker, with its first address, as kafka_exporter has it.',
    read: ({ broker }, sink) => {
      for (const { id, endpoints } of broker.image.brokers.values()) {
        const [first] = endpoints
        sink.value(1, String(id), first === undefined ? '' : `${first.host}:${first.port}`)
      }
    },
  },
  {
    name: 'kafka_topic_partitions',
    kind: 'gauge',
    labels: ['topic'],
    help: 'Partitions of a topic, as kafka_exporter has it.',
    read: ({ broker }, sink) => {
      for (const { name, partitions } of broker.image.topics.all()) sink.value(partitions.length, name)
    },
  },
  ...exporterPartitions(),
]

/** The metadata log. This node is the only voter. */
function quorum(prefix: string): MetricRow[] {
  const row = (name: string, help: string, of: (broker: BrokerContext) => number): MetricRow =>
    plain('gauge', `${prefix}_${name}`, help, ({ broker }) => of(broker))
  return [
    row('high_watermark', 'End of the committed metadata log.', ({ image }) => image.offset + 1),
    row('log_end_offset', 'End of the metadata log.', ({ image }) => image.offset + 1),
    row('current_epoch', 'Leader epoch of the metadata log.', ({ image }) => image.epoch),
    row('current_leader', 'Node that leads the metadata log.', ({ nodeId }) => nodeId),
    row('current_vote', 'Node that this one voted for.', ({ nodeId }) => nodeId),
    {
      name: `${prefix}_current_state`,
      kind: 'gauge',
      labels: ['current_state'],
      help: '1 for the state of this node in the quorum.',
      read: (_, sink) => sink.value(1, 'leader'),
    },
  ]
}

function exporterPartitions(): MetricRow[] {
  const row = (name: string, help: string, of: (replica: Replica) => number, needs: 'log' | 'metadata'): MetricRow => ({
    name: `kafka_topic_partition_${name}`,
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: `${help}, as kafka_exporter has it.`,
    read: ({ broker }, sink) => {
      for (const replica of broker.replicas.all()) {
        if (!replica.isLeader || (needs === 'log' && !replica.hasLog)) continue
        sink.value(of(replica), replica.topic, String(replica.partition))
      }
    },
  })
  return [
    row('current_offset', 'High watermark', ({ highWatermark }) => highWatermark, 'log'),
    row('oldest_offset', 'First offset', ({ logStartOffset }) => logStartOffset, 'log'),
    row('leader', 'Leader', ({ image }) => image.leader, 'metadata'),
    row('replicas', 'Replicas', ({ image }) => image.replicas.length, 'metadata'),
    row('in_sync_replica', 'In-sync replicas', ({ image }) => image.isr.length, 'metadata'),
    row(
      'leader_is_preferred',
      '1 when the preferred replica leads',
      ({ image }) => (image.leader === image.replicas[0] ? 1 : 0),
      'metadata',
    ),
    row(
      'under_replicated_partition',
      '1 when a replica is not in sync',
      (replica) => (isUnderReplicated(replica) ? 1 : 0),
      'metadata',
    ),
  ]
}
