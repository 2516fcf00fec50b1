/**
 * The only way in which a broker knows the controller: requests in, answers out, and the image as it changes. The
 * controller may live in the same process or elsewhere; nothing here says which.
 */
import type {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  ElectLeadersRequest,
  ElectLeadersResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  UnregisterControllerRequest,
  UnregisterControllerResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '@ottla/protocol'
import type { MetadataDelta } from './image/metadata-delta.ts'
import type { MetadataImage } from './image/metadata-image.ts'

interface Api<Request, Response> {
  readonly request: Request
  readonly response: Response
}

/** What a controller answers, by API key. Requests are decoded ones, with all their fields. */
export interface ControllerApis {
  readonly 19: Api<CreateTopicsRequest, CreateTopicsResponse>
  readonly 20: Api<DeleteTopicsRequest, DeleteTopicsResponse>
  readonly 33: Api<AlterConfigsRequest, AlterConfigsResponse>
  readonly 37: Api<CreatePartitionsRequest, CreatePartitionsResponse>
  readonly 43: Api<ElectLeadersRequest, ElectLeadersResponse>
  readonly 44: Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
  readonly 45: Api<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>
  readonly 49: Api<AlterClientQuotasRequest, AlterClientQuotasResponse>
  readonly 51: Api<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>
  readonly 55: Api<DescribeQuorumRequest, DescribeQuorumResponse>
  readonly 56: Api<AlterPartitionRequest, AlterPartitionResponse>
  readonly 57: Api<UpdateFeaturesRequest, UpdateFeaturesResponse>
  readonly 62: Api<BrokerRegistrationRequest, BrokerRegistrationResponse>
  readonly 63: Api<BrokerHeartbeatRequest, BrokerHeartbeatResponse>
  readonly 64: Api<UnregisterBrokerRequest, UnregisterBrokerResponse>
  readonly 67: Api<AllocateProducerIdsRequest, AllocateProducerIdsResponse>
  readonly 73: Api<AssignReplicasToDirsRequest, AssignReplicasToDirsResponse>
  readonly 80: Api<AddRaftVoterRequest, AddRaftVoterResponse>
  readonly 81: Api<RemoveRaftVoterRequest, RemoveRaftVoterResponse>
  readonly 94: Api<UnregisterControllerRequest, UnregisterControllerResponse>
}

export type ControllerApiKey = keyof ControllerApis

/** Who asks, and until when the answer is of use. */
export interface ControllerRequestContext {
  /** As `User:ANONYMOUS`. */
  readonly principal: string
  /** On the wall clock; afterwards the request is answered with REQUEST_TIMED_OUT, though its effect may still come. */
  readonly deadlineMs: number
  /** What may still be changed on behalf of the client; without it, everything. */
  readonly mutationQuota?: MutationQuota
}

/** How many partitions a client may create and delete (KIP-599). */
export interface MutationQuota {
  /** Takes what the change of one topic costs; false: it must not be made now. */
  take(partitions: number): boolean
}

/** The image after some commits, and what they changed. */
export interface MetadataUpdate {
  readonly image: MetadataImage
  readonly delta: MetadataDelta
}

export interface ControllerChannel {
  /** The newest committed image. */
  readonly image: MetadataImage
  /**
   * Asks the controller. Resolves with the response when its records are committed, and after subscribers have seen the
   * image with them. Rejects with ApiError when there is no such response: NOT_CONTROLLER, REQUEST_TIMED_OUT,
   * KAFKA_STORAGE_ERROR.
   */
  request<Key extends ControllerApiKey>(
    apiKey: Key,
    request: ControllerApis[Key]['request'],
    context: ControllerRequestContext,
  ): Promise<ControllerApis[Key]['response']>
  /** Calls `listener` after each commit that changed the image, in order. Gives a function that ends it. */
  subscribe(listener: (update: MetadataUpdate) => void): () => void
}
