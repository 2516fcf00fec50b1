/** The topics that a consumer reads as a member of its group: named, or matched by a pattern, here or by the group's coordinator. */
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { ArgumentError } from '../errors.ts'

/**
 * A pattern in the syntax of RE2 that the group's coordinator matches with whole names of topics (KIP-848): the consumer protocol alone knows it, and
 * brokers from Kafka 4.0 on. `.*` matches internal topics too, on Kafka's brokers and on Ottla's.
 */
export interface Re2Pattern {
  readonly re2: string
}

/** Names; an expression that this client matches (as `RegExp.test` does: anywhere in the name, unless it is anchored); or one for the coordinator. */
export type SubscriptionInit = readonly string[] | RegExp | Re2Pattern

/** How often topics are looked for that are not there yet. */
const MISSING_INTERVAL_MS = 500

export class Subscription {
  /** What the coordinator matches. */
  readonly serverPattern: string | null
  readonly #cluster: Cluster
  readonly #allowAutoCreate: boolean
  readonly #pattern: RegExp | null
  #topics: readonly string[]
  /** Monotonic time of the last look. */
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | null = null

  /** Throws ArgumentError. */
  constructor(cluster: Cluster, init: SubscriptionInit, options: { readonly allowAutoCreateTopics: boolean }) {
    this.#cluster = cluster
    this.#allowAutoCreate = options.allowAutoCreateTopics
    this.#pattern = init instanceof RegExp ? withoutState(init) : null
    this.serverPattern = 're2' in init ? init.re2 : null
    if (this.serverPattern === '') throw new ArgumentError('a pattern has at least one character')
    this.#topics = Array.isArray(init) ? [...new Set(init as readonly string[])] : []
    if (this.#topics.includes('')) throw new ArgumentError('a topic has a name of at least one character')
  }

  /** The topics were named, not matched. */
  get isByName(): boolean {
    return this.#pattern === null && this.serverPattern === null
  }

  /** The topics as known now. Those that the coordinator matches are its own to know. */
  get topics(): readonly string[] {
    return this.#topics
  }

  /** Looks for topics when it is time to; resolves to true when the list has changed. */
  async refresh(context: CallContext): Promise<boolean> {
    if (!this.isDue) return false
    const before = this.#topics
    this.#looking ??= this.#look(context).finally(() => {
      this.#looking = null
    })
    await this.#looking
    return before.join(',') !== this.#topics.join(',')
  }

  /** True when it is time to look for topics that came or went. */
  get isDue(): boolean {
    const { env, metadata, options } = this.#cluster
    const sinceMs = env.clock.monotonic() - this.#lookedAt
    if (this.#pattern !== null) return sinceMs >= options.metadataMaxAgeMs
    const isMissing = this.#topics.some((topic) => metadata.topic(topic) === undefined)
    return isMissing && sinceMs >= MISSING_INTERVAL_MS
  }

  async #look(context: CallContext): Promise<void> {
    const { env, metadata } = this.#cluster
    this.#lookedAt = env.clock.monotonic()
    const pattern = this.#pattern
    if (pattern === null) {
      await metadata.load(this.#topics, { ...context, allowAutoCreate: this.#allowAutoCreate })
      return
    }
    const answer = await metadata.load(null, context)
    this.#topics = answer.topics
      .flatMap(({ errorCode, isInternal, name }) => (errorCode === 0 && !isInternal ? [name ?? ''] : []))
      .filter((name) => pattern.test(name))
      .sort()
  }
}

/** With the flags g and y an expression remembers where it was. */
function withoutState({ source, flags }: RegExp): RegExp {
  return new RegExp(source, flags.replace(/[gy]/g, ''))
}
