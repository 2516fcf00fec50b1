/** The APIs that this client calls: request and response of each, for {@link ConnectionPool.request}. */
import {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  AddRaftVoterRequest,
  AddRaftVoterResponse,
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
  ApiVersionsRequest,
  ApiVersionsResponse,
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  CreateAclsRequest,
  CreateAclsResponse,
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteAclsRequest,
  DeleteAclsResponse,
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeAclsRequest,
  DescribeAclsResponse,
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  DescribeProducersRequest,
  DescribeProducersResponse,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
  ElectLeadersRequest,
  ElectLeadersResponse,
  EndTxnRequest,
  EndTxnResponse,
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
  FetchRequest,
  FetchResponse,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  InitProducerIdRequest,
  InitProducerIdResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  ListTransactionsRequest,
  ListTransactionsResponse,
  MetadataRequest,
  MetadataResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  ProduceRequest,
  ProduceResponse,
  PushTelemetryRequest,
  PushTelemetryResponse,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
  SaslAuthenticateRequest,
  SaslAuthenticateResponse,
  SaslHandshakeRequest,
  SaslHandshakeResponse,
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponse,
  ShareFetchRequest,
  ShareFetchResponse,
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
  StreamsGroupDescribeRequest,
  StreamsGroupDescribeResponse,
  SyncGroupRequest,
  SyncGroupResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  UnregisterControllerRequest,
  UnregisterControllerResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '@ottla/protocol'

export const PRODUCE = { request: ProduceRequest, response: ProduceResponse }
export const FETCH = { request: FetchRequest, response: FetchResponse }
export const LIST_OFFSETS = { request: ListOffsetsRequest, response: ListOffsetsResponse }
export const METADATA = { request: MetadataRequest, response: MetadataResponse }
export const OFFSET_COMMIT = { request: OffsetCommitRequest, response: OffsetCommitResponse }
export const OFFSET_FETCH = { request: OffsetFetchRequest, response: OffsetFetchResponse }
export const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
export const JOIN_GROUP = { request: JoinGroupRequest, response: JoinGroupResponse }
export const HEARTBEAT = { request: HeartbeatRequest, response: HeartbeatResponse }
export const LEAVE_GROUP = { request: LeaveGroupRequest, response: LeaveGroupResponse }
export const SYNC_GROUP = { request: SyncGroupRequest, response: SyncGroupResponse }
export const DESCRIBE_GROUPS = { request: DescribeGroupsRequest, response: DescribeGroupsResponse }
export const LIST_GROUPS = { request: ListGroupsRequest, response: ListGroupsResponse }
export const CREATE_TOPICS = { request: CreateTopicsRequest, response: CreateTopicsResponse }
export const DELETE_TOPICS = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
export const DELETE_RECORDS = { request: DeleteRecordsRequest, response: DeleteRecordsResponse }
export const INIT_PRODUCER_ID = { request: InitProducerIdRequest, response: InitProducerIdResponse }
export const DESCRIBE_CONFIGS = { request: DescribeConfigsRequest, response: DescribeConfigsResponse }
export const CREATE_PARTITIONS = { request: CreatePartitionsRequest, response: CreatePartitionsResponse }
export const DELETE_GROUPS = { request: DeleteGroupsRequest, response: DeleteGroupsResponse }
export const INCREMENTAL_ALTER_CONFIGS = {
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
}
export const LIST_PARTITION_REASSIGNMENTS = {
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
}
export const OFFSET_DELETE = { request: OffsetDeleteRequest, response: OffsetDeleteResponse }
export const DESCRIBE_CLUSTER = { request: DescribeClusterRequest, response: DescribeClusterResponse }
export const CONSUMER_GROUP_DESCRIBE = {
  request: ConsumerGroupDescribeRequest,
  response: ConsumerGroupDescribeResponse,
}
export const DESCRIBE_TOPIC_PARTITIONS = {
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
}
export const ADD_PARTITIONS_TO_TXN = { request: AddPartitionsToTxnRequest, response: AddPartitionsToTxnResponse }
export const ADD_OFFSETS_TO_TXN = { request: AddOffsetsToTxnRequest, response: AddOffsetsToTxnResponse }
export const END_TXN = { request: EndTxnRequest, response: EndTxnResponse }
export const TXN_OFFSET_COMMIT = { request: TxnOffsetCommitRequest, response: TxnOffsetCommitResponse }
export const CONSUMER_GROUP_HEARTBEAT = {
  request: ConsumerGroupHeartbeatRequest,
  response: ConsumerGroupHeartbeatResponse,
}
export const SHARE_GROUP_HEARTBEAT = { request: ShareGroupHeartbeatRequest, response: ShareGroupHeartbeatResponse }
export const SHARE_FETCH = { request: ShareFetchRequest, response: ShareFetchResponse }
export const SHARE_ACKNOWLEDGE = { request: ShareAcknowledgeRequest, response: ShareAcknowledgeResponse }
export const ADD_RAFT_VOTER = { request: AddRaftVoterRequest, response: AddRaftVoterResponse }
export const ALTER_CLIENT_QUOTAS = { request: AlterClientQuotasRequest, response: AlterClientQuotasResponse }
export const ALTER_PARTITION_REASSIGNMENTS = {
  request: AlterPartitionReassignmentsRequest,
  response: AlterPartitionReassignmentsResponse,
}
export const ALTER_REPLICA_LOG_DIRS = { request: AlterReplicaLogDirsRequest, response: AlterReplicaLogDirsResponse }
export const ALTER_SHARE_GROUP_OFFSETS = {
  request: AlterShareGroupOffsetsRequest,
  response: AlterShareGroupOffsetsResponse,
}
export const ALTER_USER_SCRAM_CREDENTIALS = {
  request: AlterUserScramCredentialsRequest,
  response: AlterUserScramCredentialsResponse,
}
export const DELETE_SHARE_GROUP_OFFSETS = {
  request: DeleteShareGroupOffsetsRequest,
  response: DeleteShareGroupOffsetsResponse,
}
export const DESCRIBE_CLIENT_QUOTAS = { request: DescribeClientQuotasRequest, response: DescribeClientQuotasResponse }
export const DESCRIBE_LOG_DIRS = { request: DescribeLogDirsRequest, response: DescribeLogDirsResponse }
export const DESCRIBE_PRODUCERS = { request: DescribeProducersRequest, response: DescribeProducersResponse }
export const DESCRIBE_QUORUM = { request: DescribeQuorumRequest, response: DescribeQuorumResponse }
export const DESCRIBE_SHARE_GROUP_OFFSETS = {
  request: DescribeShareGroupOffsetsRequest,
  response: DescribeShareGroupOffsetsResponse,
}
export const DESCRIBE_TRANSACTIONS = { request: DescribeTransactionsRequest, response: DescribeTransactionsResponse }
export const DESCRIBE_USER_SCRAM_CREDENTIALS = {
  request: DescribeUserScramCredentialsRequest,
  response: DescribeUserScramCredentialsResponse,
}
export const ELECT_LEADERS = { request: ElectLeadersRequest, response: ElectLeadersResponse }
export const LIST_CONFIG_RESOURCES = { request: ListConfigResourcesRequest, response: ListConfigResourcesResponse }
export const LIST_TRANSACTIONS = { request: ListTransactionsRequest, response: ListTransactionsResponse }
export const REMOVE_RAFT_VOTER = { request: RemoveRaftVoterRequest, response: RemoveRaftVoterResponse }
export const SHARE_GROUP_DESCRIBE = { request: ShareGroupDescribeRequest, response: ShareGroupDescribeResponse }
export const STREAMS_GROUP_DESCRIBE = { request: StreamsGroupDescribeRequest, response: StreamsGroupDescribeResponse }
export const UNREGISTER_BROKER = { request: UnregisterBrokerRequest, response: UnregisterBrokerResponse }
export const UPDATE_FEATURES = { request: UpdateFeaturesRequest, response: UpdateFeaturesResponse }
export const WRITE_TXN_MARKERS = { request: WriteTxnMarkersRequest, response: WriteTxnMarkersResponse }
export const API_VERSIONS = { request: ApiVersionsRequest, response: ApiVersionsResponse }
export const SASL_HANDSHAKE = { request: SaslHandshakeRequest, response: SaslHandshakeResponse }
export const SASL_AUTHENTICATE = { request: SaslAuthenticateRequest, response: SaslAuthenticateResponse }
export const CREATE_ACLS = { request: CreateAclsRequest, response: CreateAclsResponse }
export const DELETE_ACLS = { request: DeleteAclsRequest, response: DeleteAclsResponse }
export const DESCRIBE_ACLS = { request: DescribeAclsRequest, response: DescribeAclsResponse }
export const CREATE_DELEGATION_TOKEN = {
  request: CreateDelegationTokenRequest,
  response: CreateDelegationTokenResponse,
}
export const RENEW_DELEGATION_TOKEN = { request: RenewDelegationTokenRequest, response: RenewDelegationTokenResponse }
export const EXPIRE_DELEGATION_TOKEN = {
  request: ExpireDelegationTokenRequest,
  response: ExpireDelegationTokenResponse,
}
export const DESCRIBE_DELEGATION_TOKEN = {
  request: DescribeDelegationTokenRequest,
  response: DescribeDelegationTokenResponse,
}
export const GET_TELEMETRY_SUBSCRIPTIONS = {
  request: GetTelemetrySubscriptionsRequest,
  response: GetTelemetrySubscriptionsResponse,
}
export const UNREGISTER_CONTROLLER = { request: UnregisterControllerRequest, response: UnregisterControllerResponse }
export const PUSH_TELEMETRY = { request: PushTelemetryRequest, response: PushTelemetryResponse }
