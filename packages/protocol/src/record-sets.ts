/**
 * Which records the system topics hold, by Kafka's names. A name is the `kind` of a decoded record, so that a `switch` over it knows the
 * type of the value.
 */

import {
  AbortTransactionRecord,
  AccessControlEntryRecord,
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  ClientQuotaRecord,
  ConfigRecord,
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
  DelegationTokenRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  FenceBrokerRecord,
  GroupMetadataKey,
  GroupMetadataValue,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  NoOpRecord,
  OffsetCommitKey,
  OffsetCommitValue,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  RemoteLogSegmentMetadataRecord,
  RemoteLogSegmentMetadataSnapshotRecord,
  RemoteLogSegmentMetadataUpdateRecord,
  RemotePartitionDeleteMetadataRecord,
  RemoveAccessControlEntryRecord,
  RemoveDelegationTokenRecord,
  RemoveTopicRecord,
  RemoveUserScramCredentialRecord,
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
  ShareGroupMetadataKey,
  ShareGroupMetadataValue,
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
  ShareSnapshotKey,
  ShareSnapshotValue,
  ShareUpdateKey,
  ShareUpdateValue,
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
  StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataValue,
  StreamsGroupMetadataKey,
  StreamsGroupMetadataValue,
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
  StreamsGroupTopologyKey,
  StreamsGroupTopologyValue,
  TopicRecord,
  TransactionLogKey,
  TransactionLogValue,
  UnfenceBrokerRecord,
  UnregisterBrokerRecord,
  UnregisterControllerRecord,
  UserScramCredentialRecord,
  ZkMigrationStateRecord,
} from './messages/index.ts'
import type { Init, Schema, Value } from './schema/schema.ts'

/** Schemas of records that say their own type, by name. */
export interface RecordSet {
  readonly [name: string]: Schema
}

/** Schemas of records whose key says their type, by name. */
export interface KeyedRecordSet {
  readonly [name: string]: { readonly key: Schema; readonly value: Schema }
}

/** A decoded record of a set: a union over its kinds. */
export type RecordOf<S extends RecordSet> = {
  readonly [K in keyof S & string]: { readonly kind: K; readonly version: number; readonly value: Value<S[K]> }
}[keyof S & string]

/** What a record of a set is encoded from. */
export type RecordInitOf<S extends RecordSet> = {
  readonly [K in keyof S & string]: { readonly kind: K; readonly version: number; readonly value: Init<S[K]> }
}[keyof S & string]

/** A decoded key of a set. */
export type KeyOf<S extends KeyedRecordSet> = {
  readonly [K in keyof S & string]: { readonly kind: K; readonly key: Value<S[K]['key']> }
}[keyof S & string]

/** A decoded record of a keyed set. A null value deletes what the key names. */
export type KeyedRecordOf<S extends KeyedRecordSet> = {
  readonly [K in keyof S & string]: {
    readonly kind: K
    readonly key: Value<S[K]['key']>
  } & ({ readonly value: Value<S[K]['value']>; readonly version: number } | { readonly value: null })
}[keyof S & string]

/** What a record of a keyed set is encoded from. */
export type KeyedRecordInitOf<S extends KeyedRecordSet> = {
  readonly [K in keyof S & string]: {
    readonly kind: K
    readonly key: Init<S[K]['key']>
  } & ({ readonly value: Init<S[K]['value']>; readonly version: number } | { readonly value: null })
}[keyof S & string]

/** A record of a type that came after this release. */
export interface UnknownRecord {
  readonly kind: 'unknown'
  readonly type: number
}

/** Records of the metadata log. */
export const METADATA_RECORDS = {
  RegisterBrokerRecord,
  UnregisterBrokerRecord,
  TopicRecord,
  PartitionRecord,
  ConfigRecord,
  PartitionChangeRecord,
  FenceBrokerRecord,
  UnfenceBrokerRecord,
  RemoveTopicRecord,
  DelegationTokenRecord,
  UserScramCredentialRecord,
  FeatureLevelRecord,
  ClientQuotaRecord,
  ProducerIdsRecord,
  BrokerRegistrationChangeRecord,
  AccessControlEntryRecord,
  RemoveAccessControlEntryRecord,
  NoOpRecord,
  ZkMigrationStateRecord,
  RemoveUserScramCredentialRecord,
  BeginTransactionRecord,
  EndTransactionRecord,
  AbortTransactionRecord,
  RemoveDelegationTokenRecord,
  RegisterControllerRecord,
  ClearElrRecord,
  UnregisterControllerRecord,
} as const
export type MetadataRecord = RecordOf<typeof METADATA_RECORDS>
export type MetadataRecordInit = RecordInitOf<typeof METADATA_RECORDS>

