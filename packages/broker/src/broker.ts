/**
 * One broker: holds the services that its handlers see, and follows the metadata. What starts and stops it is in start-broker.ts.
 */
import { type BrokerConfig, effectiveTopicConfig, logSettings, type TopicConfig } from '@ottla/config'
import { GroupCoordinator, type SharePersister } from '@ottla/coordinator'
import type { Env, Logger } from '@ottla/env'
import type { LogStore } from '@ottla/log'
import {
  ConfigResourceType,
  type ControllerChannel,
  type MetadataImage,
  type MetadataUpdate,
  supportedFeatures,
} from '@ottla/metadata'
import { API_KEYS, ApiError, ErrorCode } from '@ottla/protocol'
import type { SlabPool } from '@ottla/stdx'
import { type AdvertisedApi, ApiIndex } from './api-index.ts'
import { API_TABLE } from './apis/table.ts'
import type { BrokerContext, SupportedFeature } from './broker-context.ts'
import type { BrokerMetrics } from './broker-metrics.ts'
import { CoordinatorService } from './coordinators/coordinator-service.ts'
import { Coordinators } from './coordinators/coordinators.ts'
import { FetchSessionCache } from './fetch/fetch-session-cache.ts'
import { coordinatorSettings } from './groups/group-coordinator-config.ts'
import type { GroupService } from './groups/group-service.ts'
import { groupSettings } from './groups/group-settings.ts'
import { ImageTopics } from './groups/group-topics.ts'
import { memberIds } from './groups/member-ids.ts'
import { re2Patterns } from './groups/re2-patterns.ts'
import { GROUP_METADATA_TOPIC, SHARE_GROUP_STATE_TOPIC } from './internal-topics.ts'
import { unpackLimit } from './produce/unpack-limit.ts'
import { type ProducerIdBlock, ProducerIds } from './producer-ids.ts'
import { Deadlines } from './purgatory/deadlines.ts'
import type { Arrival } from './quota/connection-rates.ts'
import { Quotas } from './quota/quotas.ts'
import { DirectoryAssignments } from './replica/directory-assignments.ts'
import { ReplicaRegistry, type TopicSettings } from './replica/replica-registry.ts'
import { INTERNAL_PRINCIPAL } from './request-context.ts'
import { ShareService } from './share/share-service.ts'
import { LocalSharePersister } from './share-state/local-share-persister.ts'
import { sharePorts } from './share-state/share-ports.ts'
import { type ShareStateService, shareStateService } from './share-state/share-state-service.ts'
import { StreamsInternalTopics } from './streams/internal-topics.ts'
import { ClientTelemetry } from './telemetry/client-telemetry.ts'
import { principalText } from './to-controller.ts'
import { TopicCreation } from './topic-creation.ts'
import { Transactions } from './transactions/transactions.ts'

export interface BrokerParts {
  readonly env: Env
  /** Without dynamic settings. */
  readonly config: BrokerConfig
  readonly logs: LogStore
  readonly channel: ControllerChannel
  readonly pool: SlabPool
  readonly metrics: BrokerMetrics
  readonly fatal: (error: Error) => void
}

export class Broker implements BrokerContext {
  readonly env: Env
  readonly logger: Logger
  readonly nodeId: number
  readonly clusterId: string
  readonly channel: ControllerChannel
  readonly logs: LogStore
  readonly pool: SlabPool
  readonly apis = new ApiIndex(API_TABLE)
  readonly metrics: BrokerMetrics
  readonly deadlines: Deadlines
  readonly fetchSessions: FetchSessionCache
  readonly producerIds: ProducerIds
  readonly replicas: ReplicaRegistry
  readonly groups: GroupService
  readonly shareState: ShareStateService
  readonly sharePersister: SharePersister
  readonly transactions: Transactions
  readonly shares: ShareService
  readonly coordinators: Coordinators
  readonly quotas: Quotas
  readonly telemetry: ClientTelemetry
  readonly topicCreation: TopicCreation
  readonly streamsTopics = new StreamsInternalTopics()
  readonly supportedFeatures: readonly SupportedFeature[]
  readonly fatal: (error: Error) => void
  /** Set by the registration. */
  brokerEpoch = -1
  readonly #staticConfig: BrokerConfig
  readonly #settings = new WeakMap<TopicConfig, TopicSettings>()
  #config: BrokerConfig
  #image: MetadataImage
  #topics: ImageTopics

