/**
 * Reads all partitions of topics without a group: nothing to join, nothing to wait for. Looks from time to time for topics and
 * partitions that are new.
 */
import type { AssignedPartition, Consumer } from '@ottla/client'
import type { Clock } from '@ottla/env'

export interface TopicFollowerOptions {
  readonly consumer: Consumer
  readonly clock: Clock
  /** A name, or what names must match. */
  readonly topics: string | RegExp
  /** Where to begin in partitions that are there from the start. */
  readonly from: 'earliest' | 'latest'
}

const LOOK_FOR_NEW_MS = 30_000
const LOOK_FOR_MISSING_MS = 300

export class TopicFollower {
  readonly #options: TopicFollowerOptions
  readonly #known = new Set<string>()
  #isFirstLook = true
  #dueAt = 0

  constructor(options: TopicFollowerOptions) {
    this.#options = options
  }

  /** Milliseconds until {@link look} has something to do. */
  get dueInMs(): number {
    return Math.max(0, this.#dueAt - this.#options.clock.monotonic())
  }

  /** Assigns what is new. What comes later is read from its beginning: it was empty when we looked last. */
  async look(signal: AbortSignal): Promise<void> {
    if (this.dueInMs > 0) return
    const { consumer, clock, topics, from } = this.#options
    const names =
      typeof topics === 'string'
        ? [topics]
        : (await consumer.listTopics({ signal })).filter((name) => topics.test(name))
    const found: AssignedPartition[] = []
    let isNew = false
    for (const name of names) {
      for (const partition of await consumer.partitionsFor(name, { signal })) {
        const key = `${partition.topic}-${partition.partition}`
        const isKnown = this.#known.has(key)
        found.push(isKnown ? partition : { ...partition, from: this.#isFirstLook ? from : 'earliest' })
        this.#known.add(key)
        isNew ||= !isKnown
      }
    }
    this.#isFirstLook = false
    if (isNew) consumer.assign(found)
    this.#dueAt = clock.monotonic() + (found.length === 0 ? LOOK_FOR_MISSING_MS : LOOK_FOR_NEW_MS)
  }
}
