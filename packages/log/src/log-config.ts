/**
 * The settings of one log, as plain values: the topic's own, over the broker's, over these defaults. The config package
 * maps keys to it ('segment.bytes' → `segmentBytes`); a log reads nothing else. Times are milliseconds; a number at or
 * above 2^53 (Kafka's Long.MAX_VALUE) means "never" or "no bound".
 */
export interface LogConfig {
  /** cleanup.policy: both may be set ("compact,delete"). */
  readonly cleanupDelete: boolean
  readonly cleanupCompact: boolean
  /** ottla.durability: what an acknowledgement waits for. The log gives the ends, the broker's replica decides. */
  readonly durability: 'auto' | 'fsync' | 'replicated'

  /** segment.bytes, segment.ms, segment.jitter.ms, segment.index.bytes: when the active segment is rolled. */
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  /** index.interval.bytes: bytes of batches between two index entries. */
  readonly indexIntervalBytes: number

  /** retention.ms and retention.bytes (-1 = no bound), per partition. */
  readonly retentionMs: number
  readonly retentionBytes: number
  /** file.delete.delay.ms: how long a removed segment stays as `.deleted`, for reads that still hold it. */
  readonly fileDeleteDelayMs: number

  /** flush.messages, flush.ms: a sync is asked for after so many offsets or so long after the first unsynced one. */
  readonly flushMessages: number
  readonly flushMs: number

  /** max.message.bytes: bound of one batch of a client. */
  readonly maxMessageBytes: number
  /** message.timestamp.type: the log stamps LogAppendTime; bounds of CreateTime are checked by the caller. */
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number

  /** compression.type and levels: used by the caller before it appends. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number

  /** delete.retention.ms, min.compaction.lag.ms, max.compaction.lag.ms, min.cleanable.dirty.ratio: for the cleaner. */
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly minCleanableDirtyRatio: number

  /** min.insync.replicas and unclean.leader.election.enable: for the replica. */
  readonly minInsyncReplicas: number
  readonly uncleanLeaderElectionEnable: boolean

  /** producer.id.expiration.ms (broker): idempotent producers that wrote nothing for so long are forgotten. */
  readonly producerIdExpirationMs: number
}

const NEVER = 2 ** 63
const HOUR_MS = 3_600_000

/** Kafka's defaults (and Ottla's for its own keys). */
export const DEFAULT_LOG_CONFIG: LogConfig = Object.freeze({
  cleanupDelete: true,
  cleanupCompact: false,
  durability: 'auto',
  segmentBytes: 1 << 30,
  segmentMs: 168 * HOUR_MS,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 << 20,
  indexIntervalBytes: 4096,
  retentionMs: 168 * HOUR_MS,
  retentionBytes: -1,
  fileDeleteDelayMs: 60_000,
  flushMessages: NEVER,
  flushMs: NEVER,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: NEVER,
  messageTimestampAfterMaxMs: HOUR_MS,
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  deleteRetentionMs: 24 * HOUR_MS,
  minCompactionLagMs: 0,
  maxCompactionLagMs: NEVER,
  minCleanableDirtyRatio: 0.5,
  minInsyncReplicas: 1,
  uncleanLeaderElectionEnable: false,
  producerIdExpirationMs: 24 * HOUR_MS,
})