  constructor({ env, config, logs, channel, pool, metrics, fatal }: BrokerParts) {
    this.env = env
    this.logger = env.logger.child('broker')
    this.nodeId = logs.nodeId
    this.clusterId = logs.clusterId
    this.channel = channel
    this.logs = logs
    this.pool = pool
    this.metrics = metrics
    this.fatal = fatal
    this.#staticConfig = config
    this.#image = channel.image
    this.#topics = ImageTopics.of(this.#image)
    this.#config = this.#dynamicConfig()
    this.deadlines = new Deadlines(env)
    this.fetchSessions = new FetchSessionCache(env, config.values['max.incremental.fetch.session.cache.slots'])
    this.producerIds = new ProducerIds(() => this.#allocateProducerIds(), this.logger)
    this.replicas = this.#replicaRegistry()
    this.quotas = new Quotas({ env, config, deadlines: this.deadlines })
    this.telemetry = new ClientTelemetry({ clock: env.clock, config, uuid: () => env.random.uuid() })
    this.topicCreation = new TopicCreation(this)
    this.shareState = this.#shareStateService()
    this.sharePersister = new LocalSharePersister({
      coordinator: this.shareState.coordinator,
      timers: env.timers,
      hasStateTopic: () => this.#image.topics.byName(SHARE_GROUP_STATE_TOPIC) !== undefined,
      createStateTopic: () => this.topicCreation.create(SHARE_GROUP_STATE_TOPIC),
    })
    this.shares = new ShareService(this, this.sharePersister)
    this.groups = this.#groupService()
    this.transactions = new Transactions(this)
    this.coordinators = new Coordinators([this.groups, this.transactions.service, this.shareState])
    this.supportedFeatures = [...supportedFeatures()].map(([name, { min, max }]) => ({
      name,
      minVersion: min,
      maxVersion: max,
    }))
  }

  get config(): BrokerConfig {
    return this.#config
  }

  get image(): MetadataImage {
    return this.#image
  }

  get advertisedApis(): readonly AdvertisedApi[] {
    return this.telemetry.isOffered ? this.apis.advertised : this.apis.advertisedWithoutTelemetry
  }

  /** Judges a connection that was accepted. */
  connected(address: string): Arrival {
    return this.quotas.connected(address, this.#config.values['max.connection.creation.rate'])
  }

  /** The settings in force for the logs of a topic. */
  settingsOf(topic: string): TopicSettings {
    const effective = effectiveTopicConfig(this.#config, this.#image.configs.of(ConfigResourceType.TOPIC, topic))
    let settings = this.#settings.get(effective)
    if (settings === undefined) {
      settings = {
        log: logSettings(effective, this.#config),
        maxDecompressedBytes: unpackLimit(effective.values),
      }
      this.#settings.set(effective, settings)
    }
    return settings
  }

  /** Takes over the topics and the settings of the image as it is now, then follows its changes. Gives what ends that. */
  async follow(): Promise<() => void> {
    this.#image = this.channel.image
    this.#topics = ImageTopics.of(this.#image)
    this.#config = this.#dynamicConfig()
    this.quotas.update(this.#image.clientQuotas)
    this.telemetry.update(this.#image.configs)
    const unsubscribe = this.channel.subscribe((update) => this.#onMetadata(update))
    await this.replicas.load(this.#image)
    this.coordinators.follow(this.replicas)
    return unsubscribe
  }

  #onMetadata({ image, delta }: MetadataUpdate): void {
    this.#image = image
    if (delta.clientQuotasChanged) this.quotas.update(image.clientQuotas)
    this.#topics = this.#topics.next(image, delta)
    const changedTopics: string[] = []
    let isBrokerChanged = false
    let isTelemetryChanged = false
    for (const { type, name } of delta.configs.values()) {
      if (type === ConfigResourceType.TOPIC) changedTopics.push(name)
      else if (type === ConfigResourceType.BROKER) isBrokerChanged = true
      else if (type === ConfigResourceType.CLIENT_METRICS) isTelemetryChanged = true
    }
    if (isTelemetryChanged) this.telemetry.update(image.configs)
    if (isBrokerChanged) this.#config = this.#dynamicConfig()
    this.replicas.update(
      Array.from(delta.topics.values(), ({ topic }) => topic),
      delta.deletedTopics.keys(),
    )
    if (isBrokerChanged) this.replicas.allSettingsChanged()
    else for (const topic of changedTopics) this.replicas.settingsChanged(topic)
    if (delta.deletedTopics.size > 0) {
      this.coordinators.topicsDeleted(Array.from(delta.deletedTopics.values(), ({ name }) => name))
    }
  }

  #replicaRegistry(): ReplicaRegistry {
    const { env, nodeId, logs, channel, metrics } = this
    const logger = env.logger.child('broker.replica')
    const assignments = new DirectoryAssignments({ env, logger, channel, nodeId, brokerEpoch: () => this.brokerEpoch })
    return new ReplicaRegistry({
      nodeId,
      logs,
      logger,
      timers: env.timers,
      settingsOf: (topic) => this.settingsOf(topic),
      placed: (replica, directoryId) => assignments.note(replica, directoryId),
      traffic: metrics.traffic,
    })
  }

  #dynamicConfig(): BrokerConfig {
    const { configs } = this.#image
    return this.#staticConfig.withDynamic({
      clusterDefault: configs.of(ConfigResourceType.BROKER, ''),
      broker: configs.of(ConfigResourceType.BROKER, String(this.nodeId)),
    })
  }

  #groupService(): GroupService {
    const { clock, timers, random } = this.env
    const logger = this.env.logger.child('coordinator.group')
    const coordinator = new GroupCoordinator({
      env: { clock, timers, log: logger, memberIds: memberIds(random) },
      config: coordinatorSettings(
        () => this.#config,
        () => this.#image,
      ),
      groupConfig: (groupId) => groupSettings(this.#config, this.#image, groupId),
      topics: () => this.#topics,
      patterns: () => re2Patterns,
      share: sharePorts(this.sharePersister, this.replicas),
    })
    return new CoordinatorService({ topic: GROUP_METADATA_TOPIC, coordinator, logger })
  }

  #shareStateService(): ShareStateService {
    const [config, image, topics] = [() => this.#config, () => this.#image, () => this.#topics]
    return shareStateService({ env: this.env, config, image, topics })
  }

  async #allocateProducerIds(): Promise<ProducerIdBlock> {
    const request = { brokerId: this.nodeId, brokerEpoch: this.brokerEpoch }
    const response = await this.channel.request(API_KEYS.AllocateProducerIds, request, {
      principal: principalText(INTERNAL_PRINCIPAL),
      deadlineMs: this.env.clock.now() + this.#config.int('request.timeout.ms'),
    })
    if (response.errorCode !== ErrorCode.NONE) throw new ApiError(response.errorCode)
    return { firstId: response.producerIdStart, count: response.producerIdLen }
  }
}
