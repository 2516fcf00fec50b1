/** What becomes of records whose handler fails: tried again here, again later by way of a retry topic, laid aside as a dead letter. */
import { ArgumentError } from '../errors.ts'

/** Times are in milliseconds. */
export interface RetryOptions {
  /** How often the handler is called, in all, before a record counts as failed. The partition (or the key) waits meanwhile. Default 1; 3 without `topics` when `retry` is given. */
  readonly attempts?: number
  /** Wait before the second attempt. Default 1,000. */
  readonly backoffMs?: number
  /** The wait is multiplied by this after each attempt. Default 2. */
  readonly factor?: number
  /** The wait grows up to this. Default 60,000. */
  readonly maxBackoffMs?: number
  /** Each wait is drawn from this share around it, 0 to 1. Default 0.2. */
  readonly jitter?: number
  /** Whether another attempt may help; if not, the record has failed at once. Default: always. */
  readonly isRetriable?: (error: unknown) => boolean
  /** Retries that keep nobody waiting, as Spring's @RetryableTopic. */
  readonly topics?: RetryTopicsOptions
}

/**
 * A record that failed goes to the first retry topic, from there to the next, and each is read by this consumer too, after the delay. The records of a key may
 * overtake each other on the way. Needs a subscription by names. Topics that are not there are made, with as many partitions as their source has.
 */
export interface RetryTopicsOptions {
  /** One for each retry topic: how long a record waits there, at least. */
  readonly delaysMs: readonly number[]
  /** `<topic>-retry-<delay>` (the default; same delays get a number too), or `<topic>-retry-<0, 1, …>`. */
  readonly naming?: 'delay' | 'index'
}

export interface DeadLetterOptions {
  /** Default: `<topic>-dlt`. Made, when it is not there, with as many partitions as its source has. */
  readonly topic?: string | ((source: string) => string)
  /**
   * With a transactional id (one for each consumer, the same over restarts), the record that goes to a retry or dead-letter topic and the commit of its offset are one
   * transaction: after a crash there is no second copy for readers with read_committed. Needs a group, and the order of partitions.
   */
  readonly transactionalId?: string
}

export interface ResolvedRetry {
  readonly attempts: number
  readonly backoffMs: number
  readonly factor: number
  readonly maxBackoffMs: number
  readonly jitter: number
  readonly isRetriable: (error: unknown) => boolean
  readonly topics: Required<RetryTopicsOptions> | null
}

export interface ResolvedDeadLetter {
  /** Names the dead-letter topic of a source. */
  readonly topicOf: (source: string) => string
  readonly transactionalId: string | null
}

const ATTEMPTS = 3

/** Fills in the defaults. Throws {@link ArgumentError}. */
export function resolveRetry(options: RetryOptions | undefined): ResolvedRetry {
  const { topics, ...given } = options ?? {}
  const attempts = given.attempts ?? (options === undefined || topics !== undefined ? 1 : ATTEMPTS)
  const resolved = {
    attempts,
    backoffMs: given.backoffMs ?? 1000,
    factor: given.factor ?? 2,
    maxBackoffMs: given.maxBackoffMs ?? 60_000,
    jitter: given.jitter ?? 0.2,
    isRetriable: given.isRetriable ?? (() => true),
    topics: topics === undefined ? null : { delaysMs: topics.delaysMs, naming: topics.naming ?? ('delay' as const) },
  }
  if (!Number.isInteger(attempts) || attempts < 1) throw new ArgumentError('attempts is a whole number of at least 1')
  for (const name of ['backoffMs', 'maxBackoffMs', 'jitter'] as const)
    if (!(resolved[name] >= 0)) throw new ArgumentError(`${name} is not negative`)
  if (!(resolved.factor >= 1)) throw new ArgumentError('factor is at least 1')
  if (resolved.jitter > 1) throw new ArgumentError('jitter is a share, from 0 to 1')
  if (topics !== undefined && !(topics.delaysMs.length > 0 && topics.delaysMs.every((delay) => delay >= 0)))
    throw new ArgumentError('delaysMs names at least one delay, none of them negative')
  return resolved
}

/** Null: there is none. Throws {@link ArgumentError}. */
export function resolveDeadLetter(
  options: string | DeadLetterOptions | undefined,
  order: 'partition' | 'key' | 'none',
): ResolvedDeadLetter | null {
  if (options === undefined) return null
  const { topic, transactionalId = null } = typeof options === 'string' ? { topic: options } : options
  if (transactionalId === '') throw new ArgumentError('a transactional id is not empty')
  // Out of order there is no offset below which all is done.
  if (transactionalId !== null && order !== 'partition')
    throw new ArgumentError('dead letters in transactions need the order of partitions')
  if (typeof topic === 'function') return { topicOf: topic, transactionalId }
  return { topicOf: (source) => topic ?? `${source}-dlt`, transactionalId }
}

/** Names of the retry topics of a source, in their order. */
export function retryTopicsOf(source: string, { delaysMs, naming }: Required<RetryTopicsOptions>): string[] {
  return delaysMs.map((delay, index) => {
    if (naming === 'index') return `${source}-retry-${index}`
    if (delaysMs.indexOf(delay) === delaysMs.lastIndexOf(delay)) return `${source}-retry-${delay}`
    return `${source}-retry-${delay}-${delaysMs.slice(0, index).filter((other) => other === delay).length}`
  })
}
