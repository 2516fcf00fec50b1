/**
 * Which of Kafka's MBeans each metric of `/metrics` is. What a label is called in the name of the MBean stands at its row; without the label
 * the MBean is the one over all.
 */

/** What the MBean's attributes are. */
export type MBeanShape =
  | { readonly kind: 'gauge'; readonly attribute: string }
  /** A counter, with rates. */
  | { readonly kind: 'meter'; readonly event: string; readonly unit: 'SECONDS' | 'NANOSECONDS' }
  /** A distribution. */
  | { readonly kind: 'histogram' }
  /** Both. */
  | { readonly kind: 'timer' }

export interface MBeanRow {
  readonly metric: string
  readonly bean: string
  readonly shape: MBeanShape
  /** Key of the MBean's name by label. Labels that are not there do not count. */
  readonly labels: Readonly<Record<string, string>>
}

const gauge = (metric: string, bean: string, labels: Readonly<Record<string, string>> = {}): MBeanRow => ({
  metric,
  bean,
  shape: { kind: 'gauge', attribute: 'Value' },
  labels,
})

const attribute = (
  metric: string,
  bean: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): MBeanRow => ({ metric, bean, shape: { kind: 'gauge', attribute: name }, labels })

const meter = (
  metric: string,
  bean: string,
  event: string,
  labels: Readonly<Record<string, string>> = {},
): MBeanRow => ({ metric, bean, shape: { kind: 'meter', event, unit: 'SECONDS' }, labels })

const histogram = (metric: string, bean: string, labels: Readonly<Record<string, string>> = {}): MBeanRow => ({
  metric,
  bean,
  shape: { kind: 'histogram' },
  labels,
})

const REQUEST = { request: 'request' }
const TOPIC = { topic: 'topic' }
const PARTITION = { topic: 'topic', partition: 'partition' }
const DIRECTORY = { logDirectory: 'logDirectory', logdirectory: 'logDirectory' }

const requestTime = (name: string) =>
  histogram(
    `kafka_network_requestmetrics_${name.toLowerCase()}`,
    `kafka.network:type=RequestMetrics,name=${name}`,
    REQUEST,
  )
const traffic = (metric: string, name: string, event: string) =>
  meter(
    `kafka_server_brokertopicmetrics_${metric}_total`,
    `kafka.server:type=BrokerTopicMetrics,name=${name}PerSec`,
    event,
    TOPIC,
  )
const logGauge = (name: string) =>
  gauge(`kafka_log_log_${name.toLowerCase()}`, `kafka.log:type=Log,name=${name}`, PARTITION)
const cleaner = (type: string, name: string) =>
  gauge(
    `kafka_log_${type.toLowerCase()}_${name.replaceAll('-', '_')}`,
    `kafka.log:type=${type},name=${name}`,
    DIRECTORY,
  )
const replicas = (name: string) =>
  gauge(`kafka_server_replicamanager_${name.toLowerCase()}`, `kafka.server:type=ReplicaManager,name=${name}`)
const partition = (name: string) =>
  gauge(`kafka_cluster_partition_${name.toLowerCase()}`, `kafka.cluster:type=Partition,name=${name}`, PARTITION)
const controller = (name: string) =>
  gauge(`kafka_controller_kafkacontroller_${name.toLowerCase()}`, `kafka.controller:type=KafkaController,name=${name}`)
const raft = (name: string) =>
  attribute(`kafka_server_raft_metrics_${name.replaceAll('-', '_')}`, 'kafka.server:type=raft-metrics', name)
const groups = (name: string) =>
  gauge(
    `kafka_coordinator_group_groupmetadatamanager_${name.toLowerCase()}`,
    `kafka.coordinator.group:type=GroupMetadataManager,name=${name}`,
  )
const session = (type: string, name: string) =>
  gauge(`kafka_server_${type.toLowerCase()}_${name.toLowerCase()}`, `kafka.server:type=${type},name=${name}`)

