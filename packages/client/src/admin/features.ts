/** What the cluster has agreed on, and what its brokers could (KIP-584). */
import { API_VERSIONS, UPDATE_FEATURES } from '../apis.ts'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import { SOFTWARE_NAME, SOFTWARE_VERSION } from '../version.ts'
import type { ValidateOnly } from './topics.ts'

export interface FeatureDescription {
  /** 0: not finalized. */
  readonly finalized: number
  /** Null when the brokers do not know it. */
  readonly supported: { readonly min: number; readonly max: number } | null
}

export interface FeaturesDescription {
  /** Grows with each change; -1 when the broker does not say. */
  readonly epoch: number
  /** By name, sorted. */
  readonly features: ReadonlyMap<string, FeatureDescription>
}

export interface FeatureUpdate {
  readonly feature: string
  /** 0 takes it back. */
  readonly level: number
  /** Default: upgrade. An unsafe downgrade may lose what the higher level stored. */
  readonly kind?: 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade'
}

const UPGRADE_TYPES = { upgrade: 1, 'safe-downgrade': 2, 'unsafe-downgrade': 3 } as const
const TYPES_SINCE = 1
/** Version 5 names the cluster and node that are meant. */
const MAX_API_VERSIONS = 4

export class FeaturesAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** As one broker tells it: any, or that with the id. */
  async describe(options: CallOptions & { readonly broker?: number } = {}): Promise<FeaturesDescription> {
    const answer = await this.#cluster.call(
      {
        target: options.broker === undefined ? { kind: 'any' } : { kind: 'broker', id: options.broker },
        api: API_VERSIONS,
        init: { clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: SOFTWARE_VERSION },
        maxVersion: MAX_API_VERSIONS,
        what: 'describe features',
        check: ({ errorCode }) => throwBrokerError(errorCode),
      },
      this.#cluster.context(options),
    )
    const finalized = new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]))
    const supported = new Map(
      answer.supportedFeatures.map(({ name, minVersion: min, maxVersion: max }) => [name, { min, max }]),
    )
    const names = [...new Set([...finalized.keys(), ...supported.keys()])].sort()
    return {
      epoch: answer.finalizedFeaturesEpoch,
      features: new Map(
        names.map((name) => [name, { finalized: finalized.get(name) ?? 0, supported: supported.get(name) ?? null }]),
      ),
    }
  }

  /** All of them, or none. Rejects with the error of the first that is refused. */
  async update(updates: readonly FeatureUpdate[], options: CallOptions & ValidateOnly = {}): Promise<void> {
    const context = this.#cluster.context(options)
    await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: UPDATE_FEATURES,
        init: (version) => ({
          timeoutMs: context.deadline.wholeMs,
          featureUpdates: updates.map(({ feature, level: maxVersionLevel, kind = 'upgrade' }) => ({
            feature,
            maxVersionLevel,
            ...(version >= TYPES_SINCE ? { upgradeType: UPGRADE_TYPES[kind] } : { allowDowngrade: kind !== 'upgrade' }),
          })),
          ...(version >= TYPES_SINCE ? { validateOnly: options.validateOnly ?? false } : {}),
        }),
        what: 'update features',
        check: ({ errorCode, errorMessage, results }) => {
          throwBrokerError(errorCode, errorMessage)
          for (const result of results) throwBrokerError(result.errorCode, result.errorMessage)
        },
      },
      context,
    )
  }
}
