/**
 * Levels of the cluster's features, as Apache Kafka 4.4 defines them: what each level of metadata.version enables and which
 * versions of records go with it, and the levels of the other features.
 */

export interface MetadataVersionRow {
  readonly level: number
  /** As `4.3-IV0`. */
  readonly name: string
  /** As `4.3`: the release whose clusters start at the newest level of that name. */
  readonly release: string
  /** False: still changing; not for data that is to stay. */
  readonly isProduction: boolean
  readonly recordVersions: RecordVersions
  /** Levels of the other features that a release of this level starts new clusters with. */
  readonly featureDefaults: Readonly<Record<string, number>>
}

/** Versions of the records that have several; -1 where the level has no such record. */
export interface RecordVersions {
  readonly registerBroker: number
  readonly brokerRegistrationChange: number
  readonly partition: number
  readonly partitionChange: number
  readonly registerController: number
}

export const METADATA_VERSIONS: readonly MetadataVersionRow[] = [
  {
    level: 7,
    name: '3.3-IV3',
    release: '3.3',
    isProduction: true,
    recordVersions: {
      registerBroker: 1,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 8,
    name: '3.4-IV0',
    release: '3.4',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 9,
    name: '3.5-IV0',
    release: '3.5',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 10,
    name: '3.5-IV1',
    release: '3.5',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 11,
    name: '3.5-IV2',
    release: '3.5',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 12,
    name: '3.6-IV0',
    release: '3.6',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 13,
    name: '3.6-IV1',
    release: '3.6',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 14,
    name: '3.6-IV2',
    release: '3.6',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: -1,
    },
    featureDefaults: {},
  },
  {
    level: 15,
    name: '3.7-IV0',
    release: '3.7',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: 0,
    },
    featureDefaults: {},
  },
  {
    level: 16,
    name: '3.7-IV1',
    release: '3.7',
    isProduction: true,
    recordVersions: {
      registerBroker: 2,
      brokerRegistrationChange: 1,
      partition: 0,
      partitionChange: 0,
      registerController: 0,
    },
    featureDefaults: {},
  },
  {
    level: 17,
    name: '3.7-IV2',
    release: '3.7',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 1,
      partitionChange: 1,
      registerController: 0,
    },
    featureDefaults: {},
  },
  {
    level: 18,
    name: '3.7-IV3',
    release: '3.7',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 1,
      partitionChange: 1,
      registerController: 0,
    },
    featureDefaults: {},
  },
  {
    level: 19,
    name: '3.7-IV4',
    release: '3.7',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 1,
      partitionChange: 1,
      registerController: 0,
    },
    featureDefaults: {},
  },
  {
    level: 20,
    name: '3.8-IV0',
    release: '3.8',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 1,
      partitionChange: 1,
      registerController: 0,
    },
    featureDefaults: {},
  },
  {
    level: 21,
    name: '3.9-IV0',
    release: '3.9',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 1,
      partitionChange: 1,
      registerController: 0,
    },
    featureDefaults: { 'kraft.version': 1 },
  },
  {
    level: 22,
    name: '4.0-IV0',
    release: '4.0',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 1,
      partitionChange: 1,
      registerController: 0,
    },
    featureDefaults: { 'kraft.version': 1, 'group.version': 1 },
  },
  {
    level: 23,
    name: '4.0-IV1',
    release: '4.0',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: { 'kraft.version': 1, 'group.version': 1 },
  },
  {
    level: 24,
    name: '4.0-IV2',
    release: '4.0',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: { 'kraft.version': 1, 'transaction.version': 2, 'group.version': 1 },
  },
  {
    level: 25,
    name: '4.0-IV3',
    release: '4.0',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: { 'kraft.version': 1, 'transaction.version': 2, 'group.version': 1 },
  },
  {
    level: 26,
    name: '4.1-IV0',
    release: '4.1',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
    },
  },
  {
    level: 27,
    name: '4.1-IV1',
    release: '4.1',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
    },
  },
  {
    level: 28,
    name: '4.2-IV0',
    release: '4.2',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 1,
    },
  },
  {
    level: 29,
    name: '4.2-IV1',
    release: '4.2',
    isProduction: true,
    recordVersions: {
      registerBroker: 3,
      brokerRegistrationChange: 2,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 1,
      'streams.version': 1,
    },
  },
  {
    level: 30,
    name: '4.3-IV0',
    release: '4.3',
    isProduction: true,
    recordVersions: {
      registerBroker: 4,
      brokerRegistrationChange: 3,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 1,
      'streams.version': 1,
    },
  },
  {
    level: 31,
    name: '4.4-IV0',
    release: '4.4',
    isProduction: true,
    recordVersions: {
      registerBroker: 4,
      brokerRegistrationChange: 3,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 2,
      'streams.version': 1,
    },
  },
  {
    level: 32,
    name: '4.4-IV1',
    release: '4.4',
    isProduction: true,
    recordVersions: {
      registerBroker: 4,
      brokerRegistrationChange: 3,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 2,
      'streams.version': 1,
    },
  },
  {
    level: 33,
    name: '4.4-IV2',
    release: '4.4',
    isProduction: true,
    recordVersions: {
      registerBroker: 4,
      brokerRegistrationChange: 3,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 2,
      'streams.version': 1,
    },
  },
  {
    level: 34,
    name: '4.5-IV0',
    release: '4.5',
    isProduction: false,
    recordVersions: {
      registerBroker: 4,
      brokerRegistrationChange: 3,
      partition: 2,
      partitionChange: 2,
      registerController: 0,
    },
    featureDefaults: {
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 2,
      'streams.version': 1,
    },
  },
]

