/** The topics that a consumer reads as a member of its group: named, or matched by a regular expression. */
import type { CallContext, Cluster } from '../cluster/cluster.ts'

/** How often topics are looked for that are not there yet. */
const MISSING_INTERVAL_MS = 500

export class Subscription {
  readonly #cluster: Cluster
  readonly #allowAutoCreate: boolean
  readonly #pattern: RegExp | null
  #topics: readonly string[]
  /** Monotonic time of the last look. */
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | null = null

  constructor(
    cluster: Cluster,
    what: { readonly topics: readonly string[] | RegExp; readonly allowAutoCreate: boolean },
  ) {
    this.#cluster = cluster
    this.#allowAutoCreate = what.allowAutoCreate
    this.#pattern = what.topics instanceof RegExp ? what.topics : null
    this.#topics = what.topics instanceof RegExp ? [] : [...new Set(what.topics)]
  }

  /** The topics as known now. */
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
    if (this.#pattern === null) {
      await metadata.load(this.#topics, { ...context, allowAutoCreate: this.#allowAutoCreate })
      return
    }
    const answer = await metadata.load(null, context)
    const names = answer.topics.filter(({ errorCode, isInternal }) => errorCode === 0 && !isInternal)
    this.#topics = names
      .map(({ name }) => name ?? '')
      .filter((name) => name !== '' && matchesWhole(this.#pattern!, name))
      .sort()
  }
}

/** The whole name has to match, as in Java. */
function matchesWhole(pattern: RegExp, name: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(name)
}
