export type { CompactedLog } from './cleaner/log-cleaner.ts'
export { type CleanerConfig, type CleanerCounters, LogCleaner } from './cleaner/log-cleaner.ts'
export { OFFSET_ENTRY_BYTES, OffsetIndex } from './index/offset-index.ts'
export { TIME_ENTRY_BYTES, TimeIndex } from './index/time-index.ts'
export { TransactionIndex } from './index/transaction-index.ts'
export type { LogConfig } from './log-config.ts'
export { DEFAULT_LOG_CONFIG } from './log-config.ts'
export type { LogErrorCode } from './log-error.ts'
export { LogError } from './log-error.ts'
export type { LogLimits, LogResources } from './log-resources.ts'
export { createLogResources } from './log-resources.ts'
export { LogStore } from './log-store.ts'
export type { MoveHooks, MoveStatus } from './move/log-moves.ts'
export { LogMoves } from './move/log-moves.ts'
export { PartitionLog } from './partition-log.ts'
export { decodeProducerSnapshot } from './producer/producer-snapshot.ts'
export {
  formatMetaProperties,
  META_PROPERTIES,
  type MetaProperties,
  parseMetaProperties,
} from './store/meta-properties.ts'
export type { DirectoryStatus, OpenLogStoreOptions, OpenStoredOptions, StoredPartition } from './store/store-types.ts'
export type {
  AbortedTransaction,
  ActiveProducer,
  AppendOptions,
  AppendOrigin,
  AppendResult,
  EpochEnd,
  EpochEntry,
  OffsetAndTimestamp,
  OpenLogOptions,
  ReadOptions,
  ReadResult,
  Retainable,
  RetentionOptions,
  RetentionResult,
  TopicPartition,
} from './types.ts'
