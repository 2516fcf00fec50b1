/**
 * Makers of metadata records: they fill in defaults and choose the version that goes with the level of metadata.version,
 * leaving out what that version lacks.
 */
import type {
  BrokerRegistrationChangeRecord,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
} from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { metadataVersionRow } from '../features.ts'
import type { RecordVersions } from '../features-table.ts'
import type { ClientQuotaEntity } from '../image/client-quotas-image.ts'
import type { PartitionImage } from '../image/topics-image.ts'

/** Leader field of a PartitionChangeRecord that leaves the leader as it is. */
export const NO_LEADER_CHANGE = -2
/** No leader. */
export const NO_LEADER = -1

/** What happens to one partition; what is left out stays. A leader given, even the same one, starts a new leader epoch. */
export type PartitionChange = Partial<Omit<PartitionChangeRecord, 'topicId' | 'partitionId'>>

export function topicRecord(name: string, topicId: string): MetadataRecord {
  return { kind: 'TopicRecord', version: 0, value: { name, topicId } }
}

export function removeTopicRecord(topicId: string): MetadataRecord {
  return { kind: 'RemoveTopicRecord', version: 0, value: { topicId } }
}

export function configRecord(
  resource: { readonly type: number; readonly name: string },
  name: string,
  value: string | null,
): MetadataRecord {
  return {
    kind: 'ConfigRecord',
    version: 0,
    value: { resourceType: resource.type, resourceName: resource.name, name, value },
  }
}

export function featureLevelRecord(name: string, featureLevel: number): MetadataRecord {
  return { kind: 'FeatureLevelRecord', version: 0, value: { name, featureLevel } }
}

export function producerIdsRecord(brokerId: number, brokerEpoch: number, nextProducerId: number): MetadataRecord {
  return { kind: 'ProducerIdsRecord', version: 0, value: { brokerId, brokerEpoch, nextProducerId } }
}

export function unregisterBrokerRecord(brokerId: number, brokerEpoch: number): MetadataRecord {
  return { kind: 'UnregisterBrokerRecord', version: 0, value: { brokerId, brokerEpoch } }
}

export function clientQuotaRecord(entity: ClientQuotaEntity, key: string, value: number | undefined): MetadataRecord {
  return {
    kind: 'ClientQuotaRecord',
    version: 0,
    value: {
      entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
      key,
      value: value ?? 0,
      remove: value === undefined,
    },
  }
}

export function registerBrokerRecord(level: number, value: RegisterBrokerRecord): MetadataRecord {
  const version = versionsAt(level).registerBroker
  return {
    kind: 'RegisterBrokerRecord',
    version,
    value: {
      ...value,
      logDirs: version >= 3 ? value.logDirs : [],
      cordonedLogDirs: version >= 4 ? value.cordonedLogDirs : null,
    },
  }
}

export function brokerRegistrationChangeRecord(
  level: number,
  brokerId: number,
  brokerEpoch: number,
  change: Partial<BrokerRegistrationChangeRecord>,
): MetadataRecord {
  const version = versionsAt(level).brokerRegistrationChange
  return {
    kind: 'BrokerRegistrationChangeRecord',
    version,
    value: {
      brokerId,
      brokerEpoch,
      fenced: change.fenced ?? 0,
      inControlledShutdown: change.inControlledShutdown ?? 0,
      logDirs: version >= 2 ? (change.logDirs ?? []) : [],
      cordonedLogDirs: version >= 3 ? (change.cordonedLogDirs ?? null) : null,
    },
  }
}

/** Undefined where the level has no such record. */
export function registerControllerRecord(level: number, value: RegisterControllerRecord): MetadataRecord | undefined {
  const version = versionsAt(level).registerController
  return version < 0 ? undefined : { kind: 'RegisterControllerRecord', version, value }
}

export function partitionRecord(
  level: number,
  topicId: string,
  partitionId: number,
  partition: PartitionImage,
): MetadataRecord {
  const version = versionsAt(level).partition
  const value: PartitionRecord = {
    partitionId,
    topicId,
    replicas: partition.replicas,
    isr: partition.isr,
    removingReplicas: partition.removingReplicas,
    addingReplicas: partition.addingReplicas,
    leader: partition.leader,
    leaderRecoveryState: partition.leaderRecoveryState,
    leaderEpoch: partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch,
    directories: version >= 1 ? partition.directories : [],
    eligibleLeaderReplicas: version >= 2 ? orNull(partition.eligibleLeaderReplicas) : null,
    lastKnownElr: version >= 2 ? orNull(partition.lastKnownElr) : null,
  }
  return { kind: 'PartitionRecord', version, value }
}

export function partitionChangeRecord(
  level: number,
  topicId: string,
  partitionId: number,
  change: PartitionChange,
): MetadataRecord {
  const version = versionsAt(level).partitionChange
  return {
    kind: 'PartitionChangeRecord',
    version,
    value: {
      partitionId,
      topicId,
      isr: change.isr ?? null,
      leader: change.leader ?? NO_LEADER_CHANGE,
      replicas: change.replicas ?? null,
      removingReplicas: change.removingReplicas ?? null,
      addingReplicas: change.addingReplicas ?? null,
      leaderRecoveryState: change.leaderRecoveryState ?? -1,
      directories: version >= 1 ? (change.directories ?? null) : null,
      eligibleLeaderReplicas: version >= 2 ? (change.eligibleLeaderReplicas ?? null) : null,
      lastKnownElr: version >= 2 ? (change.lastKnownElr ?? null) : null,
    },
  }
}

/** Versions of records at a level of metadata.version. */
function versionsAt(level: number): RecordVersions {
  const row = metadataVersionRow(level)
  assert(row !== undefined, `metadata.version ${level} is known`)
  return row.recordVersions
}

function orNull(list: readonly number[]): readonly number[] | null {
  return list.length === 0 ? null : list
}
