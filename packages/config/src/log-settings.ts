/** A topic's settings as the plain values that the log reads. */
import type { BrokerConfig } from './broker-config.ts'
import type { TopicConfig } from './effective-config.ts'

/** Has the shape of LogConfig of the log package, which this package may not import. */
export interface LogSettings {
  readonly cleanupDelete: boolean
  readonly cleanupCompact: boolean
  readonly durability: 'auto' | 'fsync' | 'replicated'
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly fileDeleteDelayMs: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly minCleanableDirtyRatio: number
  readonly minInsyncReplicas: number
  readonly uncleanLeaderElectionEnable: boolean
  readonly producerIdExpirationMs: number
}

/** Settings of the log of one partition of the topic. */
export function logSettings({ values }: TopicConfig, broker: BrokerConfig): LogSettings {
  return {
    cleanupDelete: values['cleanup.policy'].includes('delete'),
    cleanupCompact: values['cleanup.policy'].includes('compact'),
    durability: values['ottla.durability'] as LogSettings['durability'],
    segmentBytes: values['internal.segment.bytes'] ?? values['segment.bytes'],
    segmentMs: values['segment.ms'],
    segmentJitterMs: values['segment.jitter.ms'],
    segmentIndexBytes: values['segment.index.bytes'],
    indexIntervalBytes: values['index.interval.bytes'],
    retentionMs: values['retention.ms'],
    retentionBytes: values['retention.bytes'],
    fileDeleteDelayMs: values['file.delete.delay.ms'],
    flushMessages: values['flush.messages'],
    flushMs: values['flush.ms'],
    maxMessageBytes: values['max.message.bytes'],
    messageTimestampType: values['message.timestamp.type'] as LogSettings['messageTimestampType'],
    messageTimestampBeforeMaxMs: values['message.timestamp.before.max.ms'],
    messageTimestampAfterMaxMs: values['message.timestamp.after.max.ms'],
    compressionType: values['compression.type'] as LogSettings['compressionType'],
    compressionGzipLevel: values['compression.gzip.level'],
    compressionLz4Level: values['compression.lz4.level'],
    compressionZstdLevel: values['compression.zstd.level'],
    deleteRetentionMs: values['delete.retention.ms'],
    minCompactionLagMs: values['min.compaction.lag.ms'],
    maxCompactionLagMs: values['max.compaction.lag.ms'],
    minCleanableDirtyRatio: values['min.cleanable.dirty.ratio'],
    minInsyncReplicas: values['min.insync.replicas'],
    uncleanLeaderElectionEnable: values['unclean.leader.election.enable'],
    producerIdExpirationMs: broker.values['producer.id.expiration.ms'],
  }
}
