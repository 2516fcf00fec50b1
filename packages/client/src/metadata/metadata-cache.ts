/**
 * The cluster as a client sees it: asked for when needed, refreshed when it is old or was found wrong. Any broker can
 * answer; when none of those known does, or they say so themselves, the bootstrap servers are asked again (KIP-899, KIP-1102): their names
 * are looked up anew each time, and all addresses of a name are tried.
 */
import type { Env } from '@ottla/env'
import { ErrorCode, errorOf, type MetadataResponse, type Value } from '@ottla/protocol'
import { METADATA } from '../apis.ts'
import type { BrokerAddress } from '../connection/bootstrap-servers.ts'
import { formatAddress } from '../connection/bootstrap-servers.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { BrokerError, isRetriable, KafkaError } from '../errors.ts'
import type { BackoffOptions } from '../time/backoff.ts'
import { backoffMs } from '../time/backoff.ts'
import type { Deadline } from '../time/deadline.ts'
import { abortable } from '../time/delay.ts'
import { retry } from '../time/retry.ts'
import {
  type BrokerNode,
  type ClusterMetadata,
  isOtherCluster,
  mergeMetadata,
  NO_METADATA,
  type PartitionMetadata,
  type TopicMetadata,
  withLeader,
} from './cluster-metadata.ts'

export interface MetadataCacheOptions {
  readonly env: Env
  readonly pool: ConnectionPool
  readonly bootstrap: readonly BrokerAddress[]
  readonly retryBackoff: BackoffOptions
  /** A topic that was learned longer ago is asked for again (metadata.max.age.ms). */
  readonly maxAgeMs: number
  /** Whether the bootstrap servers are asked again once others are known (metadata.recovery.strategy). */
  readonly recoveryStrategy: 'rebootstrap' | 'none'
  /** After so long without an answer they are asked first (metadata.recovery.rebootstrap.trigger.ms). */
  readonly rebootstrapTriggerMs: number
  /** The brokers known so far do not count any more: called before others are asked. */
  readonly onStartOver: () => void
}

export interface LoadOptions {
  readonly deadline: Deadline
  readonly signal?: AbortSignal | undefined
  /** Lets the broker create topics that do not exist, when its settings allow that. */
  readonly allowAutoCreate?: boolean | undefined
}

/** Leader and address of a partition. */
export interface Leader {
  readonly node: BrokerNode
  readonly leaderEpoch: number
}

interface Question {
  /** Null: all. */
  readonly topics: readonly string[] | null
  readonly allowAutoCreate: boolean
}

type MetadataAnswer = Value<typeof MetadataResponse>

export class MetadataCache {
  readonly #options: MetadataCacheOptions
  readonly #loading = new Map<string, Promise<MetadataAnswer>>()
  readonly #listeners = new Set<() => void>()
  /** Topics that somebody needs and that are not in the cache. */
  readonly #needed = new Set<string>()
  #current = NO_METADATA
  #refreshFailures = 0
  #refreshedAt = Number.NEGATIVE_INFINITY
  #isRefreshDue = false
  /** Since when nobody has answered; null when the last question was answered. */
  #unansweredSince: number | null = null

  constructor(options: MetadataCacheOptions) {
    this.#options = options
  }

  get current(): ClusterMetadata {
    return this.#current
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What is known of the topic. When it is old it is asked for again, in the background. */
  topic(name: string): TopicMetadata | undefined {
    const topic = this.#current.topics.get(name)
    if (topic === undefined) return undefined
    const { env, maxAgeMs } = this.#options
    if (env.clock.monotonic() - topic.learnedAt > maxAgeMs) this.invalidate()
    return topic
  }

  /** Where the partition's leader is; undefined when that is unknown, or there is none. */
  leader(topic: string, partition: number): Leader | undefined {
    const known = this.partition(topic, partition)
    if (known === undefined || known.leader < 0) return undefined
    const node = this.#current.brokers.get(known.leader)
    return node === undefined ? undefined : { node, leaderEpoch: known.leaderEpoch }
  }

  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.#current.topics.get(topic)?.partitions[partition]
  }

