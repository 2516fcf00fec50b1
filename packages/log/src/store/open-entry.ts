/** Opens the log of one partition in its data folder, with what was recorded for it. */
import { readIfPresent } from '../index/index-files.ts'
import type { LogConfig } from '../log-config.ts'
import type { LogError } from '../log-error.ts'
import type { LogResources } from '../log-resources.ts'
import { PartitionLog } from '../partition-log.ts'
import type { OpenLogOptions } from '../types.ts'
import type { DirectoryEntry } from './log-directory.ts'
import { checkpointKey } from './offset-checkpoint.ts'
import { PARTITION_METADATA, parsePartitionMetadata } from './partition-metadata.ts'

export interface OpenEntryOptions {
  readonly resources: LogResources
  readonly config: LogConfig
  readonly topicId: string | undefined
  readonly durability?: 'fsync' | 'replicated'
  readonly onDamage?: 'quarantine' | 'truncate'
  readonly failed: (error: LogError) => void
}

export async function openEntry(entry: DirectoryEntry, options: OpenEntryOptions): Promise<PartitionLog> {
  const { directory, topicPartition } = entry
  const { resources, config } = options
  const key = checkpointKey(topicPartition)
  entry.topicId ??= await readTopicId(resources, entry)
  const logStartOffset = directory.logStarts.get(key)
  const topicId = entry.topicId ?? options.topicId
  const open: OpenLogOptions = {
    resources,
    path: directory.folderOf(topicPartition),
    topicPartition,
    config,
    pace: directory.pace,
    cleanShutdown: directory.wasClean && !entry.needsRecovery,
    recoveryPoint: directory.recoveryPoints.get(key) ?? 0,
    compactedBelow: directory.cleanerOffsets.get(key) ?? 0,
    pageCache: directory.pageCache,
    hadFailedSync: directory.hadFailedSync,
    ...(directory.journal === null ? {} : { journal: directory.journal }),
    lowerRecoveryPoint: (offset) => directory.lowerRecoveryPoint(topicPartition, offset),
    recordLogStart: (offset) => directory.recordLogStart(topicPartition, offset),
    failed: options.failed,
    ...(topicId === undefined ? {} : { topicId }),
    ...(logStartOffset === undefined ? {} : { logStartOffset }),
    ...(options.onDamage === undefined ? {} : { onDamage: options.onDamage }),
    ...(wasSynced(config, options.durability) ? { committedOffset: directory.highWatermarks.get(key) ?? 0 } : {}),
  }
  const log = await PartitionLog.open(open)
  // A folder from before topic ids, or one whose metadata file was lost, takes the id that it is opened with.
  if (entry.topicId === undefined && options.topicId !== undefined) await log.assignTopicId(options.topicId)
  entry.topicId = log.topicId
  return log
}

/** The id in partition.metadata; undefined when there is none. */
export async function readTopicId(resources: LogResources, entry: DirectoryEntry): Promise<string | undefined> {
  const path = `${entry.directory.folderOf(entry.topicPartition)}/${PARTITION_METADATA}`
  const content = await readIfPresent(resources.env.files, path)
  return content === null ? undefined : parsePartitionMetadata(content)
}

/** Whether the high watermark never passed what was synced. */
function wasSynced(config: LogConfig, durability: 'fsync' | 'replicated' | undefined): boolean {
  return config.flushMessages === 1 || config.durability === 'fsync' || durability === 'fsync'
}
