/** What a store of logs takes and gives. */
import type { LogConfig } from '../log-config.ts'
import type { LogError } from '../log-error.ts'
import type { LogResources } from '../log-resources.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { TopicPartition } from '../types.ts'

export interface OpenLogStoreOptions {
  readonly resources: LogResources
  /** log.dirs, absolute. */
  readonly directories: readonly string[]
  readonly nodeId: number
  /** Refuse folders of another cluster. Without it the folders' own id counts, or a new one is made. */
  readonly clusterId?: string
  /** The effective settings of a topic. Asked when a log is opened. */
  readonly configOf: (topic: string) => LogConfig
  /** cordoned.log.dirs: folders that get no new logs; '*' for all. */
  readonly cordoned?: () => readonly string[]
  /** replica.alter.log.dirs.io.max.bytes.per.second */
  readonly moveBytesPerSecond?: () => number
  /** A folder failed: all its logs are offline. The broker goes on while one folder is left. */
  readonly onDirectoryFailed?: (directory: DirectoryStatus, error: LogError) => void
}

export interface DirectoryStatus {
  readonly path: string
  /** 22-character uuid of meta.properties. */
  readonly directoryId: string
  /** Its last stop was clean. */
  readonly wasClean: boolean
  /** A sync failed in the last run: everything behind the recovery points is to be written again. */
  readonly hadFailedSync: boolean
  /** Whether what was written and not synced survived the last stop. */
  readonly pageCache: 'kept' | 'lost' | 'unknown'
  readonly error: LogError | null
}

/** A partition found in, or put into, a data folder. */
export interface StoredPartition {
  readonly topicPartition: TopicPartition
  /** Undefined until the log was opened, and for a folder without one. */
  readonly topicId: string | undefined
  readonly directory: DirectoryStatus
  /** The open log; null until first use. */
  readonly log: PartitionLog | null
  /** Why it cannot be opened (quarantine, failed folder); null when nothing is known against it. */
  readonly error: LogError | null
  /** Of the open log, else from the checkpoint; 0 when there is none. */
  readonly highWatermark: number
}

export interface OpenStoredOptions {
  /** The zero uuid: whatever the folder says. */
  readonly topicId: string
  /** The partition was just created: nothing can have been stored for it. */
  readonly isNew?: boolean
  /** Put a new log into the folder with this id; default: the one with the fewest partitions. */
  readonly directoryId?: string
  /** What acknowledgements waited for, where the topic's own setting ('auto') does not say. */
  readonly durability?: 'fsync' | 'replicated'
  /** See {@link OpenLogOptions}. */
  readonly onDamage?: 'quarantine' | 'truncate'
}
