/** Which way groups may go between the classic and the consumer protocol while they have members. */
export type MigrationPolicy = 'disabled' | 'upgrade' | 'downgrade' | 'bidirectional'

/** The broker's settings that the group coordinator obeys. Names follow the config keys. */
export interface GroupCoordinatorConfig {
  /** Partitions of `__consumer_offsets` (offsets.topic.num.partitions at its creation). */
  readonly offsetsTopicPartitions: number
  /** group.min.session.timeout.ms */
  readonly minSessionTimeoutMs: number
  /** group.max.session.timeout.ms */
  readonly maxSessionTimeoutMs: number
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number
  /** group.max.size */
  readonly maxGroupSize: number
  /** group.share.max.size */
  readonly shareMaxSize: number
  /** group.share.initialize.retry.interval.ms */
  readonly shareInitializeRetryIntervalMs: number
  /** group.streams.max.size */
  readonly maxStreamsGroupSize: number
  /** group.consumer.max.size */
  readonly consumerMaxGroupSize: number
  /** group.consumer.assignors: what members may ask for, the default first. */
  readonly consumerAssignors: readonly string[]
  /** group.consumer.migration.policy */
  readonly consumerMigrationPolicy: MigrationPolicy
  /** group.consumer.regex.refresh.interval.ms */
  readonly consumerRegexRefreshIntervalMs: number
  /** offset.metadata.max.bytes */
  readonly offsetMetadataMaxBytes: number
  /** offsets.retention.minutes, in milliseconds */
  readonly offsetsRetentionMs: number
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckIntervalMs: number
  /** offsets.commit.timeout.ms */
  readonly offsetsCommitTimeoutMs: number
}

/** Kafka's defaults. */
export const defaultGroupCoordinatorConfig: GroupCoordinatorConfig = {
  offsetsTopicPartitions: 50,
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 3_000,
  maxGroupSize: 2_147_483_647,
  shareMaxSize: 200,
  shareInitializeRetryIntervalMs: 30_000,
  maxStreamsGroupSize: 2_147_483_647,
  consumerMaxGroupSize: 2_147_483_647,
  consumerAssignors: ['uniform', 'range'],
  consumerMigrationPolicy: 'bidirectional',
  consumerRegexRefreshIntervalMs: 600_000,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMs: 7 * 24 * 60 * 60 * 1_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  offsetsCommitTimeoutMs: 5_000,
}