export interface FeatureRow {
  readonly name: string
  /** The highest level that Kafka 4.4 knows. */
  readonly max: number
  /** The highest level that works here. Finalized levels never exceed it. */
  readonly works: number
  /** By level: the lowest metadata.version it starts with, and levels of other features it needs. */
  readonly levels: readonly FeatureLevelRow[]
}

export interface FeatureLevelRow {
  readonly level: number
  readonly metadataVersion: number
  readonly needs: Readonly<Record<string, number>>
}

/** Features other than metadata.version. */
export const FEATURES: readonly FeatureRow[] = [
  {
    name: 'kraft.version',
    max: 1,
    works: 0,
    levels: [
      { level: 0, metadataVersion: 7, needs: {} },
      { level: 1, metadataVersion: 21, needs: {} },
    ],
  },
  {
    name: 'transaction.version',
    max: 2,
    works: 2,
    levels: [
      { level: 0, metadataVersion: 7, needs: {} },
      { level: 1, metadataVersion: 24, needs: {} },
      { level: 2, metadataVersion: 24, needs: {} },
    ],
  },
  {
    name: 'group.version',
    max: 1,
    works: 1,
    levels: [
      { level: 0, metadataVersion: 7, needs: {} },
      { level: 1, metadataVersion: 22, needs: {} },
    ],
  },
  {
    name: 'eligible.leader.replicas.version',
    max: 1,
    works: 0,
    levels: [
      { level: 0, metadataVersion: 7, needs: {} },
      { level: 1, metadataVersion: 26, needs: { 'metadata.version': 23 } },
    ],
  },
  {
    name: 'share.version',
    max: 2,
    works: 2,
    levels: [
      { level: 0, metadataVersion: 7, needs: {} },
      { level: 1, metadataVersion: 28, needs: {} },
      { level: 2, metadataVersion: 31, needs: {} },
    ],
  },
  {
    name: 'streams.version',
    max: 1,
    works: 1,
    levels: [
      { level: 0, metadataVersion: 7, needs: {} },
      { level: 1, metadataVersion: 29, needs: {} },
    ],
  },
]
