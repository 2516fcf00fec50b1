/** The APIs that this client calls: request and response of each, for {@link ConnectionPool.request}. */
import {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  EndTxnRequest,
  EndTxnResponse,
  FetchRequest,
  FetchResponse,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
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
  ListGroupsRequest,
  ListGroupsResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
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
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponse,
  ShareFetchRequest,
  ShareFetchResponse,
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
  SyncGroupRequest,
  SyncGroupResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
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
