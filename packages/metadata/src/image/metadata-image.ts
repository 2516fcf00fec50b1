/**
 * The metadata of a cluster as of one offset: the fold of the metadata log. Immutable; what did not change is shared with
 * the image before.
 */
import type { AccessControlEntryRecord, DelegationTokenRecord, UserScramCredentialRecord } from '@ottla/protocol'
import { type ClientQuotaEntity, ClientQuotasImage } from './client-quotas-image.ts'
import { ConfigsImage } from './configs-image.ts'
import { FeaturesImage } from './features-image.ts'
import { SortedMap } from './sorted-map.ts'
import { TopicsImage } from './topics-image.ts'

export type { ClientQuotaEntity }

/** Where a node can be reached. */
export interface RegisteredEndpoint {
  /** Listener name. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

/** Levels of a feature that a node can work with. */
export interface FeatureRange {
  readonly min: number
  readonly max: number
}

export interface BrokerRegistration {
  readonly id: number
  /** Offset of the registration record: a newer registration has a larger one. */
  readonly epoch: number
  readonly incarnationId: string
  readonly endpoints: readonly RegisteredEndpoint[]
  readonly supportedFeatures: ReadonlyMap<string, FeatureRange>
  readonly rack: string | null
  /** A fenced broker leads nothing and is not told to clients. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /** Ids of its log dirs; empty when it did not say. */
  readonly directories: readonly string[]
  /** Ids of log dirs that take no new partitions; null when it did not say. */
  readonly cordonedDirectories: readonly string[] | null
}

export interface ControllerRegistration {
  readonly id: number
  readonly incarnationId: string
  readonly zkMigrationReady: boolean
  readonly endpoints: readonly RegisteredEndpoint[]
  readonly supportedFeatures: ReadonlyMap<string, FeatureRange>
}

export interface MetadataImage {
  /** Offset of the last record in it; -1 when there is none. */
  readonly offset: number
  /** Leader epoch of the metadata log at that record. */
  readonly epoch: number
  readonly features: FeaturesImage
  readonly brokers: ReadonlyMap<number, BrokerRegistration>
  readonly controllers: ReadonlyMap<number, ControllerRegistration>
  readonly topics: TopicsImage
  readonly configs: ConfigsImage
  readonly clientQuotas: ClientQuotasImage
  /** The first producer id that no broker was given; -1 when none ever was. */
  readonly nextProducerId: number
  /** Access rules by id. */
  readonly acls: SortedMap<string, AccessControlEntryRecord>
  /** SCRAM credentials by mechanism and user. */
  readonly scramCredentials: SortedMap<string, UserScramCredentialRecord>
  /** Delegation tokens by id. */
  readonly delegationTokens: SortedMap<string, DelegationTokenRecord>
}

export const EMPTY_IMAGE: MetadataImage = Object.freeze({
  offset: -1,
  epoch: 0,
  features: new FeaturesImage(),
  brokers: new Map(),
  controllers: new Map(),
  topics: new TopicsImage(),
  configs: new ConfigsImage(),
  clientQuotas: new ClientQuotasImage(),
  nextProducerId: -1,
  acls: SortedMap.empty<string, AccessControlEntryRecord>(),
  scramCredentials: SortedMap.empty<string, UserScramCredentialRecord>(),
  delegationTokens: SortedMap.empty<string, DelegationTokenRecord>(),
})