  /** The topic from the cache, or from a broker. Waits for one that is being created. Rejects with BrokerError (UNKNOWN_TOPIC_OR_PARTITION, …) when time is over. */
  async loadTopic(name: string, options: LoadOptions): Promise<TopicMetadata> {
    const known = this.topic(name)
    if (known !== undefined) return known
    const { env, retryBackoff: backoff } = this.#options
    const { deadline, signal } = options
    return await retry({ env, backoff, deadline, signal, what: `find topic ${name}` }, async () => {
      const answer = await this.#ask([name], options)
      const errorCode = answer.topics.find((topic) => topic.name === name)?.errorCode ?? ErrorCode.NONE
      if (errorCode !== ErrorCode.NONE) throw new BrokerError(errorCode, null, { topic: name })
      const topic = this.#current.topics.get(name)
      if (topic === undefined) throw new BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null, { topic: name })
      return topic
    })
  }

  /** Asks a broker about the topics now, whatever the cache holds; all topics for `null`. The answer is laid into the cache too. */
  async load(topics: readonly string[] | null, options: LoadOptions): Promise<MetadataAnswer> {
    const { env, retryBackoff: backoff } = this.#options
    const { deadline, signal } = options
    return await retry({ env, backoff, deadline, signal, what: 'fetch metadata' }, () => this.#ask(topics, options))
  }

  /** The brokers, from the cache, or asked for when none is known yet. */
  async brokers(options: LoadOptions): Promise<readonly BrokerNode[]> {
    if (this.#current.brokers.size === 0) await this.load([], options)
    return [...this.#current.brokers.values()]
  }

  /** Says that the cache was found wrong (a leader that is none, a broker that cannot be reached): refreshes soon, once for many calls. */
  invalidate(): void {
    if (this.#isRefreshDue) return
    this.#isRefreshDue = true
    const { env, retryBackoff } = this.#options
    const sinceLastMs = env.clock.monotonic() - this.#refreshedAt
    const waitMs = backoffMs(env.random, retryBackoff, this.#refreshFailures + 1) - sinceLastMs
    env.timers.after(Math.max(0, waitMs), () => {
      this.#isRefreshDue = false
      this.#refresh()
    })
  }

  /** Says that the topic is needed: refreshes ask for it too, until it is there. */
  need(topic: string): void {
    if (!this.#current.topics.has(topic)) this.#needed.add(topic)
    this.invalidate()
  }

  /** Takes over the leader that a broker named beside an error (KIP-951). */
  learnLeader(change: Parameters<typeof withLeader>[1]): void {
    this.#replace(withLeader(this.#current, change))
  }

  #refresh(): void {
    this.#refreshedAt = this.#options.env.clock.monotonic()
    const topics = [...this.#current.topics.keys(), ...this.#needed]
    this.#askEveryBroker({ topics, allowAutoCreate: false }).then(
      () => {
        this.#refreshFailures = 0
      },
      (error) => {
        this.#refreshFailures += 1
        this.#options.env.logger.debug('metadata could not be refreshed', { error })
        // What will not pass (a closed client, a wrong password) is for the next call to try.
        if (isRetriable(error)) this.invalidate()
      },
    )
  }

  async #ask(topics: readonly string[] | null, options: LoadOptions): Promise<MetadataAnswer> {
    const allowAutoCreate = options.allowAutoCreate ?? false
    const key = `${allowAutoCreate} ${topics === null ? '*' : topics.join(' ')}`
    let answer = this.#loading.get(key)
    if (answer === undefined) {
      answer = this.#askEveryBroker({ topics, allowAutoCreate }).finally(() => this.#loading.delete(key))
      this.#loading.set(key, answer)
    }
    return await abortable(answer, options.signal)
  }

  /** Tries one broker after the other; rejects with the error that says most when none answers. */
  async #askEveryBroker(question: Question): Promise<MetadataAnswer> {
    const { env, bootstrap } = this.#options
    this.#unansweredSince ??= env.clock.monotonic()
    const asked = new Set<string>()
    let failure: unknown
    for (let address = this.#nextToAsk(asked); address !== null; address = this.#nextToAsk(asked)) {
      asked.add(formatAddress(address))
      try {
        return await this.#askOne(address, question)
      } catch (error) {
        if (error instanceof KafkaError && error.code === 'CLOSED') throw error
        env.logger.debug('no metadata from a broker', { address: formatAddress(address), error })
        // What will not pass says more than a broker that is away.
        if (failure === undefined || isRetriable(failure)) failure = error
      }
    }
    throw (
      failure ??
      new KafkaError('BROKER_NOT_AVAILABLE', `none of ${bootstrap.length} brokers was asked`, { retriable: true })
    )
  }

  async #askOne(address: BrokerAddress, { topics, allowAutoCreate }: Question): Promise<MetadataAnswer> {
    const { env, pool, recoveryStrategy } = this.#options
    const init = {
      topics: topics === null ? null : topics.map((name) => ({ name })),
      allowAutoTopicCreation: allowAutoCreate,
    }
    const answer = await pool.request(address, METADATA, init)
    if (answer.errorCode === ErrorCode.REBOOTSTRAP_REQUIRED && recoveryStrategy === 'rebootstrap') {
      env.logger.info('a broker sends this client back to its bootstrap servers', { address: formatAddress(address) })
      this.#startOver()
      throw new KafkaError('REBOOTSTRAP_REQUIRED', errorOf(answer.errorCode).message, { retriable: true })
    }
    if (answer.errorCode !== ErrorCode.NONE) throw new BrokerError(answer.errorCode)
    this.#unansweredSince = null
    if (isOtherCluster(this.#current, answer)) {
      env.logger.warn('the brokers belong to another cluster than before', {
        before: this.#current.clusterId,
        now: answer.clusterId,
      })
      this.#startOver()
    }
    this.#replace(mergeMetadata(this.#current, answer, env.clock.monotonic()))
    return answer
  }

  /** Forgets the cluster, and what it is needed for stays needed. */
  #startOver(): void {
    for (const topic of this.#current.topics.keys()) this.#needed.add(topic)
    this.#options.onStartOver()
    this.#replace(NO_METADATA)
  }

  /** Whom to ask next, best first: brokers with an open connection, other known ones, the bootstrap servers; these first when all is in vain for long. */
  #nextToAsk(asked: ReadonlySet<string>): BrokerAddress | null {
    const { pool, env, bootstrap, recoveryStrategy, rebootstrapTriggerMs } = this.#options
    const brokers = shuffled([...this.#current.brokers.values()], (bound) => env.random.below(bound))
    const isOpen = (address: BrokerAddress) => pool.openConnection(address) !== null
    const known = [...brokers.filter(isOpen), ...brokers.filter((address) => !isOpen(address))]
    const vainMs = env.clock.monotonic() - (this.#unansweredSince ?? Number.POSITIVE_INFINITY)
    const start = recoveryStrategy === 'rebootstrap' || known.length === 0 ? bootstrap : []
    const all = vainMs >= rebootstrapTriggerMs ? [...start, ...known] : [...known, ...start]
    return all.find((address) => !asked.has(formatAddress(address))) ?? null
  }

  #replace(next: ClusterMetadata): void {
    if (next === this.#current) return
    this.#current = next
    for (const topic of this.#needed) if (next.topics.has(topic)) this.#needed.delete(topic)
    for (const listener of this.#listeners) listener()
  }
}

function shuffled<T>(items: T[], below: (bound: number) => number): T[] {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = below(at + 1)
    const item = items[at]!
    items[at] = items[other]!
    items[other] = item
  }
  return items
}
