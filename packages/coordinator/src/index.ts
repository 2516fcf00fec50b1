export { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from './group/group-config.ts'
export { GroupCoordinator, type GroupCoordinatorOptions, type GroupLog } from './group/group-coordinator.ts'
export type { RequestContext } from './group/request-context.ts'
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
