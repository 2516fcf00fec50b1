/**
 * The table of APIs: which messages belong to a key, which versions there are, who may be asked, and which headers stand in front. The
 * broker's dispatch, ApiVersions and the documentation all derive from it.
 */

import { ProduceRequest, ProduceResponse } from './messages/00-produce.ts'
import { FetchRequest, FetchResponse } from './messages/01-fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from './messages/02-list-offsets.ts'
import { MetadataRequest, MetadataResponse } from './messages/03-metadata.ts'
import { LeaderAndIsrRequest, LeaderAndIsrResponse } from './messages/04-leader-and-isr.ts'
import { StopReplicaRequest, StopReplicaResponse } from './messages/05-stop-replica.ts'
import { UpdateMetadataRequest, UpdateMetadataResponse } from './messages/06-update-metadata.ts'
import { ControlledShutdownRequest, ControlledShutdownResponse } from './messages/07-controlled-shutdown.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from './messages/08-offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from './messages/09-offset-fetch.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from './messages/10-find-coordinator.ts'
import { JoinGroupRequest, JoinGroupResponse } from './messages/11-join-group.ts'
import { HeartbeatRequest, HeartbeatResponse } from './messages/12-heartbeat.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from './messages/13-leave-group.ts'
import { SyncGroupRequest, SyncGroupResponse } from './messages/14-sync-group.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from './messages/15-describe-groups.ts'
import { ListGroupsRequest, ListGroupsResponse } from './messages/16-list-groups.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from './messages/17-sasl-handshake.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from './messages/18-api-versions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from './messages/19-create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from './messages/20-delete-topics.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from './messages/21-delete-records.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from './messages/22-init-producer-id.ts'
import { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from './messages/23-offset-for-leader-epoch.ts'
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './messages/24-add-partitions-to-txn.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './messages/25-add-offsets-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from './messages/26-end-txn.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './messages/27-write-txn-markers.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './messages/28-txn-offset-commit.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from './messages/29-describe-acls.ts'
import { CreateAclsRequest, CreateAclsResponse } from './messages/30-create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from './messages/31-delete-acls.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from './messages/32-describe-configs.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from './messages/33-alter-configs.ts'
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from './messages/34-alter-replica-log-dirs.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './messages/35-describe-log-dirs.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './messages/36-sasl-authenticate.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from './messages/37-create-partitions.ts'
import { CreateDelegationTokenRequest, CreateDelegationTokenResponse } from './messages/38-create-delegation-token.ts'
import { RenewDelegationTokenRequest, RenewDelegationTokenResponse } from './messages/39-renew-delegation-token.ts'
import { ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } from './messages/40-expire-delegation-token.ts'
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from './messages/41-describe-delegation-token.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from './messages/42-delete-groups.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from './messages/43-elect-leaders.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from './messages/44-incremental-alter-configs.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './messages/45-alter-partition-reassignments.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './messages/46-list-partition-reassignments.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from './messages/47-offset-delete.ts'
import { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from './messages/48-describe-client-quotas.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from './messages/49-alter-client-quotas.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './messages/50-describe-user-scram-credentials.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './messages/51-alter-user-scram-credentials.ts'
import { VoteRequest, VoteResponse } from './messages/52-vote.ts'
import { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from './messages/53-begin-quorum-epoch.ts'
import { EndQuorumEpochRequest, EndQuorumEpochResponse } from './messages/54-end-quorum-epoch.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from './messages/55-describe-quorum.ts'
import { AlterPartitionRequest, AlterPartitionResponse } from './messages/56-alter-partition.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './messages/57-update-features.ts'
import { EnvelopeRequest, EnvelopeResponse } from './messages/58-envelope.ts'
import { FetchSnapshotRequest, FetchSnapshotResponse } from './messages/59-fetch-snapshot.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from './messages/60-describe-cluster.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from './messages/61-describe-producers.ts'
import { BrokerRegistrationRequest, BrokerRegistrationResponse } from './messages/62-broker-registration.ts'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from './messages/63-broker-heartbeat.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from './messages/64-unregister-broker.ts'
import { DescribeTransactionsRequest, DescribeTransactionsResponse } from './messages/65-describe-transactions.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from './messages/66-list-transactions.ts'
import { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from './messages/67-allocate-producer-ids.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from './messages/68-consumer-group-heartbeat.ts'
import { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from './messages/69-consumer-group-describe.ts'
import { ControllerRegistrationRequest, ControllerRegistrationResponse } from './messages/70-controller-registration.ts'
import {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from './messages/71-get-telemetry-subscriptions.ts'
import { PushTelemetryRequest, PushTelemetryResponse } from './messages/72-push-telemetry.ts'
import { AssignReplicasToDirsRequest, AssignReplicasToDirsResponse } from './messages/73-assign-replicas-to-dirs.ts'
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from './messages/74-list-config-resources.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './messages/75-describe-topic-partitions.ts'
import { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from './messages/76-share-group-heartbeat.ts'
import { ShareGroupDescribeRequest, ShareGroupDescribeResponse } from './messages/77-share-group-describe.ts'
import { ShareFetchRequest, ShareFetchResponse } from './messages/78-share-fetch.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from './messages/79-share-acknowledge.ts'
import { AddRaftVoterRequest, AddRaftVoterResponse } from './messages/80-add-raft-voter.ts'
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from './messages/81-remove-raft-voter.ts'
import { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from './messages/82-update-raft-voter.ts'
import {
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
} from './messages/83-initialize-share-group-state.ts'
import { ReadShareGroupStateRequest, ReadShareGroupStateResponse } from './messages/84-read-share-group-state.ts'
import { WriteShareGroupStateRequest, WriteShareGroupStateResponse } from './messages/85-write-share-group-state.ts'
import { DeleteShareGroupStateRequest, DeleteShareGroupStateResponse } from './messages/86-delete-share-group-state.ts'
import {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from './messages/87-read-share-group-state-summary.ts'
import { StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from './messages/88-streams-group-heartbeat.ts'
import { StreamsGroupDescribeRequest, StreamsGroupDescribeResponse } from './messages/89-streams-group-describe.ts'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from './messages/90-describe-share-group-offsets.ts'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from './messages/91-alter-share-group-offsets.ts'
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from './messages/92-delete-share-group-offsets.ts'
import {
  StreamsGroupTopologyDescriptionUpdateRequest,
  StreamsGroupTopologyDescriptionUpdateResponse,
} from './messages/93-streams-group-topology-description-update.ts'
import { UnregisterControllerRequest, UnregisterControllerResponse } from './messages/94-unregister-controller.ts'
import type { Schema } from './schema/schema.ts'
import { hasVersion, NO_VERSIONS, type VersionRange } from './schema/versions.ts'

/** Which kind of node is asked. */
export type Listener = 'broker' | 'controller'

interface ApiOptions {
  /** Default: none. */
  readonly listeners?: readonly Listener[]
  /** What Kafka advertises, without unstable versions. Default: nothing. */
  readonly advertised?: readonly [min: number, max: number]
  readonly clusterAction?: true
  readonly forwardable?: true
  readonly removed?: true
}

/** One API: a key with its request and response. */
export class Api<out Req extends Schema = Schema, out Res extends Schema = Schema> {
  readonly key: number
  /** Kafka's name: `Heartbeat`. */
  readonly name: string
  readonly request: Req
  readonly response: Res
  /** Versions that the schemas know: Kafka's, those of Kafka 2.4 that older clients send, and unstable ones. */
  readonly requestVersions: VersionRange
  /**
   * Versions that Kafka's own brokers advertise; empty for removed APIs. Not always those it speaks: Produce is advertised from 0,
   * since librdkafka looks for it, and spoken from 3.
   */
  readonly advertised: VersionRange
  /** Versions with compact lengths and tagged fields. */
  readonly flexible: VersionRange
  /** The highest version is sent and accepted only on demand. */
  readonly latestVersionUnstable: boolean
  readonly listeners: readonly Listener[]
  /** Only for principals with ClusterAction on the cluster: brokers and controllers. */
  readonly clusterAction: boolean
  /** A broker passes the request on to the controller. */
  readonly forwardable: boolean
  /** Kafka 4 no longer has it; Kafka 2.4 with ZooKeeper does. */
  readonly removed: boolean

  constructor(request: Req, response: Res, options: ApiOptions) {
    const { listeners = [], advertised, clusterAction = false, forwardable = false, removed = false } = options
    this.key = request.key
    this.name = request.name.slice(0, -'Request'.length)
    this.request = request
    this.response = response
    this.requestVersions = request.versions
    this.advertised = advertised === undefined ? NO_VERSIONS : { min: advertised[0], max: advertised[1] }
    this.flexible = request.flexible
    this.latestVersionUnstable = request.latestVersionUnstable
    this.listeners = listeners
    this.clusterAction = clusterAction
    this.forwardable = forwardable
    this.removed = removed
  }

  /** Version of the header in front of a request of `version`. */
  requestHeaderVersion(version: number): 0 | 1 | 2 {
    if (this.key === API_KEYS.ControlledShutdown && version === 0) return 0
    return hasVersion(this.flexible, version) ? 2 : 1
  }

  /** Version of the header in front of the response to a request of `version`. ApiVersions always has 0, so that anyone can read it. */
  responseHeaderVersion(version: number): 0 | 1 {
    if (this.key === API_KEYS.ApiVersions) return 0
    return hasVersion(this.flexible, version) ? 1 : 0
  }
}

/** API keys by name. */
export const API_KEYS = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  LeaderAndIsr: 4,
  StopReplica: 5,
  UpdateMetadata: 6,
  ControlledShutdown: 7,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  DescribeGroups: 15,
  ListGroups: 16,
  SaslHandshake: 17,
  ApiVersions: 18,
  CreateTopics: 19,
  DeleteTopics: 20,
  DeleteRecords: 21,
  InitProducerId: 22,
  OffsetForLeaderEpoch: 23,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  WriteTxnMarkers: 27,
  TxnOffsetCommit: 28,
  DescribeAcls: 29,
  CreateAcls: 30,
  DeleteAcls: 31,
  DescribeConfigs: 32,
  AlterConfigs: 33,
  AlterReplicaLogDirs: 34,
  DescribeLogDirs: 35,
  SaslAuthenticate: 36,
  CreatePartitions: 37,
  CreateDelegationToken: 38,
  RenewDelegationToken: 39,
  ExpireDelegationToken: 40,
  DescribeDelegationToken: 41,
  DeleteGroups: 42,
  ElectLeaders: 43,
  IncrementalAlterConfigs: 44,
  AlterPartitionReassignments: 45,
  ListPartitionReassignments: 46,
  OffsetDelete: 47,
  DescribeClientQuotas: 48,
  AlterClientQuotas: 49,
  DescribeUserScramCredentials: 50,
  AlterUserScramCredentials: 51,
  Vote: 52,
  BeginQuorumEpoch: 53,
  EndQuorumEpoch: 54,
  DescribeQuorum: 55,
  AlterPartition: 56,
  UpdateFeatures: 57,
  Envelope: 58,
  FetchSnapshot: 59,
  DescribeCluster: 60,
  DescribeProducers: 61,
  BrokerRegistration: 62,
  BrokerHeartbeat: 63,
  UnregisterBroker: 64,
  DescribeTransactions: 65,
  ListTransactions: 66,
  AllocateProducerIds: 67,
  ConsumerGroupHeartbeat: 68,
  ConsumerGroupDescribe: 69,
  ControllerRegistration: 70,
  GetTelemetrySubscriptions: 71,
  PushTelemetry: 72,
  AssignReplicasToDirs: 73,
  ListConfigResources: 74,
  DescribeTopicPartitions: 75,
  ShareGroupHeartbeat: 76,
  ShareGroupDescribe: 77,
  ShareFetch: 78,
  ShareAcknowledge: 79,
  AddRaftVoter: 80,
  RemoveRaftVoter: 81,
  UpdateRaftVoter: 82,
  InitializeShareGroupState: 83,
  ReadShareGroupState: 84,
  WriteShareGroupState: 85,
  DeleteShareGroupState: 86,
  ReadShareGroupStateSummary: 87,
  StreamsGroupHeartbeat: 88,
  StreamsGroupDescribe: 89,
  DescribeShareGroupOffsets: 90,
  AlterShareGroupOffsets: 91,
  DeleteShareGroupOffsets: 92,
  StreamsGroupTopologyDescriptionUpdate: 93,
  UnregisterController: 94,
} as const

export type ApiName = keyof typeof API_KEYS

const BROKER: readonly Listener[] = ['broker']
const CONTROLLER: readonly Listener[] = ['controller']
const BOTH: readonly Listener[] = ['broker', 'controller']

/** All APIs by name, with the types of their messages. */
export const APIS = {
  Produce: new Api(ProduceRequest, ProduceResponse, { listeners: BROKER, advertised: [0, 13] }),
  Fetch: new Api(FetchRequest, FetchResponse, { listeners: BOTH, advertised: [4, 18] }),
  ListOffsets: new Api(ListOffsetsRequest, ListOffsetsResponse, { listeners: BROKER, advertised: [1, 11] }),
  Metadata: new Api(MetadataRequest, MetadataResponse, { listeners: BROKER, advertised: [0, 13] }),
  LeaderAndIsr: new Api(LeaderAndIsrRequest, LeaderAndIsrResponse, { removed: true, clusterAction: true }),
  StopReplica: new Api(StopReplicaRequest, StopReplicaResponse, { removed: true, clusterAction: true }),
  UpdateMetadata: new Api(UpdateMetadataRequest, UpdateMetadataResponse, { removed: true, clusterAction: true }),
  ControlledShutdown: new Api(ControlledShutdownRequest, ControlledShutdownResponse, {
    removed: true,
    clusterAction: true,
  }),
  OffsetCommit: new Api(OffsetCommitRequest, OffsetCommitResponse, { listeners: BROKER, advertised: [2, 10] }),
  OffsetFetch: new Api(OffsetFetchRequest, OffsetFetchResponse, { listeners: BROKER, advertised: [1, 10] }),
  FindCoordinator: new Api(FindCoordinatorRequest, FindCoordinatorResponse, { listeners: BROKER, advertised: [0, 6] }),
  JoinGroup: new Api(JoinGroupRequest, JoinGroupResponse, { listeners: BROKER, advertised: [0, 9] }),
  Heartbeat: new Api(HeartbeatRequest, HeartbeatResponse, { listeners: BROKER, advertised: [0, 4] }),
  LeaveGroup: new Api(LeaveGroupRequest, LeaveGroupResponse, { listeners: BROKER, advertised: [0, 5] }),
  SyncGroup: new Api(SyncGroupRequest, SyncGroupResponse, { listeners: BROKER, advertised: [0, 5] }),
  DescribeGroups: new Api(DescribeGroupsRequest, DescribeGroupsResponse, { listeners: BROKER, advertised: [0, 6] }),
  ListGroups: new Api(ListGroupsRequest, ListGroupsResponse, { listeners: BROKER, advertised: [0, 5] }),
  SaslHandshake: new Api(SaslHandshakeRequest, SaslHandshakeResponse, { listeners: BOTH, advertised: [0, 1] }),
  ApiVersions: new Api(ApiVersionsRequest, ApiVersionsResponse, { listeners: BOTH, advertised: [0, 5] }),
  CreateTopics: new Api(CreateTopicsRequest, CreateTopicsResponse, {
    listeners: BOTH,
    advertised: [2, 7],
    forwardable: true,
  }),
  DeleteTopics: new Api(DeleteTopicsRequest, DeleteTopicsResponse, {
    listeners: BOTH,
    advertised: [1, 6],
    forwardable: true,
  }),
  DeleteRecords: new Api(DeleteRecordsRequest, DeleteRecordsResponse, { listeners: BROKER, advertised: [0, 2] }),
  InitProducerId: new Api(InitProducerIdRequest, InitProducerIdResponse, { listeners: BROKER, advertised: [0, 5] }),
  OffsetForLeaderEpoch: new Api(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, {
    listeners: BROKER,
    advertised: [2, 4],
  }),
  AddPartitionsToTxn: new Api(AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, {
    listeners: BROKER,
    advertised: [0, 5],
  }),
  AddOffsetsToTxn: new Api(AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, { listeners: BROKER, advertised: [0, 4] }),
  EndTxn: new Api(EndTxnRequest, EndTxnResponse, { listeners: BROKER, advertised: [0, 5] }),
  WriteTxnMarkers: new Api(WriteTxnMarkersRequest, WriteTxnMarkersResponse, {
    listeners: BROKER,
    advertised: [1, 2],
    clusterAction: true,
  }),
  TxnOffsetCommit: new Api(TxnOffsetCommitRequest, TxnOffsetCommitResponse, { listeners: BROKER, advertised: [0, 6] }),
  DescribeAcls: new Api(DescribeAclsRequest, DescribeAclsResponse, { listeners: BOTH, advertised: [1, 3] }),
  CreateAcls: new Api(CreateAclsRequest, CreateAclsResponse, {
    listeners: BOTH,
    advertised: [1, 3],
    forwardable: true,
  }),
  DeleteAcls: new Api(DeleteAclsRequest, DeleteAclsResponse, {
    listeners: BOTH,
    advertised: [1, 3],
    forwardable: true,
  }),
  DescribeConfigs: new Api(DescribeConfigsRequest, DescribeConfigsResponse, { listeners: BOTH, advertised: [1, 4] }),
  AlterConfigs: new Api(AlterConfigsRequest, AlterConfigsResponse, {
    listeners: BOTH,
    advertised: [0, 2],
    forwardable: true,
  }),
  AlterReplicaLogDirs: new Api(AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, {
    listeners: BROKER,
    advertised: [1, 2],
  }),
  DescribeLogDirs: new Api(DescribeLogDirsRequest, DescribeLogDirsResponse, { listeners: BROKER, advertised: [1, 5] }),
  SaslAuthenticate: new Api(SaslAuthenticateRequest, SaslAuthenticateResponse, { listeners: BOTH, advertised: [0, 2] }),
  CreatePartitions: new Api(CreatePartitionsRequest, CreatePartitionsResponse, {
    listeners: BOTH,
    advertised: [0, 3],
    forwardable: true,
  }),
  CreateDelegationToken: new Api(CreateDelegationTokenRequest, CreateDelegationTokenResponse, {
    listeners: BOTH,
    advertised: [1, 3],
    forwardable: true,
  }),
  RenewDelegationToken: new Api(RenewDelegationTokenRequest, RenewDelegationTokenResponse, {
    listeners: BOTH,
    advertised: [1, 2],
    forwardable: true,
  }),
  ExpireDelegationToken: new Api(ExpireDelegationTokenRequest, ExpireDelegationTokenResponse, {
    listeners: BOTH,
    advertised: [1, 2],
    forwardable: true,
  }),
  DescribeDelegationToken: new Api(DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, {
    listeners: BOTH,
    advertised: [1, 3],
  }),
  DeleteGroups: new Api(DeleteGroupsRequest, DeleteGroupsResponse, { listeners: BROKER, advertised: [0, 3] }),
  ElectLeaders: new Api(ElectLeadersRequest, ElectLeadersResponse, {
    listeners: BOTH,
    advertised: [0, 2],
    forwardable: true,
  }),
  IncrementalAlterConfigs: new Api(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, {
    listeners: BOTH,
    advertised: [0, 1],
    forwardable: true,
  }),
  AlterPartitionReassignments: new Api(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, {
    listeners: BOTH,
    advertised: [0, 1],
    forwardable: true,
  }),
  ListPartitionReassignments: new Api(ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, {
    listeners: BOTH,
    advertised: [0, 0],
    forwardable: true,
  }),
  OffsetDelete: new Api(OffsetDeleteRequest, OffsetDeleteResponse, { listeners: BROKER, advertised: [0, 0] }),
  DescribeClientQuotas: new Api(DescribeClientQuotasRequest, DescribeClientQuotasResponse, {
    listeners: BROKER,
    advertised: [0, 1],
  }),
  AlterClientQuotas: new Api(AlterClientQuotasRequest, AlterClientQuotasResponse, {
    listeners: BOTH,
    advertised: [0, 1],
    forwardable: true,
  }),
  DescribeUserScramCredentials: new Api(DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, {
    listeners: BOTH,
    advertised: [0, 0],
  }),
  AlterUserScramCredentials: new Api(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, {
    listeners: BOTH,
    advertised: [0, 0],
    forwardable: true,
  }),
  Vote: new Api(VoteRequest, VoteResponse, { listeners: CONTROLLER, advertised: [0, 2], clusterAction: true }),
  BeginQuorumEpoch: new Api(BeginQuorumEpochRequest, BeginQuorumEpochResponse, {
    listeners: CONTROLLER,
    advertised: [0, 1],
    clusterAction: true,
  }),
  EndQuorumEpoch: new Api(EndQuorumEpochRequest, EndQuorumEpochResponse, {
    listeners: CONTROLLER,
    advertised: [0, 1],
    clusterAction: true,
  }),
  DescribeQuorum: new Api(DescribeQuorumRequest, DescribeQuorumResponse, {
    listeners: BOTH,
    advertised: [0, 2],
    clusterAction: true,
    forwardable: true,
  }),
  AlterPartition: new Api(AlterPartitionRequest, AlterPartitionResponse, {
    listeners: CONTROLLER,
    advertised: [2, 3],
    clusterAction: true,
  }),
  UpdateFeatures: new Api(UpdateFeaturesRequest, UpdateFeaturesResponse, {
    listeners: BOTH,
    advertised: [0, 2],
    clusterAction: true,
    forwardable: true,
  }),
  Envelope: new Api(EnvelopeRequest, EnvelopeResponse, {
    listeners: CONTROLLER,
    advertised: [0, 0],
    clusterAction: true,
  }),
  FetchSnapshot: new Api(FetchSnapshotRequest, FetchSnapshotResponse, { listeners: CONTROLLER, advertised: [0, 1] }),
  DescribeCluster: new Api(DescribeClusterRequest, DescribeClusterResponse, { listeners: BOTH, advertised: [0, 2] }),
  DescribeProducers: new Api(DescribeProducersRequest, DescribeProducersResponse, {
    listeners: BROKER,
    advertised: [0, 0],
  }),
  BrokerRegistration: new Api(BrokerRegistrationRequest, BrokerRegistrationResponse, {
    listeners: CONTROLLER,
    advertised: [0, 4],
    clusterAction: true,
  }),
  BrokerHeartbeat: new Api(BrokerHeartbeatRequest, BrokerHeartbeatResponse, {
    listeners: CONTROLLER,
    advertised: [0, 2],
    clusterAction: true,
  }),
  UnregisterBroker: new Api(UnregisterBrokerRequest, UnregisterBrokerResponse, {
    listeners: BOTH,
    advertised: [0, 0],
    forwardable: true,
  }),
  DescribeTransactions: new Api(DescribeTransactionsRequest, DescribeTransactionsResponse, {
    listeners: BROKER,
    advertised: [0, 0],
  }),
  ListTransactions: new Api(ListTransactionsRequest, ListTransactionsResponse, {
    listeners: BROKER,
    advertised: [0, 2],
  }),
  AllocateProducerIds: new Api(AllocateProducerIdsRequest, AllocateProducerIdsResponse, {
    listeners: CONTROLLER,
    advertised: [0, 0],
    clusterAction: true,
    forwardable: true,
  }),
  ConsumerGroupHeartbeat: new Api(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, {
    listeners: BROKER,
    advertised: [0, 1],
  }),
  ConsumerGroupDescribe: new Api(ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, {
    listeners: BROKER,
    advertised: [0, 1],
  }),
  ControllerRegistration: new Api(ControllerRegistrationRequest, ControllerRegistrationResponse, {
    listeners: CONTROLLER,
    advertised: [0, 0],
  }),
  GetTelemetrySubscriptions: new Api(GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse, {
    listeners: BROKER,
    advertised: [0, 0],
  }),
  PushTelemetry: new Api(PushTelemetryRequest, PushTelemetryResponse, { listeners: BROKER, advertised: [0, 0] }),
  AssignReplicasToDirs: new Api(AssignReplicasToDirsRequest, AssignReplicasToDirsResponse, {
    listeners: CONTROLLER,
    advertised: [0, 0],
  }),
  ListConfigResources: new Api(ListConfigResourcesRequest, ListConfigResourcesResponse, {
    listeners: BROKER,
    advertised: [0, 1],
  }),
  DescribeTopicPartitions: new Api(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, {
    listeners: BROKER,
    advertised: [0, 0],
  }),
  ShareGroupHeartbeat: new Api(ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse, {
    listeners: BROKER,
    advertised: [1, 1],
  }),
  ShareGroupDescribe: new Api(ShareGroupDescribeRequest, ShareGroupDescribeResponse, {
    listeners: BROKER,
    advertised: [1, 1],
  }),
  ShareFetch: new Api(ShareFetchRequest, ShareFetchResponse, { listeners: BROKER, advertised: [1, 2] }),
  ShareAcknowledge: new Api(ShareAcknowledgeRequest, ShareAcknowledgeResponse, {
    listeners: BROKER,
    advertised: [1, 2],
  }),
  AddRaftVoter: new Api(AddRaftVoterRequest, AddRaftVoterResponse, {
    listeners: BOTH,
    advertised: [0, 1],
    forwardable: true,
  }),
  RemoveRaftVoter: new Api(RemoveRaftVoterRequest, RemoveRaftVoterResponse, {
    listeners: BOTH,
    advertised: [0, 0],
    forwardable: true,
  }),
  UpdateRaftVoter: new Api(UpdateRaftVoterRequest, UpdateRaftVoterResponse, {
    listeners: CONTROLLER,
    advertised: [0, 0],
  }),
  InitializeShareGroupState: new Api(InitializeShareGroupStateRequest, InitializeShareGroupStateResponse, {
    listeners: BROKER,
    advertised: [0, 0],
    clusterAction: true,
  }),
  ReadShareGroupState: new Api(ReadShareGroupStateRequest, ReadShareGroupStateResponse, {
    listeners: BROKER,
    advertised: [0, 0],
    clusterAction: true,
  }),
  WriteShareGroupState: new Api(WriteShareGroupStateRequest, WriteShareGroupStateResponse, {
    listeners: BROKER,
    advertised: [0, 1],
    clusterAction: true,
  }),
  DeleteShareGroupState: new Api(DeleteShareGroupStateRequest, DeleteShareGroupStateResponse, {
    listeners: BROKER,
    advertised: [0, 0],
    clusterAction: true,
  }),
  ReadShareGroupStateSummary: new Api(ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse, {
    listeners: BROKER,
    advertised: [0, 1],
    clusterAction: true,
  }),
  StreamsGroupHeartbeat: new Api(StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse, {
    listeners: BROKER,
    advertised: [0, 1],
  }),
  StreamsGroupDescribe: new Api(StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, {
    listeners: BROKER,
    advertised: [0, 1],
  }),
  DescribeShareGroupOffsets: new Api(DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse, {
    listeners: BROKER,
    advertised: [0, 1],
  }),
  AlterShareGroupOffsets: new Api(AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse, {
    listeners: BROKER,
    advertised: [0, 0],
  }),
  DeleteShareGroupOffsets: new Api(DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse, {
    listeners: BROKER,
    advertised: [0, 0],
  }),
  StreamsGroupTopologyDescriptionUpdate: new Api(
    StreamsGroupTopologyDescriptionUpdateRequest,
    StreamsGroupTopologyDescriptionUpdateResponse,
    { listeners: BROKER, advertised: [0, 0] },
  ),
  UnregisterController: new Api(UnregisterControllerRequest, UnregisterControllerResponse, {
    listeners: BOTH,
    advertised: [0, 0],
    forwardable: true,
  }),
}

const byKey: readonly Api[] = Object.values(APIS)

/** The API of a key; undefined when there is none. */
export function apiOf(key: number): Api | undefined {
  return byKey[key]
}

/** All APIs, by key. Keys have no gaps. */
export function allApis(): readonly Api[] {
  return byKey
}
