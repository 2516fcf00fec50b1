/** Client quotas by entity. Immutable. */
import { SortedMap } from './sorted-map.ts'

/** Who a quota is for: name by entity type (user, client-id, ip); a null name is the default of the type. */
export type ClientQuotaEntity = ReadonlyMap<string, string | null>

export interface ClientQuotas {
  readonly entity: ClientQuotaEntity
  /** Value by quota key (producer_byte_rate, …). */
  readonly values: ReadonlyMap<string, number>
}

export class ClientQuotasImage {
  readonly #byEntity: SortedMap<string, ClientQuotas>

  constructor(byEntity: SortedMap<string, ClientQuotas> = SortedMap.empty()) {
    this.#byEntity = byEntity
  }

  get size(): number {
    return this.#byEntity.size
  }

  of(entity: ClientQuotaEntity): ReadonlyMap<string, number> | undefined {
    return this.#byEntity.get(entityKey(entity))?.values
  }

  all(): Generator<ClientQuotas> {
    return this.#byEntity.values()
  }

  /** With the quota set, or taken away when `value` is undefined. */
  with(entity: ClientQuotaEntity, key: string, value: number | undefined): ClientQuotasImage {
    const name = entityKey(entity)
    const values = new Map(this.#byEntity.get(name)?.values)
    if (value === undefined) values.delete(key)
    else values.set(key, value)
    return new ClientQuotasImage(
      values.size === 0 ? this.#byEntity.delete(name) : this.#byEntity.set(name, { entity, values }),
    )
  }
}

/** One text per entity, whatever the order of its parts. */
export function entityKey(entity: ClientQuotaEntity): string {
  return JSON.stringify([...entity].sort(([a], [b]) => (a < b ? -1 : 1)))
}
