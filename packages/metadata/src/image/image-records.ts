/** An image as the records that make it from nothing: what a snapshot holds, metadata.version first. */
import type { MetadataRecord } from '@ottla/protocol'
import { METADATA_VERSION } from '../features.ts'
import {
  clientQuotaRecord,
  configRecord,
  featureLevelRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  registerControllerRecord,
  topicRecord,
} from '../records/make-record.ts'
import type { FeatureRange, MetadataImage } from './metadata-image.ts'

export function* imageRecords(image: MetadataImage): Generator<MetadataRecord> {
  yield* featureRecords(image)
  yield* nodeRecords(image)
  yield* topicRecords(image)
  for (const type of image.configs.types()) {
    for (const [name, texts] of image.configs.resources(type)) {
      for (const [key, value] of byKey(texts)) yield configRecord({ type, name }, key, value)
    }
  }
  for (const { entity, values } of image.clientQuotas.all()) {
    for (const [key, value] of byKey(values)) yield clientQuotaRecord(entity, key, value)
  }
  if (image.nextProducerId >= 0) yield producerIdsRecord(-1, -1, image.nextProducerId)
  for (const value of image.acls.values()) yield { kind: 'AccessControlEntryRecord', version: 0, value }
  for (const value of image.scramCredentials.values()) yield { kind: 'UserScramCredentialRecord', version: 0, value }
  for (const value of image.delegationTokens.values()) yield { kind: 'DelegationTokenRecord', version: 0, value }
}

function* featureRecords({ features }: MetadataImage): Generator<MetadataRecord> {
  if (features.stored.has(METADATA_VERSION)) yield featureLevelRecord(METADATA_VERSION, features.metadataVersion)
  for (const [name, level] of byKey(features.stored)) {
    if (name !== METADATA_VERSION) yield featureLevelRecord(name, level)
  }
}

function* nodeRecords(image: MetadataImage): Generator<MetadataRecord> {
  const level = image.features.metadataVersion
  for (const [, broker] of byKey(image.brokers)) {
    yield registerBrokerRecord(level, {
      brokerId: broker.id,
      isMigratingZkBroker: false,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: broker.endpoints,
      features: rangesOf(broker.supportedFeatures),
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: broker.directories,
      cordonedLogDirs: broker.cordonedDirectories,
    })
  }
  for (const [, controller] of byKey(image.controllers)) {
    const record = registerControllerRecord(level, {
      controllerId: controller.id,
      incarnationId: controller.incarnationId,
      zkMigrationReady: controller.zkMigrationReady,
      endPoints: controller.endpoints,
      features: rangesOf(controller.supportedFeatures),
    })
    if (record !== undefined) yield record
  }
}

function* topicRecords({ topics, features }: MetadataImage): Generator<MetadataRecord> {
  for (const topic of topics.all()) {
    yield topicRecord(topic.name, topic.id)
    for (const [id, partition] of topic.partitions.entries()) {
      yield partitionRecord(features.metadataVersion, topic.id, id, partition)
    }
  }
}

function rangesOf(ranges: ReadonlyMap<string, FeatureRange>) {
  return [...ranges].map(([name, { min, max }]) => ({ name, minSupportedVersion: min, maxSupportedVersion: max }))
}

/** One order, whatever the order of the changes was: equal images give equal snapshots. */
function byKey<K extends string | number, V>(map: ReadonlyMap<K, V>): [K, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}
