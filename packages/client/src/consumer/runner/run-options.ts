/** How records are worked on by a runner. */
import { ArgumentError } from '../../errors.ts'
import type { ConsumerRecord } from '../consumer-record.ts'

export interface RunContext {
  /** Aborted when the run ends, or when the partition is given away: the work should stop. */
  readonly signal: AbortSignal
  /** 1 for the first. */
  readonly attempt: number
}

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
  /** How often the handler is called for a record, in all, before it counts as failed. Default 1. */
  readonly attempts?: number
  /** Wait before another attempt, doubled each time up to a minute. Default 1,000. */
  readonly retryBackoffMs?: number
  /** What a failed record means: the run ends with its error (the default), or the record counts as done. Awaited: the place for a dead letter. */
  readonly onFailed?: (record: ConsumerRecord<K, V>, error: unknown) => 'stop' | 'skip' | Promise<'stop' | 'skip'>
  /** Ends the run, when what is worked on is done. */
  readonly signal?: AbortSignal
}

export interface ResolvedRunOptions<K, V> {
  readonly concurrency: number
  readonly order: 'partition' | 'key' | 'none'
  readonly maxHeld: number
  readonly attempts: number
  readonly retryBackoffMs: number
  readonly onFailed: NonNullable<ConsumerRunOptions<K, V>['onFailed']>
  readonly signal: AbortSignal | undefined
}

/** Fills in the defaults. Throws {@link ArgumentError}. */
export function resolveRunOptions<K, V>(options: ConsumerRunOptions<K, V>): ResolvedRunOptions<K, V> {
  const { concurrency = 1, attempts = 1, order = 'partition', retryBackoffMs = 1000 } = options
  const maxWaiting = options.maxWaiting ?? Math.max(100, 4 * concurrency)
  for (const [name, value] of Object.entries({ concurrency, attempts, maxWaiting })) {
    if (!Number.isInteger(value) || value < 1) throw new ArgumentError(`${name} is a whole number of at least 1`)
  }
  return {
    concurrency,
    order,
    attempts,
    retryBackoffMs,
    maxHeld: concurrency + maxWaiting,
    onFailed: options.onFailed ?? (() => 'stop'),
    signal: options.signal,
  }
}
