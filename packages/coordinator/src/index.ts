export type {
  AssignorInput,
  GroupAssignment,
  PartitionAssignor,
  PartitionsByTopic,
  SubscribedMember,
  SubscribedTopic,
} from './group/assignor/assignor.ts'
export { rangeAssignor } from './group/assignor/range.ts'
export type { GroupCoordinatorConfig, MigrationPolicy } from './group/group-config.ts'
export {
  GroupCoordinator,
  type GroupCoordinatorOptions,
  type GroupFigures,
} from './group/group-coordinator.ts'
export type { GroupPorts } from './group/group-ports.ts'
export type { RequestContext } from './group/request-context.ts'
export type { SharePorts } from './group/share/share-groups.ts'
export type { InternalTopic } from './group/streams/configure-topics.ts'
export type { HeartbeatAnswer } from './group/streams/heartbeat-answer.ts'
export { streamsTopicNames } from './group/streams/topology.ts'
export type {
  AppendOptions,
  CompiledPattern,
  CoordinatorEnv,
  CoordinatorLogger,
  GroupTopic,
  GroupTopics,
  MemberIds,
  NewRecord,
  PartitionMarker,
  PartitionWriter,
  StoredBatch,
  StoredBatches,
  StoredRecord,
  TopicLookup,
  TopicPatterns,
} from './ports.ts'
export type { SharePersister } from './share-state/share-persister.ts'
export { coordinatorKey, type SharePartitionKey } from './share-state/share-state.ts'
export type { ShareStateConfig } from './share-state/share-state-config.ts'
export {
  ShareStateCoordinator,
  type ShareStateCoordinatorOptions,
} from './share-state/share-state-coordinator.ts'
export type { ShareStateEnv } from './share-state/share-state-partition.ts'
export type { StateBatch } from './share-state/state-batches.ts'
export type {
  CompilePattern,
  MarkerReport,
  MarkerResult,
  MarkerSender,
  PartitionsOfTopic,
  ProducerIdSource,
  TransactionEnv,
  TransactionMarkers,
  TransactionOutcome,
} from './transaction/ports.ts'
export type { TransactionRequestContext } from './transaction/producer-requests.ts'
export type { TransactionCoordinatorConfig } from './transaction/transaction-config.ts'
export {
  TransactionCoordinator,
  type TransactionCoordinatorOptions,
} from './transaction/transaction-coordinator.ts'
