/**
 * Applies records to an image: a mutable place between two immutable images. Costs as much as what the records touch;
 * everything else is shared.
 */
import type {
  BrokerRegistrationChangeRecord,
  ClientQuotaRecord,
  ConfigRecord,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
} from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { NO_LEADER_CHANGE } from '../records/make-record.ts'
import { type ConfigResource, ConfigResourceType } from './configs-image.ts'
import { type MetadataDelta, resourceKey, type TopicDelta } from './metadata-delta.ts'
import type { BrokerRegistration, FeatureRange, MetadataImage } from './metadata-image.ts'
import { scramKey } from './scram-key.ts'
import { TopicBuilder } from './topic-builder.ts'
import { type TopicImage, TopicsImage } from './topics-image.ts'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

export class ImageBuilder {
  readonly #image: Mutable<MetadataImage>
  #brokers: Map<number, BrokerRegistration> | undefined
  readonly #topics = new Map<string, TopicBuilder>()
  readonly #deletedTopics = new Map<string, TopicImage>()
  readonly #configs = new Map<string, { readonly resource: ConfigResource; readonly texts: Map<string, string> }>()
  readonly #changedBrokers = new Set<number>()
  readonly #changedFeatures = new Set<string>()
  #clientQuotasChanged = false
  #controllersChanged = false
  #securityChanged = false

  constructor(from: MetadataImage) {
    this.#image = { ...from }
  }

  /** Level of metadata.version after what was applied so far. */
  get metadataVersion(): number {
    return this.#image.features.metadataVersion
  }

  /** Moves the image to an offset and epoch. Records that are in no state (NoOp, markers) do only this. */
  moveTo(offset: number, epoch: number): void {
    this.#image.offset = offset
    this.#image.epoch = epoch
  }

  apply(record: MetadataRecord): void {
    switch (record.kind) {
      case 'TopicRecord':
        this.#topics.set(record.value.topicId, new TopicBuilder(record.value))
        break
      case 'PartitionRecord':
        this.#setPartition(record.value)
        break
      case 'PartitionChangeRecord':
        this.#changePartition(record.value)
        break
      case 'RemoveTopicRecord':
        this.#removeTopic(record.value.topicId)
        break
      case 'ClearElrRecord':
        this.#clearElr(record.value.topicName)
        break
      case 'ConfigRecord':
        this.#setConfig(record.value)
        break
      case 'FeatureLevelRecord':
        this.#image.features = this.#image.features.with(record.value.name, record.value.featureLevel)
        this.#changedFeatures.add(record.value.name)
        break
      case 'ProducerIdsRecord':
        this.#image.nextProducerId = record.value.nextProducerId
        break
      case 'ClientQuotaRecord':
        this.#setClientQuota(record.value)
        break
      default:
        this.#applyNode(record)
    }
  }

