/** How records are worked on by a runner. */
import { ArgumentError } from '../../errors.ts'
import {
  type DeadLetterOptions,
  type ResolvedDeadLetter,
  type ResolvedRetry,
  type RetryOptions,
  resolveDeadLetter,
  resolveRetry,
} from '../../retry/retry-options.ts'
import type { ConsumerRecord } from '../consumer-record.ts'

export interface RunContext {
  /** Aborted when the run ends, or when the partition is given away: the work should stop. */
  readonly signal: AbortSignal
  /** 1 for the first. Counts anew in each retry topic. */
  readonly attempt: number
  /** 1 for a record from its own topic, 2 for one from the first retry topic, and so on. */
  readonly round: number
}

export type FailedOutcome = 'stop' | 'skip' | 'dead-letter'

export type RecordHandler<K, V> = (record: ConsumerRecord<K, V>, context: RunContext) => Promise<unknown> | unknown

export interface ConsumerRunOptions<K = Buffer, V = Buffer> {
  /** Records that are worked on at once. Default 1. */
  readonly concurrency?: number
  /**
   * What follows each other: the records of a partition, those of a partition with the same key (records without a key follow
   * nobody), or nothing. Default: partition.
   */
  readonly order?: 'partition' | 'key' | 'none'
  /** Records that are held beyond those worked on; while there are so many none are taken. Default: 4 for each worked on, at least 100. */
  readonly maxWaiting?: number
  /** Default: a failed record is not tried again. */
  readonly retry?: RetryOptions
  /**
   * Where a record goes whose last attempt failed, or that cannot be decoded: the name of a topic, or `{}` for `<topic>-dlt`. It counts as done when the
   * dead letter is acknowledged; the run rejects with DeadLetterError when that cannot be.
   */
  readonly deadLetter?: string | DeadLetterOptions
  /**
   * What a failed record means: the run ends with its error (the default without `deadLetter`), the record counts as done, or it becomes a dead letter (the
   * default with `deadLetter`). Awaited.
   */
  readonly onFailed?: (record: ConsumerRecord<K, V>, error: unknown) => FailedOutcome | Promise<FailedOutcome>
  /** Ends the run, when what is worked on is done. */
  readonly signal?: AbortSignal
}

export interface ResolvedRunOptions<K, V> {
  readonly concurrency: number
  readonly order: 'partition' | 'key' | 'none'
  readonly maxHeld: number
  readonly retry: ResolvedRetry
  readonly deadLetter: ResolvedDeadLetter | null
  readonly onFailed: NonNullable<ConsumerRunOptions<K, V>['onFailed']>
  readonly signal: AbortSignal | undefined
}

/** Fills in the defaults. Throws {@link ArgumentError}. */
export function resolveRunOptions<K, V>(options: ConsumerRunOptions<K, V>): ResolvedRunOptions<K, V> {
  const { concurrency = 1, order = 'partition' } = options
  const deadLetter = resolveDeadLetter(options.deadLetter, order)
  const maxWaiting = options.maxWaiting ?? Math.max(100, 4 * concurrency)
  for (const [name, value] of Object.entries({ concurrency, maxWaiting })) {
    if (!Number.isInteger(value) || value < 1) throw new ArgumentError(`${name} is a whole number of at least 1`)
  }
  return {
    concurrency,
    order,
    retry: resolveRetry(options.retry),
    deadLetter,
    maxHeld: concurrency + maxWaiting,
    onFailed: options.onFailed ?? (() => (deadLetter === null ? 'stop' : 'dead-letter')),
    signal: options.signal,
  }
}
