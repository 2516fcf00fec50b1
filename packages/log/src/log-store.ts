/**
 * The data folders of one broker and the logs in them.
 */
import type { LogConfig } from './log-config.ts'
import type { LogError } from './log-error.ts'
import type { LogResources } from './log-resources.ts'
import type { PartitionLog } from './partition-log.ts'
import type { TopicPartition } from './types.ts'

export interface OpenLogStoreOptions {
  readonly resources: LogResources
  /** log.dirs, absolute. */
  readonly directories: readonly string[]
  readonly nodeId: number
  /** Refuse folders of another cluster. Without it the folders' own id counts, or a new one is made. */
  readonly clusterId?: string
  /** The effective settings of a topic. Asked when a log is opened. */
  readonly configOf: (topic: string) => LogConfig
  /** A folder failed: all its logs are offline. The broker goes on while one folder is left. */
  readonly onDirectoryFailed?: (directory: DirectoryStatus, error: LogError) => void
}

export interface DirectoryStatus {
  readonly path: string
  /** 22-character uuid of meta.properties. */
  readonly directoryId: string
  readonly error: LogError | null
}

/** A partition found in, or put into, a data folder. */
export interface StoredPartition {
  readonly topicPartition: TopicPartition
  readonly topicId: string | undefined
  readonly directory: DirectoryStatus
  /** The open log; null until first use. */
  readonly log: PartitionLog | null
  /** Why it cannot be opened (quarantine, failed folder); null when nothing is known against it. */
  readonly error: LogError | null
  /** From the replication-offset checkpoint at start, then what was recorded; 0 when there is none. */
  readonly highWatermark: number
}

export declare class LogStore {
  /** Locks the folders, reads identity and checkpoints, takes the clean-shutdown markers away. Opens no log. */
  static open(options: OpenLogStoreOptions): Promise<LogStore>
  readonly clusterId: string
  readonly nodeId: number
  readonly directories: readonly DirectoryStatus[]
  /** Broker epoch in the clean-shutdown markers of the last stop; -1 when any folder was not stopped cleanly. */
  readonly previousBrokerEpoch: number

  partitions(): Iterable<StoredPartition>
  find(topicPartition: TopicPartition): StoredPartition | undefined
  /** The open log, or undefined: then `openLog`. Synchronous, for the data path. */
  log(topicPartition: TopicPartition): PartitionLog | undefined
  /**
   * Opens (recovering if needed) or creates the log. Calls for the same partition share one promise. A folder with
   * another topic id is set aside for deletion. A missing folder is created only if nothing was recorded for it.
   */
  openLog(topicPartition: TopicPartition, options: { topicId: string; isNew?: boolean }): Promise<PartitionLog>
  /** Closes the log, renames its folder to …-delete and removes it after file.delete.delay.ms. */
  deleteLog(topicPartition: TopicPartition): Promise<void>
  /** Renames the folder to …-stray: a partition that nobody assigned here. */
  setAside(topicPartition: TopicPartition): Promise<void>
  /** Recovers every partition that was not stopped cleanly, some at a time. */
  recover(options?: { concurrency?: number }): Promise<void>

  /** Writes recovery points, log starts and high watermarks of all folders. */
  checkpoint(): Promise<void>
  /** Only high watermarks (every few seconds). */
  checkpointHighWatermarks(): Promise<void>
  /** One pass of retention and of producer expiry over the open logs. */
  applyRetention(nowMs: number): void
  /** `clean`: flushes all logs, writes checkpoints and the markers. */
  close(options: { clean: boolean; brokerEpoch?: number }): Promise<void>
}