/** Records of `__remote_log_metadata`. */
export const REMOTE_LOG_RECORDS = {
  RemoteLogSegmentMetadataRecord,
  RemoteLogSegmentMetadataUpdateRecord,
  RemotePartitionDeleteMetadataRecord,
  RemoteLogSegmentMetadataSnapshotRecord,
} as const
export type RemoteLogRecord = RecordOf<typeof REMOTE_LOG_RECORDS>
export type RemoteLogRecordInit = RecordInitOf<typeof REMOTE_LOG_RECORDS>

/** Records of `__consumer_offsets`. */
export const GROUP_RECORDS = {
  LegacyOffsetCommit: { key: LegacyOffsetCommitKey, value: LegacyOffsetCommitValue },
  OffsetCommit: { key: OffsetCommitKey, value: OffsetCommitValue },
  GroupMetadata: { key: GroupMetadataKey, value: GroupMetadataValue },
  ConsumerGroupMetadata: { key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue },
  ConsumerGroupPartitionMetadata: {
    key: ConsumerGroupPartitionMetadataKey,
    value: ConsumerGroupPartitionMetadataValue,
  },
  ConsumerGroupMemberMetadata: { key: ConsumerGroupMemberMetadataKey, value: ConsumerGroupMemberMetadataValue },
  ConsumerGroupTargetAssignmentMetadata: {
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue,
  },
  ConsumerGroupTargetAssignmentMember: {
    key: ConsumerGroupTargetAssignmentMemberKey,
    value: ConsumerGroupTargetAssignmentMemberValue,
  },
  ConsumerGroupCurrentMemberAssignment: {
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue,
  },
  ShareGroupMemberMetadata: { key: ShareGroupMemberMetadataKey, value: ShareGroupMemberMetadataValue },
  ShareGroupMetadata: { key: ShareGroupMetadataKey, value: ShareGroupMetadataValue },
  ShareGroupTargetAssignmentMetadata: {
    key: ShareGroupTargetAssignmentMetadataKey,
    value: ShareGroupTargetAssignmentMetadataValue,
  },
  ShareGroupTargetAssignmentMember: {
    key: ShareGroupTargetAssignmentMemberKey,
    value: ShareGroupTargetAssignmentMemberValue,
  },
  ShareGroupCurrentMemberAssignment: {
    key: ShareGroupCurrentMemberAssignmentKey,
    value: ShareGroupCurrentMemberAssignmentValue,
  },
  ShareGroupStatePartitionMetadata: {
    key: ShareGroupStatePartitionMetadataKey,
    value: ShareGroupStatePartitionMetadataValue,
  },
  ConsumerGroupRegularExpression: {
    key: ConsumerGroupRegularExpressionKey,
    value: ConsumerGroupRegularExpressionValue,
  },
  StreamsGroupMetadata: { key: StreamsGroupMetadataKey, value: StreamsGroupMetadataValue },
  StreamsGroupMemberMetadata: { key: StreamsGroupMemberMetadataKey, value: StreamsGroupMemberMetadataValue },
  StreamsGroupTargetAssignmentMetadata: {
    key: StreamsGroupTargetAssignmentMetadataKey,
    value: StreamsGroupTargetAssignmentMetadataValue,
  },
  StreamsGroupTargetAssignmentMember: {
    key: StreamsGroupTargetAssignmentMemberKey,
    value: StreamsGroupTargetAssignmentMemberValue,
  },
  StreamsGroupCurrentMemberAssignment: {
    key: StreamsGroupCurrentMemberAssignmentKey,
    value: StreamsGroupCurrentMemberAssignmentValue,
  },
  StreamsGroupTopology: { key: StreamsGroupTopologyKey, value: StreamsGroupTopologyValue },
} as const
export type GroupRecord = KeyedRecordOf<typeof GROUP_RECORDS>
export type GroupRecordInit = KeyedRecordInitOf<typeof GROUP_RECORDS>

/** Records of `__transaction_state`. */
export const TRANSACTION_RECORDS = {
  TransactionLog: { key: TransactionLogKey, value: TransactionLogValue },
} as const
export type TransactionRecord = KeyedRecordOf<typeof TRANSACTION_RECORDS>
export type TransactionRecordInit = KeyedRecordInitOf<typeof TRANSACTION_RECORDS>

/** Records of `__share_group_state`. */
export const SHARE_RECORDS = {
  ShareSnapshot: { key: ShareSnapshotKey, value: ShareSnapshotValue },
  ShareUpdate: { key: ShareUpdateKey, value: ShareUpdateValue },
} as const
export type ShareRecord = KeyedRecordOf<typeof SHARE_RECORDS>
export type ShareRecordInit = KeyedRecordInitOf<typeof SHARE_RECORDS>
