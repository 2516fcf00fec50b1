/** What a share consumer is told when it is made. */
import type { Codec } from '../codec/codec.ts'
import { bytesCodec } from '../codec/codecs.ts'
import { ArgumentError } from '../errors.ts'

/** Times are in milliseconds, sizes in bytes. Defaults are those of Kafka's share consumer where nothing else is said. */
export interface ShareConsumerOptions<K = Buffer, V = Buffer> {
  /** The group whose members share the records of its topics. */
  readonly groupId: string
  /** Codec of keys. Default: bytes. */
  readonly key?: Codec<K>
  /** Codec of values. Default: bytes. */
  readonly value?: Codec<V>
  /** Where this consumer is. */
  readonly rack?: string
  /** Records that are acquired at once. Each is locked for this consumer, so ask for no more than are done in time. Default 500. */
  readonly maxRecords?: number
  /** Acquire whole batches, a few records more than `maxRecords` if need be, or never more. Default: batch_optimized. */
  readonly acquireMode?: 'batch_optimized' | 'record_limit'
  /**
   * `explicit`: a task is done when it is told what became of it. `implicit`: also when the iteration asks for the next one. `run` goes by the outcome of its
   * handler in either. Default: explicit.
   */
  readonly acknowledgementMode?: 'explicit' | 'implicit'
  readonly fetchMinBytes?: number
  readonly fetchMaxWaitMs?: number
  readonly fetchMaxBytes?: number
  /** Checks the checksum of every batch. Default: true. */
  readonly checkCrcs?: boolean
}

export interface ResolvedShareOptions {
  readonly groupId: string
  readonly key: Codec<unknown>
  readonly value: Codec<unknown>
  readonly rack: string | null
  readonly maxRecords: number
  readonly acquireMode: 0 | 1
  readonly isImplicit: boolean
  readonly fetchMinBytes: number
  readonly fetchMaxWaitMs: number
  readonly fetchMaxBytes: number
  readonly checkCrcs: boolean
}

/** Fills in the defaults. Throws {@link ArgumentError}. */
export function resolveShareOptions<K, V>(options: ShareConsumerOptions<K, V>): ResolvedShareOptions {
  if (options.groupId === '') throw new ArgumentError('a group id has at least one character')
  const maxRecords = options.maxRecords ?? 500
  if (!Number.isInteger(maxRecords) || maxRecords < 1) throw new ArgumentError('maxRecords is at least 1')
  return {
    groupId: options.groupId,
    key: (options.key ?? bytesCodec) as Codec<unknown>,
    value: (options.value ?? bytesCodec) as Codec<unknown>,
    rack: options.rack ?? null,
    maxRecords,
    acquireMode: options.acquireMode === 'record_limit' ? 1 : 0,
    isImplicit: options.acknowledgementMode === 'implicit',
    fetchMinBytes: options.fetchMinBytes ?? 1,
    fetchMaxWaitMs: options.fetchMaxWaitMs ?? 500,
    fetchMaxBytes: options.fetchMaxBytes ?? 52_428_800,
    checkCrcs: options.checkCrcs ?? true,
  }
}