  build(): { readonly image: MetadataImage; readonly delta: MetadataDelta } {
    const image = this.#image
    if (this.#brokers !== undefined) image.brokers = this.#brokers
    const topics = new Map<string, TopicDelta>()
    for (const [id, builder] of this.#topics) topics.set(id, builder.delta())
    image.topics = this.#buildTopics(topics)
    const configs = new Map<string, ConfigResource>()
    for (const [key, { resource, texts }] of this.#configs) {
      image.configs = image.configs.with(resource, texts)
      configs.set(key, resource)
    }
    const delta: MetadataDelta = {
      topics,
      deletedTopics: this.#deletedTopics,
      brokers: this.#changedBrokers,
      configs,
      features: this.#changedFeatures,
      clientQuotasChanged: this.#clientQuotasChanged,
      controllersChanged: this.#controllersChanged,
      securityChanged: this.#securityChanged,
    }
    return { image: Object.freeze(image), delta }
  }

  #buildTopics(changed: ReadonlyMap<string, TopicDelta>): TopicsImage {
    let { topics } = this.#image
    if (topics.size === 0) return TopicsImage.of([...changed.values()].map(({ topic }) => topic))
    for (const topic of this.#deletedTopics.values()) topics = topics.without(topic)
    for (const { topic } of changed.values()) topics = topics.with(topic)
    return topics
  }

  #topic(id: string): TopicBuilder {
    const known = this.#topics.get(id)
    if (known !== undefined) return known
    const topic = this.#deletedTopics.has(id) ? undefined : this.#image.topics.byId(id)
    assert(topic !== undefined, `a record about a partition of topic ${id} comes after the topic's own`)
    const builder = new TopicBuilder({ name: topic.name, topicId: id }, topic)
    this.#topics.set(id, builder)
    return builder
  }

  #setPartition(record: PartitionRecord): void {
    this.#topic(record.topicId).set(record.partitionId, {
      replicas: record.replicas,
      isr: record.isr,
      removingReplicas: record.removingReplicas,
      addingReplicas: record.addingReplicas,
      leader: record.leader,
      leaderRecoveryState: record.leaderRecoveryState,
      leaderEpoch: record.leaderEpoch,
      partitionEpoch: record.partitionEpoch,
      directories: record.directories,
      eligibleLeaderReplicas: record.eligibleLeaderReplicas ?? [],
      lastKnownElr: record.lastKnownElr ?? [],
    })
  }

  #changePartition(record: PartitionChangeRecord): void {
    const topic = this.#topic(record.topicId)
    const before = topic.get(record.partitionId)
    assert(before !== undefined, `partition ${record.partitionId} of topic ${record.topicId} exists before it changes`)
    const hasNewLeader = record.leader !== NO_LEADER_CHANGE
    topic.set(record.partitionId, {
      replicas: record.replicas ?? before.replicas,
      isr: record.isr ?? before.isr,
      removingReplicas: record.removingReplicas ?? before.removingReplicas,
      addingReplicas: record.addingReplicas ?? before.addingReplicas,
      leader: hasNewLeader ? record.leader : before.leader,
      leaderRecoveryState: record.leaderRecoveryState >= 0 ? record.leaderRecoveryState : before.leaderRecoveryState,
      leaderEpoch: hasNewLeader ? before.leaderEpoch + 1 : before.leaderEpoch,
      partitionEpoch: before.partitionEpoch + 1,
      directories: record.directories ?? before.directories,
      eligibleLeaderReplicas: record.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
      lastKnownElr: record.lastKnownElr ?? before.lastKnownElr,
    })
  }

  #removeTopic(id: string): void {
    const builder = this.#topics.get(id)
    const before = this.#image.topics.byId(id)
    const name = builder?.name ?? before?.name
    assert(name !== undefined, `topic ${id} exists before it is removed`)
    this.#topics.delete(id)
    if (before !== undefined) this.#deletedTopics.set(id, before)
    const resource = { type: ConfigResourceType.TOPIC, name }
    this.#configs.delete(resourceKey(resource))
    this.#image.configs = this.#image.configs.with(resource, new Map())
  }

  #setConfig(record: ConfigRecord): void {
    const resource = { type: record.resourceType, name: record.resourceName }
    const key = resourceKey(resource)
    let entry = this.#configs.get(key)
    if (entry === undefined) {
      entry = { resource, texts: new Map(this.#image.configs.of(resource.type, resource.name)) }
      this.#configs.set(key, entry)
    }
    if (record.value === null) entry.texts.delete(record.name)
    else entry.texts.set(record.name, record.value)
  }

  #applyNode(record: MetadataRecord): void {
    switch (record.kind) {
      case 'RegisterBrokerRecord':
        this.#setBroker(registrationOf(record.value))
        break
      case 'BrokerRegistrationChangeRecord':
        this.#changeBroker(record.value)
        break
      case 'FenceBrokerRecord':
        this.#changeBroker({ brokerId: record.value.id, fenced: 1 })
        break
      case 'UnfenceBrokerRecord':
        this.#changeBroker({ brokerId: record.value.id, fenced: -1 })
        break
      case 'UnregisterBrokerRecord':
        this.#removeBroker(record.value.brokerId)
        break
      case 'RegisterControllerRecord':
        this.#setController(record.value)
        break
      case 'UnregisterControllerRecord':
        this.#removeController(record.value.controllerId)
        break
      default:
        this.#applySecurity(record)
    }
  }

  #setBroker(registration: BrokerRegistration): void {
    this.#brokers ??= new Map(this.#image.brokers)
    this.#brokers.set(registration.id, registration)
    this.#changedBrokers.add(registration.id)
  }

  #changeBroker(change: Partial<BrokerRegistrationChangeRecord> & { readonly brokerId: number }): void {
    const before = (this.#brokers ?? this.#image.brokers).get(change.brokerId)
    assert(before !== undefined, `broker ${change.brokerId} is registered before its registration changes`)
    const { fenced = 0, inControlledShutdown = 0, logDirs = [], cordonedLogDirs = null } = change
    this.#setBroker({
      ...before,
      fenced: fenced === 0 ? before.fenced : fenced > 0,
      inControlledShutdown: inControlledShutdown === 0 ? before.inControlledShutdown : inControlledShutdown > 0,
      directories: logDirs.length === 0 ? before.directories : logDirs,
      cordonedDirectories: cordonedLogDirs ?? before.cordonedDirectories,
    })
  }

  #removeBroker(id: number): void {
    this.#brokers ??= new Map(this.#image.brokers)
    this.#brokers.delete(id)
    this.#changedBrokers.add(id)
  }

  #setClientQuota({ entity, key, value, remove }: ClientQuotaRecord): void {
    const parts = new Map(entity.map(({ entityType, entityName }) => [entityType, entityName]))
    this.#image.clientQuotas = this.#image.clientQuotas.with(parts, key, remove ? undefined : value)
    this.#clientQuotasChanged = true
  }

  #setController(record: RegisterControllerRecord): void {
    const { controllerId: id, incarnationId, zkMigrationReady, endPoints: endpoints } = record
    const registration = {
      id,
      incarnationId,
      zkMigrationReady,
      endpoints,
      supportedFeatures: featureRanges(record.features),
    }
    this.#image.controllers = new Map([...this.#image.controllers, [id, registration]])
    this.#controllersChanged = true
  }

  #removeController(id: number): void {
    const controllers = new Map(this.#image.controllers)
    controllers.delete(id)
    this.#image.controllers = controllers
    this.#controllersChanged = true
  }

  #clearElr(topicName: string): void {
    const named = this.#image.topics.byName(topicName)
    const topics = topicName === '' ? [...this.#image.topics.all()] : named === undefined ? [] : [named]
    for (const { id } of topics) if (!this.#deletedTopics.has(id)) this.#topic(id)
    for (const builder of this.#topics.values()) {
      if (topicName === '' || builder.name === topicName) builder.clearElr()
    }
  }

  /** Records that brokers of this step only keep: a folder of Apache Kafka must lose nothing. */
  #applySecurity(record: MetadataRecord): void {
    const image = this.#image
    const { acls, scramCredentials, delegationTokens } = image
    if (record.kind === 'AccessControlEntryRecord') image.acls = acls.set(record.value.id, record.value)
    else if (record.kind === 'RemoveAccessControlEntryRecord') image.acls = acls.delete(record.value.id)
    else if (record.kind === 'UserScramCredentialRecord') {
      image.scramCredentials = scramCredentials.set(scramKey(record.value), record.value)
    } else if (record.kind === 'RemoveUserScramCredentialRecord') {
      image.scramCredentials = scramCredentials.delete(scramKey(record.value))
    } else if (record.kind === 'DelegationTokenRecord') {
      image.delegationTokens = delegationTokens.set(record.value.tokenId, record.value)
    } else if (record.kind === 'RemoveDelegationTokenRecord') {
      image.delegationTokens = delegationTokens.delete(record.value.tokenId)
    } else return
    this.#securityChanged = true
  }
}

/** Applies records to an image; the new image stands at `offset` and `epoch`. */
export function applyRecords(
  image: MetadataImage,
  records: Iterable<MetadataRecord>,
  at: { readonly offset: number; readonly epoch: number },
): { readonly image: MetadataImage; readonly delta: MetadataDelta } {
  const builder = new ImageBuilder(image)
  for (const record of records) builder.apply(record)
  builder.moveTo(at.offset, at.epoch)
  return builder.build()
}

function registrationOf(record: RegisterBrokerRecord): BrokerRegistration {
  return {
    id: record.brokerId,
    epoch: record.brokerEpoch,
    incarnationId: record.incarnationId,
    endpoints: record.endPoints,
    supportedFeatures: featureRanges(record.features),
    rack: record.rack,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    directories: record.logDirs,
    cordonedDirectories: record.cordonedLogDirs,
  }
}

function featureRanges(features: RegisterBrokerRecord['features']): ReadonlyMap<string, FeatureRange> {
  return new Map(features.map(({ name, minSupportedVersion: min, maxSupportedVersion: max }) => [name, { min, max }]))
}
