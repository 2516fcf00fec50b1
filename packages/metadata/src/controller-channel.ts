/**
 * The only way in which a broker knows the controller: requests in, answers out, and the image as it changes. The
 * controller may live in the same process or elsewhere; nothing here says which.
 */
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
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
  ElectLeadersRequest,
  ElectLeadersResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
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
  readonly 56: Api<AlterPartitionRequest, AlterPartitionResponse>
  readonly 57: Api<UpdateFeaturesRequest, UpdateFeaturesResponse>
  readonly 62: Api<BrokerRegistrationRequest, BrokerRegistrationResponse>
  readonly 63: Api<BrokerHeartbeatRequest, BrokerHeartbeatResponse>
  readonly 64: Api<UnregisterBrokerRequest, UnregisterBrokerResponse>
  readonly 67: Api<AllocateProducerIdsRequest, AllocateProducerIdsResponse>
  readonly 73: Api<AssignReplicasToDirsRequest, AssignReplicasToDirsResponse>
}

export type ControllerApiKey = keyof ControllerApis

/** Who asks, and until when the answer is of use. */
export interface ControllerRequestContext {
  /** As `User:ANONYMOUS`. */
  readonly principal: string
  /** On the wall clock; afterwards the request is answered with REQUEST_TIMED_OUT, though its effect may still come. */
  readonly deadlineMs: number
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
