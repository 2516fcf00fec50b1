/** The broker's settings that the share coordinator obeys. Names follow the config keys. */
export interface ShareStateConfig {
  /** Partitions of `__share_group_state` (share.coordinator.state.topic.num.partitions at its creation). */
  readonly stateTopicPartitions: number
  /** share.coordinator.snapshot.update.records.per.snapshot */
  readonly updateRecordsPerSnapshot: number
  /** share.coordinator.write.timeout.ms */
  readonly writeTimeoutMs: number
  /** share.coordinator.cold.partition.snapshot.interval.ms */
  readonly coldPartitionSnapshotIntervalMs: number
  /** share.coordinator.state.topic.prune.interval.ms */
  readonly pruneIntervalMs: number
}

/** Kafka's defaults. */
export const defaultShareStateConfig: ShareStateConfig = {
  stateTopicPartitions: 50,
  updateRecordsPerSnapshot: 500,
  writeTimeoutMs: 5_000,
  coldPartitionSnapshotIntervalMs: 300_000,
  pruneIntervalMs: 300_000,
}
