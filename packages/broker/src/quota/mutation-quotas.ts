/**
 * How many partitions clients may create and delete (KIP-599). Clients that know the error are refused once they owe; older ones are served
 * and paused afterwards.
 */
import type { ClientQuotasImage, MutationQuota } from '@ottla/metadata'
import { Lru } from '@ottla/stdx'
import type { QuotaClient } from './client-quota.ts'
import { QuotaLimits } from './quota-limits.ts'
import type { Windows } from './sampled-rate.ts'
import { TokenBucket } from './token-bucket.ts'

const COUNTERS_MAX = 10_000

/** `strict`: what comes while tokens are owed is refused. */
export type MutationPolicy = 'strict' | 'permissive'

/** For one request. */
export interface RequestMutationQuota extends MutationQuota {
  /** How long the client must pause, in milliseconds; known when all changes were decided. */
  readonly throttleMs: number
}

interface Counter {
  readonly bucket: TokenBucket
  perSecond: number
}

export class MutationQuotas {
  readonly #windows: Windows
  readonly #now: () => number
  readonly #counters = new Lru<string, Counter>({ capacity: COUNTERS_MAX })
  #limits: QuotaLimits | null = null

  /** `now`: monotonic milliseconds. */
  constructor(windows: Windows, now: () => number) {
    this.#windows = windows
    this.#now = now
  }

  update(quotas: ClientQuotasImage): void {
    const limits = new QuotaLimits(quotas, 'controller_mutation_rate')
    this.#limits = limits.isEmpty ? null : limits
    if (limits.isEmpty) this.#counters.clear()
  }

  /** Null: nothing bounds the client. */
  of({ user, clientId }: QuotaClient, policy: MutationPolicy): RequestMutationQuota | null {
    const limit = this.#limits?.of(user, clientId) ?? null
    return limit === null ? null : forRequest(this.#bucketOf(limit.counter, limit.perSecond), policy, this.#now)
  }

  #bucketOf(name: string, perSecond: number): TokenBucket {
    const now = this.#now()
    let counter = this.#counters.get(name)
    if (counter === undefined) {
      counter = { bucket: new TokenBucket(this.#windows, perSecond, now), perSecond }
      this.#counters.set(name, counter)
    } else if (counter.perSecond !== perSecond) {
      counter.bucket.setRate(perSecond, now)
      counter.perSecond = perSecond
    }
    return counter.bucket
  }
}

function forRequest(bucket: TokenBucket, policy: MutationPolicy, now: () => number): RequestMutationQuota {
  let pauseMs = 0
  return {
    get throttleMs() {
      return pauseMs
    },
    take(partitions) {
      const nowMs = now()
      if (policy === 'strict' && bucket.isOwing(nowMs)) {
        pauseMs = Math.max(pauseMs, bucket.owedMs(nowMs))
        return false
      }
      bucket.take(partitions, nowMs)
      // Who may not be refused is told at once; the others when they come too early.
      if (policy === 'permissive') pauseMs = Math.max(pauseMs, bucket.owedMs(nowMs))
      return true
    },
  }
}
