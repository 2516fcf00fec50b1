/**
 * Judges the bytes that a producer sent for one partition, and recompresses them where the topic wants another codec.
 *
 * The header and the checksum always count. Records are walked only where the topic needs it: keys on a compacted topic, a forced
 * codec, or `ottla.produce.validation=full`. What is refused is walked too, to name the records to blame.
 */
import type { LogConfig } from '@ottla/log'
import {
  type BatchFault,
  CompressionError,
  CompressionType,
  checkProducedBatch,
  compressionOf,
  ErrorCode,
  errorOfFault,
  messageOfFault,
  NO_TIMESTAMP,
  ProtocolError,
  RecordCursor,
  type TimestampBounds,
} from '@ottla/protocol'
import { recompress } from './recompress.ts'

export interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

export type ProducedCheck =
  /** `records` are the bytes to append: those that came, or recompressed ones that nobody else holds. */
  | { readonly kind: 'good'; readonly records: Buffer; readonly isRecompressed: boolean }
  | {
      readonly kind: 'bad'
      readonly error: number
      readonly message: string
      /** Records to blame, when single ones are. */
      readonly recordErrors: readonly RecordError[]
    }

export interface ProducedCheckOptions {
  readonly config: LogConfig
  readonly validation: 'header' | 'full'
  readonly nowMs: number
  /** Of the Produce request: zstd came with version 7. */
  readonly apiVersion: number
  /** A batch that unpacks to more is refused. */
  readonly maxDecompressedBytes: number
}

const FIRST_VERSION_WITH_ZSTD = 7

export function checkProduced(records: Buffer, options: ProducedCheckOptions): ProducedCheck {
  const { config, apiVersion } = options
  const bounds = timestampBounds(config, options.nowMs)
  const fault = checkProducedBatch(records, 0, records.length, bounds)
  if (fault !== null) return ofFault(fault, records, options)
  const codec = compressionOf(records, 0)
  if (codec === CompressionType.zstd && apiVersion < FIRST_VERSION_WITH_ZSTD) {
    const message = 'zstd is for Produce version 7 and later'
    return { kind: 'bad', error: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message, recordErrors: [] }
  }
  const target = targetCodec(config, codec)
  if (!config.cleanupCompact && target === codec && options.validation === 'header') {
    return { kind: 'good', records, isRecompressed: false }
  }
  try {
    const recordErrors = walk(records, options, bounds)
    if (recordErrors.length > 0) return ofRecords(recordErrors, bounds)
    if (target === codec) return { kind: 'good', records, isRecompressed: false }
    return { kind: 'good', records: recompress(records, target, options), isRecompressed: true }
  } catch (error) {
    // The checksum is right, so the producer wrote it so: unreadable records, or a compressed block that unpacks to nonsense.
    const message = `the records of the batch cannot be read: ${(error as Error).message}`
    return { kind: 'bad', error: codeOf(error), message, recordErrors: [] }
  }
}

/** A batch that is too large comes again in parts: producers split it. */
function codeOf(error: unknown): number {
  if (error instanceof ProtocolError) return ErrorCode.INVALID_RECORD
  const isTooLarge = error instanceof CompressionError && error.code === 'TOO_LARGE'
  return isTooLarge ? ErrorCode.MESSAGE_TOO_LARGE : ErrorCode.CORRUPT_MESSAGE
}

/** With CreateTime, how far a timestamp may be from now. */
function timestampBounds(config: LogConfig, nowMs: number): TimestampBounds | undefined {
  if (config.messageTimestampType === 'LogAppendTime') return undefined
  return { earliest: nowMs - config.messageTimestampBeforeMaxMs, latest: nowMs + config.messageTimestampAfterMaxMs }
}

function targetCodec({ compressionType }: LogConfig, codec: number): number {
  if (compressionType === 'producer') return codec
  return compressionType === 'uncompressed' ? CompressionType.none : CompressionType[compressionType]
}

interface BlamedRecord extends RecordError {
  readonly error: number
}

function walk(
  records: Buffer,
  { config, maxDecompressedBytes }: ProducedCheckOptions,
  bounds: TimestampBounds | undefined,
): BlamedRecord[] {
  const blamed: BlamedRecord[] = []
  const cursor = new RecordCursor(records, 0, { maxBytes: maxDecompressedBytes })
  for (let index = 0; cursor.next(); index++) {
    const blame = (error: number, batchIndexErrorMessage: string): void => {
      blamed.push({ batchIndex: index, batchIndexErrorMessage, error })
    }
    if (cursor.offset !== index) {
      throw new ProtocolError('MALFORMED', `record ${index} has offset delta ${cursor.offset}`)
    }
    if (config.cleanupCompact && cursor.keyLength < 0) {
      blame(ErrorCode.INVALID_RECORD, 'Compacted topic cannot accept message without key.')
    }
    const { timestamp } = cursor
    if (bounds === undefined || timestamp === NO_TIMESTAMP) continue
    if (timestamp < bounds.earliest || timestamp > bounds.latest) {
      blame(ErrorCode.INVALID_TIMESTAMP, `Timestamp ${timestamp} is out of range.`)
    }
  }
  return blamed
}

function ofFault(fault: BatchFault, records: Buffer, options: ProducedCheckOptions): ProducedCheck {
  const error = errorOfFault(fault)
  const message = messageOfFault(fault)
  if (fault.kind !== 'timestamp-out-of-bounds') return { kind: 'bad', error, message, recordErrors: [] }
  try {
    return { kind: 'bad', error, message, recordErrors: named(walk(records, options, fault.bounds)) }
  } catch {
    return { kind: 'bad', error, message, recordErrors: [] }
  }
}

function ofRecords(blamed: readonly BlamedRecord[], bounds: TimestampBounds | undefined): ProducedCheck {
  const { error } = blamed[0]!
  const message =
    error === ErrorCode.INVALID_TIMESTAMP
      ? `One or more records have a timestamp outside ${bounds?.earliest} to ${bounds?.latest}`
      : 'One or more records have been rejected'
  return { kind: 'bad', error, message, recordErrors: named(blamed) }
}

function named(blamed: readonly BlamedRecord[]): RecordError[] {
  return blamed.map(({ batchIndex, batchIndexErrorMessage }) => ({ batchIndex, batchIndexErrorMessage }))
}
