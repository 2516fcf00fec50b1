/**
 * The quotas of one kind, and which of them is meant for a client (KIP-55, KIP-546): the most specific one alone counts. Whom it is shared with
 * follows from where it stands: a quota of a user, by name or by default, is one for all client ids of that user.
 */
import type { ClientQuotasImage } from '@ottla/metadata'
import { QuotaEntityType } from '@ottla/metadata'

/** Bound of a client, and under which name it is counted. */
export interface QuotaLimit {
  readonly perSecond: number
  readonly counter: string
}

/** From the most to the least specific. */
const PRECEDENCE: readonly { readonly user?: 'named' | 'default'; readonly clientId?: 'named' | 'default' }[] = [
  { user: 'named', clientId: 'named' },
  { user: 'named', clientId: 'default' },
  { user: 'named' },
  { user: 'default', clientId: 'named' },
  { user: 'default', clientId: 'default' },
  { user: 'default' },
  { clientId: 'named' },
  { clientId: 'default' },
]

export class QuotaLimits {
  readonly #bounds = new Map<string, number>()

  /** The quotas of the key, as `producer_byte_rate`, for users and client ids. */
  constructor(quotas: ClientQuotasImage, key: string) {
    for (const { entity, values } of quotas.all()) {
      const perSecond = values.get(key)
      if (perSecond === undefined) continue
      const user = entity.get(QuotaEntityType.USER)
      const clientId = entity.get(QuotaEntityType.CLIENT_ID)
      if (user !== undefined || clientId !== undefined) this.#bounds.set(keyOf(user, clientId), perSecond)
    }
  }

  get isEmpty(): boolean {
    return this.#bounds.size === 0
  }

  /** Null: nothing bounds this client. */
  of(user: string, clientId: string): QuotaLimit | null {
    for (const level of PRECEDENCE) {
      const userPart = level.user === 'named' ? user : level.user === 'default' ? null : undefined
      const clientPart = level.clientId === 'named' ? clientId : level.clientId === 'default' ? null : undefined
      const perSecond = this.#bounds.get(keyOf(userPart, clientPart))
      if (perSecond === undefined) continue
      const counter = keyOf(
        level.user === undefined ? undefined : user,
        level.clientId === undefined ? undefined : clientId,
      )
      return { perSecond, counter }
    }
    return null
  }
}

/** One text per entity: undefined is a part that it does not have, null the default. */
function keyOf(user: string | null | undefined, clientId: string | null | undefined): string {
  return JSON.stringify([user ?? (user === null ? 0 : 1), clientId ?? (clientId === null ? 0 : 1)])
}