export const MBEAN_TABLE: readonly MBeanRow[] = [
  meter(
    'kafka_network_requestmetrics_requests_total',
    'kafka.network:type=RequestMetrics,name=RequestsPerSec',
    'requests',
    {
      request: 'request',
      version: 'version',
    },
  ),
  meter(
    'kafka_network_requestmetrics_errors_total',
    'kafka.network:type=RequestMetrics,name=ErrorsPerSec',
    'requests',
    {
      request: 'request',
      error: 'error',
    },
  ),
  requestTime('TotalTimeMs'),
  requestTime('RequestQueueTimeMs'),
  requestTime('LocalTimeMs'),
  requestTime('RemoteTimeMs'),
  requestTime('ResponseQueueTimeMs'),
  requestTime('ResponseSendTimeMs'),
  requestTime('RequestBytes'),
  gauge('kafka_network_requestchannel_requestqueuesize', 'kafka.network:type=RequestChannel,name=RequestQueueSize'),
  gauge(
    'kafka_network_socketserver_networkprocessoravgidle_percent',
    'kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent',
  ),
  {
    ...attribute(
      'kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent',
      'kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent',
      'OneMinuteRate',
    ),
  },
  gauge(
    'kafka_server_delayedoperationpurgatory_purgatorysize',
    'kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize',
    { delayedoperation: 'delayedOperation' },
  ),
  attribute(
    'kafka_server_socket_server_metrics_connection_count',
    'kafka.server:type=socket-server-metrics',
    'connection-count',
    { listener: 'listener' },
  ),
  attribute(
    'kafka_server_socket_server_metrics_connection_creation_total',
    'kafka.server:type=socket-server-metrics',
    'connection-creation-total',
    { listener: 'listener' },
  ),
  session('FetchSessionCache', 'NumIncrementalFetchSessions'),
  session('FetchSessionCache', 'NumIncrementalFetchPartitionsCached'),
  meter(
    'kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total',
    'kafka.server:type=FetchSessionCache,name=IncrementalFetchSessionEvictionsPerSec',
    'evictions',
  ),
  traffic('messagesin', 'MessagesIn', 'messages'),
  traffic('bytesin', 'BytesIn', 'bytes'),
  traffic('bytesout', 'BytesOut', 'bytes'),
  traffic('bytesrejected', 'BytesRejected', 'bytes'),
  traffic('totalproducerequests', 'TotalProduceRequests', 'requests'),
  traffic('totalfetchrequests', 'TotalFetchRequests', 'requests'),
  traffic('failedproducerequests', 'FailedProduceRequests', 'requests'),
  traffic('failedfetchrequests', 'FailedFetchRequests', 'requests'),
  traffic('producemessageconversions', 'ProduceMessageConversions', 'requests'),
  traffic('fetchmessageconversions', 'FetchMessageConversions', 'requests'),
  logGauge('Size'),
  logGauge('LogStartOffset'),
  logGauge('LogEndOffset'),
  logGauge('NumLogSegments'),
  {
    ...histogram(
      'kafka_log_logflushstats_logflushrateandtimems',
      'kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs',
    ),
    shape: { kind: 'timer' },
  },
  gauge('kafka_log_logmanager_offlinelogdirectorycount', 'kafka.log:type=LogManager,name=OfflineLogDirectoryCount'),
  gauge('kafka_log_logmanager_logdirectoryoffline', 'kafka.log:type=LogManager,name=LogDirectoryOffline', DIRECTORY),
  cleaner('LogCleanerManager', 'max-dirty-percent'),
  cleaner('LogCleanerManager', 'time-since-last-run-ms'),
  cleaner('LogCleanerManager', 'uncleanable-partitions-count'),
  cleaner('LogCleanerManager', 'uncleanable-bytes'),
  cleaner('LogCleaner', 'cleaner-recopy-percent'),
  cleaner('LogCleaner', 'max-clean-time-secs'),
  cleaner('LogCleaner', 'max-buffer-utilization-percent'),
  cleaner('LogCleaner', 'max-compaction-delay-secs'),
  replicas('PartitionCount'),
  replicas('LeaderCount'),
  replicas('UnderReplicatedPartitions'),
  replicas('UnderMinIsrPartitionCount'),
  replicas('AtMinIsrPartitionCount'),
  replicas('OfflineReplicaCount'),
  replicas('ReassigningPartitions'),
  replicas('ProducerIdCount'),
  meter(
    'kafka_server_replicamanager_isrshrinks_total',
    'kafka.server:type=ReplicaManager,name=IsrShrinksPerSec',
    'shrinks',
  ),
  meter(
    'kafka_server_replicamanager_isrexpands_total',
    'kafka.server:type=ReplicaManager,name=IsrExpandsPerSec',
    'expands',
  ),
  gauge(
    'kafka_server_replicafetchermanager_maxlag',
    'kafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica',
  ),
  partition('UnderMinIsr'),
  partition('AtMinIsr'),
  partition('ReplicasCount'),
  controller('ActiveControllerCount'),
  controller('GlobalTopicCount'),
  controller('GlobalPartitionCount'),
  controller('OfflinePartitionsCount'),
  controller('PreferredReplicaImbalanceCount'),
  controller('ActiveBrokerCount'),
  controller('FencedBrokerCount'),
  controller('LastAppliedRecordOffset'),
  controller('MetadataErrorCount'),
  meter(
    'kafka_controller_controllerstats_uncleanleaderelections_total',
    'kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec',
    'elections',
  ),
  attribute(
    'kafka_server_broker_metadata_metrics_last_applied_record_offset',
    'kafka.server:type=broker-metadata-metrics',
    'last-applied-record-offset',
  ),
  raft('high-watermark'),
  raft('log-end-offset'),
  raft('current-epoch'),
  raft('current-leader'),
  raft('current-vote'),
  gauge('kafka_server_kafkaserver_brokerstate', 'kafka.server:type=KafkaServer,name=BrokerState'),
  gauge('kafka_server_kafkaserver_linux_disk_read_bytes', 'kafka.server:type=KafkaServer,name=linux-disk-read-bytes'),
  gauge('kafka_server_kafkaserver_linux_disk_write_bytes', 'kafka.server:type=KafkaServer,name=linux-disk-write-bytes'),
  attribute(
    'kafka_server_group_coordinator_metrics_num_partitions',
    'kafka.server:type=group-coordinator-metrics',
    'num-partitions',
    { state: 'state' },
  ),
  groups('NumOffsets'),
  groups('NumGroups'),
  groups('NumGroupsPreparingRebalance'),
  groups('NumGroupsCompletingRebalance'),
  groups('NumGroupsStable'),
  groups('NumGroupsDead'),
  groups('NumGroupsEmpty'),
  session('ShareSessionCache', 'ShareSessionsCount'),
  session('ShareSessionCache', 'SharePartitionsCount'),
  meter(
    'kafka_server_sharegroupmetrics_recordacknowledgements_total',
    'kafka.server:type=ShareGroupMetrics,name=RecordAcknowledgementsPerSec',
    'records',
    { ackType: 'ackType' },
  ),
]
