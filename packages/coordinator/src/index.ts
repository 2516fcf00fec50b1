export { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from './group/group-config.ts'
export type {
  AppendOptions,
  CoordinatorEnv,
  CoordinatorLogger,
  MemberIds,
  NewRecord,
  PartitionWriter,
  StoredBatch,
  StoredBatches,
  StoredRecord,
  TopicLookup,
} from './ports.ts'
