/** Every message: requests and responses by API key, then headers, blobs and stored records. */

export { ProduceRequest, ProduceResponse } from './00-produce.ts'
export { FetchRequest, FetchResponse } from './01-fetch.ts'
export { ListOffsetsRequest, ListOffsetsResponse } from './02-list-offsets.ts'
export { MetadataRequest, MetadataResponse } from './03-metadata.ts'
export { LeaderAndIsrRequest, LeaderAndIsrResponse } from './04-leader-and-isr.ts'
export { StopReplicaRequest, StopReplicaResponse } from './05-stop-replica.ts'
export { UpdateMetadataRequest, UpdateMetadataResponse } from './06-update-metadata.ts'
export { ControlledShutdownRequest, ControlledShutdownResponse } from './07-controlled-shutdown.ts'
export { OffsetCommitRequest, OffsetCommitResponse } from './08-offset-commit.ts'
export { OffsetFetchRequest, OffsetFetchResponse } from './09-offset-fetch.ts'
export { FindCoordinatorRequest, FindCoordinatorResponse } from './10-find-coordinator.ts'
export { JoinGroupRequest, JoinGroupResponse } from './11-join-group.ts'
export { HeartbeatRequest, HeartbeatResponse } from './12-heartbeat.ts'
export { LeaveGroupRequest, LeaveGroupResponse } from './13-leave-group.ts'
export { SyncGroupRequest, SyncGroupResponse } from './14-sync-group.ts'
export { DescribeGroupsRequest, DescribeGroupsResponse } from './15-describe-groups.ts'
export { ListGroupsRequest, ListGroupsResponse } from './16-list-groups.ts'
export { SaslHandshakeRequest, SaslHandshakeResponse } from './17-sasl-handshake.ts'
export { ApiVersionsRequest, ApiVersionsResponse } from './18-api-versions.ts'
export { CreateTopicsRequest, CreateTopicsResponse } from './19-create-topics.ts'
export { DeleteTopicsRequest, DeleteTopicsResponse } from './20-delete-topics.ts'
export { DeleteRecordsRequest, DeleteRecordsResponse } from './21-delete-records.ts'
export { InitProducerIdRequest, InitProducerIdResponse } from './22-init-producer-id.ts'
export { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from './23-offset-for-leader-epoch.ts'
export { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './24-add-partitions-to-txn.ts'
export { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './25-add-offsets-to-txn.ts'
export { EndTxnRequest, EndTxnResponse } from './26-end-txn.ts'
export { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './27-write-txn-markers.ts'
export { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './28-txn-offset-commit.ts'
export { DescribeAclsRequest, DescribeAclsResponse } from './29-describe-acls.ts'
export { CreateAclsRequest, CreateAclsResponse } from './30-create-acls.ts'
export { DeleteAclsRequest, DeleteAclsResponse } from './31-delete-acls.ts'
export { DescribeConfigsRequest, DescribeConfigsResponse } from './32-describe-configs.ts'
export { AlterConfigsRequest, AlterConfigsResponse } from './33-alter-configs.ts'
export { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from './34-alter-replica-log-dirs.ts'
export { DescribeLogDirsRequest, DescribeLogDirsResponse } from './35-describe-log-dirs.ts'
export { SaslAuthenticateRequest, SaslAuthenticateResponse } from './36-sasl-authenticate.ts'
export { CreatePartitionsRequest, CreatePartitionsResponse } from './37-create-partitions.ts'
export { CreateDelegationTokenRequest, CreateDelegationTokenResponse } from './38-create-delegation-token.ts'
export { RenewDelegationTokenRequest, RenewDelegationTokenResponse } from './39-renew-delegation-token.ts'
export { ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } from './40-expire-delegation-token.ts'
export { DescribeDelegationTokenRequest, DescribeDelegationTokenResponse } from './41-describe-delegation-token.ts'
export { DeleteGroupsRequest, DeleteGroupsResponse } from './42-delete-groups.ts'
export { ElectLeadersRequest, ElectLeadersResponse } from './43-elect-leaders.ts'
export { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from './44-incremental-alter-configs.ts'
export {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './45-alter-partition-reassignments.ts'
export {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './46-list-partition-reassignments.ts'
export { OffsetDeleteRequest, OffsetDeleteResponse } from './47-offset-delete.ts'
export { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from './48-describe-client-quotas.ts'
export { AlterClientQuotasRequest, AlterClientQuotasResponse } from './49-alter-client-quotas.ts'
export {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './50-describe-user-scram-credentials.ts'
export {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './51-alter-user-scram-credentials.ts'
export { VoteRequest, VoteResponse } from './52-vote.ts'
export { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from './53-begin-quorum-epoch.ts'
export { EndQuorumEpochRequest, EndQuorumEpochResponse } from './54-end-quorum-epoch.ts'
export { DescribeQuorumRequest, DescribeQuorumResponse } from './55-describe-quorum.ts'
export { AlterPartitionRequest, AlterPartitionResponse } from './56-alter-partition.ts'
export { UpdateFeaturesRequest, UpdateFeaturesResponse } from './57-update-features.ts'
export { EnvelopeRequest, EnvelopeResponse } from './58-envelope.ts'
export { FetchSnapshotRequest, FetchSnapshotResponse } from './59-fetch-snapshot.ts'
export { DescribeClusterRequest, DescribeClusterResponse } from './60-describe-cluster.ts'
export { DescribeProducersRequest, DescribeProducersResponse } from './61-describe-producers.ts'
export { BrokerRegistrationRequest, BrokerRegistrationResponse } from './62-broker-registration.ts'
export { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from './63-broker-heartbeat.ts'
export { UnregisterBrokerRequest, UnregisterBrokerResponse } from './64-unregister-broker.ts'
export { DescribeTransactionsRequest, DescribeTransactionsResponse } from './65-describe-transactions.ts'
export { ListTransactionsRequest, ListTransactionsResponse } from './66-list-transactions.ts'
export { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from './67-allocate-producer-ids.ts'
export { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from './68-consumer-group-heartbeat.ts'
export { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from './69-consumer-group-describe.ts'
export { ControllerRegistrationRequest, ControllerRegistrationResponse } from './70-controller-registration.ts'
export {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from './71-get-telemetry-subscriptions.ts'
export { PushTelemetryRequest, PushTelemetryResponse } from './72-push-telemetry.ts'
export { AssignReplicasToDirsRequest, AssignReplicasToDirsResponse } from './73-assign-replicas-to-dirs.ts'
export { ListConfigResourcesRequest, ListConfigResourcesResponse } from './74-list-config-resources.ts'
export { DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse } from './75-describe-topic-partitions.ts'
export { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from './76-share-group-heartbeat.ts'
export { ShareGroupDescribeRequest, ShareGroupDescribeResponse } from './77-share-group-describe.ts'
export { ShareFetchRequest, ShareFetchResponse } from './78-share-fetch.ts'
export { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from './79-share-acknowledge.ts'
export { AddRaftVoterRequest, AddRaftVoterResponse } from './80-add-raft-voter.ts'
export { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from './81-remove-raft-voter.ts'
export { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from './82-update-raft-voter.ts'
export {
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
} from './83-initialize-share-group-state.ts'
export { ReadShareGroupStateRequest, ReadShareGroupStateResponse } from './84-read-share-group-state.ts'
export { WriteShareGroupStateRequest, WriteShareGroupStateResponse } from './85-write-share-group-state.ts'
export { DeleteShareGroupStateRequest, DeleteShareGroupStateResponse } from './86-delete-share-group-state.ts'
export {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from './87-read-share-group-state-summary.ts'
export { StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from './88-streams-group-heartbeat.ts'
export { StreamsGroupDescribeRequest, StreamsGroupDescribeResponse } from './89-streams-group-describe.ts'
export {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from './90-describe-share-group-offsets.ts'
export { AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse } from './91-alter-share-group-offsets.ts'
export { DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse } from './92-delete-share-group-offsets.ts'
export {
  StreamsGroupTopologyDescriptionUpdateRequest,
  StreamsGroupTopologyDescriptionUpdateResponse,
} from './93-streams-group-topology-description-update.ts'
export { UnregisterControllerRequest, UnregisterControllerResponse } from './94-unregister-controller.ts'
export { ConsumerProtocolAssignment } from './consumer-protocol-assignment.ts'
export { ConsumerProtocolSubscription } from './consumer-protocol-subscription.ts'
export { ControlRecordTypeSchema } from './control/control-record-type-schema.ts'
export { EndTxnMarker } from './control/end-txn-marker.ts'
export { KRaftVersionRecord } from './control/kraft-version-record.ts'
export { LeaderChangeMessage } from './control/leader-change-message.ts'
export { SnapshotFooterRecord } from './control/snapshot-footer-record.ts'
export { SnapshotHeaderRecord } from './control/snapshot-header-record.ts'
export { VotersRecord } from './control/voters-record.ts'
export { DefaultPrincipalData } from './default-principal-data.ts'
export {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
} from './group-coordinator/consumer-group-current-member-assignment.ts'
export {
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
} from './group-coordinator/consumer-group-member-metadata.ts'
export { ConsumerGroupMetadataKey, ConsumerGroupMetadataValue } from './group-coordinator/consumer-group-metadata.ts'
export {
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
} from './group-coordinator/consumer-group-partition-metadata.ts'
export {
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
} from './group-coordinator/consumer-group-regular-expression.ts'
export {
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
} from './group-coordinator/consumer-group-target-assignment-member.ts'
export {
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
} from './group-coordinator/consumer-group-target-assignment-metadata.ts'
export { GroupMetadataKey, GroupMetadataValue } from './group-coordinator/group-metadata.ts'
export { LegacyOffsetCommitKey, LegacyOffsetCommitValue } from './group-coordinator/legacy-offset-commit.ts'
export { OffsetCommitKey, OffsetCommitValue } from './group-coordinator/offset-commit.ts'
export {
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
} from './group-coordinator/share-group-current-member-assignment.ts'
export {
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
} from './group-coordinator/share-group-member-metadata.ts'
export { ShareGroupMetadataKey, ShareGroupMetadataValue } from './group-coordinator/share-group-metadata.ts'
export {
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
} from './group-coordinator/share-group-state-partition-metadata.ts'
export {
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
} from './group-coordinator/share-group-target-assignment-member.ts'
export {
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
} from './group-coordinator/share-group-target-assignment-metadata.ts'
export {
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
} from './group-coordinator/streams-group-current-member-assignment.ts'
export {
  StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataValue,
} from './group-coordinator/streams-group-member-metadata.ts'
export { StreamsGroupMetadataKey, StreamsGroupMetadataValue } from './group-coordinator/streams-group-metadata.ts'
export {
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
} from './group-coordinator/streams-group-target-assignment-member.ts'
export {
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
} from './group-coordinator/streams-group-target-assignment-metadata.ts'
export { StreamsGroupTopologyKey, StreamsGroupTopologyValue } from './group-coordinator/streams-group-topology.ts'
export { AbortTransactionRecord } from './metadata/abort-transaction-record.ts'
export { AccessControlEntryRecord } from './metadata/access-control-entry-record.ts'
export { BeginTransactionRecord } from './metadata/begin-transaction-record.ts'
export { BrokerRegistrationChangeRecord } from './metadata/broker-registration-change-record.ts'
export { ClearElrRecord } from './metadata/clear-elr-record.ts'
export { ClientQuotaRecord } from './metadata/client-quota-record.ts'
export { ConfigRecord } from './metadata/config-record.ts'
export { DelegationTokenRecord } from './metadata/delegation-token-record.ts'
export { EndTransactionRecord } from './metadata/end-transaction-record.ts'
export { FeatureLevelRecord } from './metadata/feature-level-record.ts'
export { FenceBrokerRecord } from './metadata/fence-broker-record.ts'
export { NoOpRecord } from './metadata/no-op-record.ts'
export { PartitionChangeRecord } from './metadata/partition-change-record.ts'
export { PartitionRecord } from './metadata/partition-record.ts'
export { ProducerIdsRecord } from './metadata/producer-ids-record.ts'
export { RegisterBrokerRecord } from './metadata/register-broker-record.ts'
export { RegisterControllerRecord } from './metadata/register-controller-record.ts'
export { RemoveAccessControlEntryRecord } from './metadata/remove-access-control-entry-record.ts'
export { RemoveDelegationTokenRecord } from './metadata/remove-delegation-token-record.ts'
export { RemoveTopicRecord } from './metadata/remove-topic-record.ts'
export { RemoveUserScramCredentialRecord } from './metadata/remove-user-scram-credential-record.ts'
export { TopicRecord } from './metadata/topic-record.ts'
export { UnfenceBrokerRecord } from './metadata/unfence-broker-record.ts'
export { UnregisterBrokerRecord } from './metadata/unregister-broker-record.ts'
export { UnregisterControllerRecord } from './metadata/unregister-controller-record.ts'
export { UserScramCredentialRecord } from './metadata/user-scram-credential-record.ts'
export { ZkMigrationStateRecord } from './metadata/zk-migration-state-record.ts'
export { QuorumStateData } from './raft/quorum-state-data.ts'
export { RequestHeader } from './request-header.ts'
export { ResponseHeader } from './response-header.ts'
export { ShareSnapshotKey, ShareSnapshotValue } from './share-coordinator/share-snapshot.ts'
export { ShareUpdateKey, ShareUpdateValue } from './share-coordinator/share-update.ts'
export { AbortedTxn } from './storage/aborted-txn.ts'
export { ProducerSnapshot } from './storage/producer-snapshot.ts'
export { RemoteLogSegmentMetadataRecord } from './storage/remote-log-segment-metadata-record.ts'
export { RemoteLogSegmentMetadataSnapshotRecord } from './storage/remote-log-segment-metadata-snapshot-record.ts'
export { RemoteLogSegmentMetadataUpdateRecord } from './storage/remote-log-segment-metadata-update-record.ts'
export { RemotePartitionDeleteMetadataRecord } from './storage/remote-partition-delete-metadata-record.ts'
export { SubscriptionInfoData } from './streams/subscription-info-data.ts'
export { TransactionLogKey, TransactionLogValue } from './transaction-coordinator/transaction-log.ts'
