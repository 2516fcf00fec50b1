/** The services of one broker, as its handlers see them. Built once, in `start-broker.ts`. */
import type { BrokerConfig } from '@ottla/config'
import type { SharePersister } from '@ottla/coordinator'
import type { Env, Logger } from '@ottla/env'
import type { LogStore } from '@ottla/log'
import type { ControllerChannel, MetadataImage } from '@ottla/metadata'
import type { SlabPool } from '@ottla/stdx'
import type { AdvertisedApi } from './api-index.ts'
import type { BrokerMetrics } from './broker-metrics.ts'
import type { Coordinators } from './coordinators/coordinators.ts'
import type { FetchSessionCache } from './fetch/fetch-session-cache.ts'
import type { GroupService } from './groups/group-service.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Deadlines } from './purgatory/deadlines.ts'
import type { Quotas } from './quota/quotas.ts'
import type { ReplicaRegistry } from './replica/replica-registry.ts'
import type { ShareService } from './share/share-service.ts'
import type { ShareStateService } from './share-state/share-state-service.ts'
import type { StreamsInternalTopics } from './streams/internal-topics.ts'
import type { ClientTelemetry } from './telemetry/client-telemetry.ts'
import type { TopicCreation } from './topic-creation.ts'
import type { Transactions } from './transactions/transactions.ts'

export interface BrokerContext {
  readonly env: Env
  readonly logger: Logger
  /** Static settings with the dynamic ones of the cluster over them. */
  readonly config: BrokerConfig
  readonly nodeId: number
  readonly clusterId: string
  /** Epoch of this broker's registration; -1 before. */
  readonly brokerEpoch: number
  /** The newest metadata that this broker knows. Immutable: hold it for as long as one answer needs a consistent view. */
  readonly image: MetadataImage
  /** To the controller, in this process or not. */
  readonly channel: ControllerChannel
  /** Partitions that have a replica here, by name and by id. */
  readonly replicas: ReplicaRegistry
  readonly logs: LogStore
  /** Topics that are made because somebody named them. */
  readonly topicCreation: TopicCreation
  /** Topics that streams groups wait for. */
  readonly streamsTopics: StreamsInternalTopics
  /** Of whatever waits here: produces, fetches. */
  readonly deadlines: Deadlines
  readonly producerIds: ProducerIds
  readonly fetchSessions: FetchSessionCache
  /** Classic groups and offsets; loading and coordinator errors are its answers. */
  readonly groups: GroupService
  /** The share coordinator: state of share partitions whose names fall on this broker. */
  readonly shareState: ShareStateService
  /** The state of all share partitions, wherever it is kept. */
  readonly sharePersister: SharePersister
  readonly transactions: Transactions
  /** All coordinators, the groups' and others. */
  readonly coordinators: Coordinators
  /** What clients may use. */
  readonly quotas: Quotas
  /** What clients tell of themselves. */
  readonly telemetry: ClientTelemetry
  /** Share groups, as the leaders of partitions serve them. */
  readonly shares: ShareService
  readonly pool: SlabPool
  readonly metrics: BrokerMetrics
  /** What ApiVersions lists, derived from the API table. */
  readonly advertisedApis: readonly AdvertisedApi[]
  /** Features that this broker can work with, for ApiVersions. */
  readonly supportedFeatures: readonly SupportedFeature[]
  /** An invariant is broken: stops the process. */
  fatal(error: Error): void
}

export interface SupportedFeature {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}
