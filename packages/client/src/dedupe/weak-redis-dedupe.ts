/**
 * The weak check: marks in Redis, apart from the effect. A message is claimed, worked on, and marked as done:
 *
 *     SET NX PX (claim) ──► handler ──► SET PX (done)
 *                                  ▲
 *                                  └ a process that dies here has had the effect and leaves a claim, which ends by time: the effect happens again
 *
 * So it takes away the repetitions that are usual (a rebalance, an offset that was not committed), and not those of a crash between effect and mark, of a handler that
 * outlives its claim, or of a Redis that lost its data. Where the effect is in a database, `PostgresDedupe` has none of these gaps.
 */
import type { Env } from '@ottla/env'
import { nodeEnv } from '@ottla/env/node'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { RecordHandler } from '../consumer/runner/run-options.ts'
import { ArgumentError } from '../errors.ts'
import { delay } from '../time/delay.ts'
import { messageIdOf } from './message-id.ts'
import type { Once } from './postgres-dedupe.ts'

/** A client of node-redis (`redis`) or of ioredis. */
export type RedisClient =
  | { sendCommand(args: string[]): Promise<unknown> }
  | { call(command: string, ...args: string[]): Promise<unknown> }

/** Times are in milliseconds. */
export interface WeakRedisDedupeOptions {
  readonly redis: RedisClient
  /** Who works on the messages: others have marks of their own. Usually the group id. */
  readonly consumer: string
  /** How long a claim holds when nobody ends it: longer than the handler ever takes. Default 300,000. */
  readonly claimMs?: number
  /** How long a message is remembered as done. Default seven days. */
  readonly keepMs?: number
  /** How often the end of another's claim is looked for. Default 200. */
  readonly lookMs?: number
  /** Begins the keys. Default: `ottla:dedupe:`. */
  readonly prefix?: string
  /** By what a message is known again. Default: see `messageIdOf`. */
  readonly id?: (record: ConsumerRecord<unknown, unknown>) => string
  /** Default: that of this process. */
  readonly env?: Env
}

const DONE = 'done'
const WEEK_MS = 7 * 24 * 3_600_000
/** Gives up a claim if it is still one's own. */
const RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

export class WeakRedisDedupe {
  readonly #options: Required<Omit<WeakRedisDedupeOptions, 'env'>>
  readonly #env: Env
  #duplicates = 0

  constructor(options: WeakRedisDedupeOptions) {
    if (options.consumer === '') throw new ArgumentError('a consumer has a name of at least one character')
    this.#env = options.env ?? nodeEnv({ timersKeepAlive: true })
    this.#options = {
      claimMs: 300_000,
      keepMs: WEEK_MS,
      lookMs: 200,
      prefix: 'ottla:dedupe:',
      id: messageIdOf,
      ...options,
    }
  }

  /** Messages that came again and were left out. */
  get duplicates(): number {
    return this.#duplicates
  }

  /** Wraps a handler for `Consumer.run`. */
  handler<K, V>(handler: RecordHandler<K, V>): RecordHandler<K, V> {
    return async (record, context) => {
      await this.once(this.#options.id(record), async () => handler(record, context), context.signal)
    }
  }

  /** Runs the work unless the message is marked as done. While another works on it this waits for it. */
  async once<T>(messageId: string, work: () => Promise<T>, signal?: AbortSignal): Promise<Once<T>> {
    const { consumer, prefix, claimMs, keepMs, lookMs } = this.#options
    const key = `${prefix}${consumer}:${messageId}`
    const claim = this.#env.random.uuid()
    while ((await this.#command('SET', key, claim, 'NX', 'PX', `${claimMs}`)) === null) {
      const found = await this.#command('GET', key)
      if (found !== null && String(found) === DONE) {
        this.#duplicates += 1
        return { kind: 'duplicate' }
      }
      if (found !== null) await delay(this.#env, lookMs, signal)
    }
    let value: T
    try {
      value = await work()
    } catch (error) {
      await this.#command('EVAL', RELEASE, '1', key, claim)
      throw error
    }
    await this.#command('SET', key, DONE, 'PX', `${keepMs}`)
    return { kind: 'done', value }
  }

  #command(...words: string[]): Promise<unknown> {
    const { redis } = this.#options
    // ioredis has a sendCommand too, of another kind.
    if ('call' in redis) return redis.call(words[0]!, ...words.slice(1))
    return redis.sendCommand(words)
  }
}
