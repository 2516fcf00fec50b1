/** What a producer is told when it is made. */
import { type CompressionName, CompressionType } from '@ottla/protocol'
import { ArgumentError } from '../errors.ts'
import type { Partitioner } from './partitioner.ts'

/** Times are in milliseconds, sizes in bytes. */
export interface ProducerOptions {
  /** Who must have a record before it counts as sent. Default: all in-sync replicas. 0: nobody, and offsets stay unknown. */
  readonly acks?: 'all' | 1 | 0
  /** The broker drops repetitions of an attempt, so that a record is written once. Needs acks = all. Default: true, when acks is all. */
  readonly isIdempotent?: boolean
  readonly compression?: CompressionName
  /** Default: the codec's own. */
  readonly compressionLevel?: number
  /** Chooses the partition of records that name none. Default: by murmur2 of the key, as Java does; without a key one partition for a while, then another. */
  readonly partitioner?: Partitioner
  /**
   * Waits so long for more records before a batch goes out that is not full. Default 0: a batch leaves at the end of the
   * turn of the event loop, or, while the broker is busy with earlier ones, as soon as it has answered.
   */
  readonly lingerMs?: number
  /** A batch is full at this size. Default 131,072. */
  readonly batchBytes?: number
  /** Largest request, and so largest record. Default 1,048,576. */
  readonly maxRequestBytes?: number
  /** Records that wait, all together; `send` waits for room. Default 33,554,432. */
  readonly bufferBytes?: number
  /** Requests under way to one broker. Default 5. */
  readonly maxInFlight?: number
  /** How long `send` waits for metadata and for room in the buffer. Default 60,000. */
  readonly maxBlockMs?: number
  /** From `send` to success or failure, all attempts included. Default 120,000. */
  readonly deliveryTimeoutMs?: number
  /** Default: that of the client. */
  readonly requestTimeoutMs?: number
  /** Attempts after the first; the delivery timeout ends them too. Default: no bound. */
  readonly retries?: number
}

export interface ResolvedProducerOptions {
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  readonly compression: CompressionType
  readonly compressionLevel: number | undefined
  readonly lingerMs: number
  readonly batchBytes: number
  readonly maxRequestBytes: number
  readonly bufferBytes: number
  readonly maxInFlight: number
  readonly maxBlockMs: number
  readonly deliveryTimeoutMs: number
  readonly requestTimeoutMs: number | undefined
  readonly retries: number
}

/** Brokers remember the last five batches of a producer: more under way could not be told apart. */
const IDEMPOTENT_IN_FLIGHT_MAX = 5

/** Fills in the defaults. Throws {@link ArgumentError}. */
export function resolveProducerOptions(options: ProducerOptions): ResolvedProducerOptions {
  const acks = options.acks === undefined || options.acks === 'all' ? -1 : options.acks
  const isIdempotent = options.isIdempotent ?? acks === -1
  const maxInFlight = options.maxInFlight ?? IDEMPOTENT_IN_FLIGHT_MAX
  if (isIdempotent && acks !== -1) throw new ArgumentError('an idempotent producer needs acks = all')
  if (isIdempotent && maxInFlight > IDEMPOTENT_IN_FLIGHT_MAX) {
    throw new ArgumentError(`an idempotent producer has at most ${IDEMPOTENT_IN_FLIGHT_MAX} requests in flight`)
  }
  const compression = CompressionType[options.compression ?? 'none']
  if (compression === undefined) throw new ArgumentError(`unknown compression: ${options.compression}`)
  return {
    acks,
    isIdempotent,
    compression,
    compressionLevel: options.compressionLevel,
    lingerMs: options.lingerMs ?? 0,
    batchBytes: options.batchBytes ?? 131_072,
    maxRequestBytes: options.maxRequestBytes ?? 1_048_576,
    bufferBytes: options.bufferBytes ?? 33_554_432,
    maxInFlight,
    maxBlockMs: options.maxBlockMs ?? 60_000,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
    requestTimeoutMs: options.requestTimeoutMs,
    retries: options.retries ?? Number.POSITIVE_INFINITY,
  }
}
