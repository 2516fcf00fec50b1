/** What clients may use (KIP-546). */
import { ALTER_CLIENT_QUOTAS, DESCRIBE_CLIENT_QUOTAS } from '../apis.ts'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import type { ValidateOnly } from './topics.ts'

/** Whom a quota is for; null: all that have none of their own. */
export interface QuotaEntity {
  readonly user?: string | null
  readonly clientId?: string | null
  readonly ip?: string | null
}

export interface QuotaEntry {
  readonly entity: QuotaEntity
  /** By Kafka's names: producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate, connection_creation_rate. */
  readonly values: ReadonlyMap<string, number>
}

/** A text: that name; null: the default; 'any': each that has a quota. Parts that are left out may be there unless `isStrict`. */
export type QuotaFilter = { readonly [Part in keyof QuotaEntity]?: string | null | { readonly kind: 'any' } }

export interface QuotaChange {
  readonly entity: QuotaEntity
  /** Null takes the quota away. */
  readonly values: Readonly<Record<string, number | null>>
}

const TYPES: Readonly<Record<keyof QuotaEntity, string>> = { user: 'user', clientId: 'client-id', ip: 'ip' }
const PARTS = Object.keys(TYPES) as (keyof QuotaEntity)[]
const EXACT = 0
const DEFAULT = 1
const ANY = 2

export class QuotasAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async describe(
    filter: QuotaFilter = {},
    options: CallOptions & { readonly isStrict?: boolean } = {},
  ): Promise<QuotaEntry[]> {
    const components = PARTS.flatMap((part) => {
      const match = filter[part]
      if (match === undefined) return []
      const entityType = TYPES[part]
      if (match === null) return [{ entityType, matchType: DEFAULT, match: null }]
      return [
        typeof match === 'string'
          ? { entityType, matchType: EXACT, match }
          : { entityType, matchType: ANY, match: null },
      ]
    })
    const { entries } = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: DESCRIBE_CLIENT_QUOTAS,
        init: { components, strict: options.isStrict ?? false },
        what: 'describe quotas',
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      this.#cluster.context(options),
    )
    return (entries ?? []).map(({ entity, values }) => ({
      entity: entityOf(entity),
      values: new Map(values.map(({ key, value }) => [key, value])),
    }))
  }

  /** Outcomes by `quotaEntityKey` of the entity. */
  async alter(
    changes: readonly QuotaChange[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<Map<string, Outcome<void>>> {
    const answer = await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: ALTER_CLIENT_QUOTAS,
        init: {
          validateOnly: options.validateOnly ?? false,
          entries: changes.map(({ entity, values }) => ({
            entity: wireEntity(entity),
            ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
          })),
        },
        what: 'alter quotas',
      },
      this.#cluster.context(options),
    )
    return new Map(
      answer.entries.map((entry) => [quotaEntityKey(entityOf(entry.entity)), outcomeOf(entry, {}, () => undefined)]),
    )
  }
}

/** One text for each entity, to look up outcomes. */
export function quotaEntityKey(entity: QuotaEntity): string {
  return JSON.stringify(wireEntity(entity))
}

function wireEntity(entity: QuotaEntity): { entityType: string; entityName: string | null }[] {
  return PARTS.flatMap((part) => {
    const entityName = entity[part]
    return entityName === undefined ? [] : [{ entityType: TYPES[part], entityName }]
  })
}

function entityOf(parts: readonly { readonly entityType: string; readonly entityName: string | null }[]): QuotaEntity {
  const entity: { -readonly [Part in keyof QuotaEntity]: string | null } = {}
  for (const { entityType, entityName } of parts) {
    const part = PARTS.find((name) => TYPES[name] === entityType)
    if (part !== undefined) entity[part] = entityName
  }
  return entity
}
