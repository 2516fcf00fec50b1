/** A topic's settings as the plain values that the log reads: the one list of them. */
import { type BrokerValues, brokerKeys, defaultsOf, type TopicValues, topicKeys } from './key-table.ts'

/**
 * The settings of one log: the topic's own, over the broker's, over the defaults. A log reads nothing else. Times are milliseconds; a
 * number at or above 2^53 (Kafka's Long.MAX_VALUE) means "never" or "no bound".
 */
export interface LogSettings extends Readonly<ReturnType<typeof settingsOf>> {}

/** Settings of the log of one partition of the topic. */
export function logSettings(
  topic: { readonly values: TopicValues },
  broker: { readonly values: BrokerValues },
): LogSettings {
  return settingsOf(topic.values, broker.values[EXPIRATION_KEY])
}

/** Of a topic and a broker that set nothing. */
export function defaultLogSettings(): LogSettings {
  return settingsOf(defaultsOf<TopicValues>(topicKeys), brokerKeys.get(EXPIRATION_KEY)!.default as number)
}

/** The one that no topic has a setting for. */
const EXPIRATION_KEY = 'producer.id.expiration.ms'

function settingsOf(topic: TopicValues, producerIdExpirationMs: number) {
  return {
    /** Both may be set ("compact,delete"). */
    cleanupDelete: topic['cleanup.policy'].includes('delete'),
    cleanupCompact: topic['cleanup.policy'].includes('compact'),
    /** What an acknowledgement waits for. The log gives the ends, the broker's replica decides. */
    durability: topic['ottla.durability'] as 'auto' | 'fsync' | 'replicated',

    /** When the active segment is rolled. */
    segmentBytes: topic['internal.segment.bytes'] ?? topic['segment.bytes'],
    segmentMs: topic['segment.ms'],
    segmentJitterMs: topic['segment.jitter.ms'],
    segmentIndexBytes: topic['segment.index.bytes'],
    /** Bytes of batches between two index entries. */
    indexIntervalBytes: topic['index.interval.bytes'],

    /** Per partition; -1: no bound. */
    retentionMs: topic['retention.ms'],
    retentionBytes: topic['retention.bytes'],
    /** How long a removed segment stays as `.deleted`, for reads that still hold it. */
    fileDeleteDelayMs: topic['file.delete.delay.ms'],

    /** A sync is asked for after so many offsets or so long after the first unsynced one. */
    flushMessages: topic['flush.messages'],
    flushMs: topic['flush.ms'],

    /** Bound of one batch of a client. */
    maxMessageBytes: topic['max.message.bytes'],
    /** The log stamps LogAppendTime; bounds of CreateTime are checked by the caller. */
    messageTimestampType: topic['message.timestamp.type'] as 'CreateTime' | 'LogAppendTime',
    messageTimestampBeforeMaxMs: topic['message.timestamp.before.max.ms'],
    messageTimestampAfterMaxMs: topic['message.timestamp.after.max.ms'],

    /** Used by the caller before it appends. */
    compressionType: topic['compression.type'] as 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd',
    compressionGzipLevel: topic['compression.gzip.level'],
    compressionLz4Level: topic['compression.lz4.level'],
    compressionZstdLevel: topic['compression.zstd.level'],

    /** For the cleaner. */
    deleteRetentionMs: topic['delete.retention.ms'],
    minCompactionLagMs: topic['min.compaction.lag.ms'],
    maxCompactionLagMs: topic['max.compaction.lag.ms'],
    minCleanableDirtyRatio: topic['min.cleanable.dirty.ratio'],

    /** For the replica. */
    minInsyncReplicas: topic['min.insync.replicas'],
    uncleanLeaderElectionEnable: topic['unclean.leader.election.enable'],

    /** Idempotent producers that wrote nothing for so long are forgotten. */
    producerIdExpirationMs,
  }
}
