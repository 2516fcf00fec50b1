/**
 * What the headers of a record tell of its failures, in the names and encodings of Spring for Apache Kafka 4: numbers of the dead letter are big-endian (int32 and
 * int64), times of the retry topics as Java's BigInteger writes them (no byte more than needed), the rest is text. Spring adds to what is there, hop after hop; here
 * each is written once, and what it says of the origin is never written over.
 */
import type { RecordHeader } from '@ottla/protocol'
import { int64High, int64Low } from '@ottla/stdx'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { int32Bytes, lastHeader } from '../request-reply/reply-headers.ts'

/** Of dead letters. */
export const DEAD_LETTER = 'kafka_dlt-'
/** Of records in retry topics. */
const ORIGINAL = 'kafka_original-'
const EXCEPTION = 'kafka_exception-'
export const ATTEMPTS = 'retry_topic-attempts'
export const DUE_AT = 'retry_topic-backoff-timestamp'
export const FIRST_TIMESTAMP = 'retry_topic-original-timestamp'
/** How often the record came back from a dead-letter topic, an int32. */
export const REDRIVES = 'ottla_redrive-count'

/** More of a stack would make large records of small ones. */
const STACK_CHARS = 8192

/** What is told of the error. `short` leaves out the stack, `name` the message too. */
export type Detail = 'full' | 'short' | 'name'

export interface Failure {
  readonly error: unknown
  readonly detail: Detail
  readonly groupId: string | null
}

/** For a retry topic: `attempt` is the one to come, `dueAt` its time. */
export function retryHeaders(
  record: ConsumerRecord,
  failure: Failure,
  next: { readonly attempt: number; readonly dueAt: number },
): RecordHeader[] {
  const { headers } = record
  return [
    ...without(headers, [EXCEPTION, ATTEMPTS, DUE_AT, FIRST_TIMESTAMP]),
    ...exceptionHeaders(EXCEPTION, failure),
    ...(lastHeader(headers, `${ORIGINAL}topic`) === null ? origin(record, ORIGINAL, failure.groupId) : []),
    { key: FIRST_TIMESTAMP, value: lastHeader(headers, FIRST_TIMESTAMP) ?? bigIntegerBytes(record.timestamp) },
    { key: ATTEMPTS, value: int32Bytes(next.attempt) },
    { key: DUE_AT, value: bigIntegerBytes(next.dueAt) },
  ]
}

/** For a dead-letter topic. */
export function deadLetterHeaders(record: ConsumerRecord, failure: Failure): RecordHeader[] {
  const { headers } = record
  return [
    ...without(headers, [EXCEPTION, DEAD_LETTER]),
    ...exceptionHeaders(`${DEAD_LETTER}exception-`, failure),
    // A record that comes from a retry topic, or was a dead letter before, knows better where it is from.
    ...origin(record, DEAD_LETTER, failure.groupId).map(({ key, value }) => ({
      key,
      value: lastHeader(headers, key.replace(`${DEAD_LETTER}original-`, ORIGINAL)) ?? lastHeader(headers, key) ?? value,
    })),
  ]
}

/** The headers without those of failures and retries, and with the number of redrives. */
export function redrivenHeaders(headers: readonly RecordHeader[]): RecordHeader[] {
  const count = numberOf(lastHeader(headers, REDRIVES)) ?? 0
  const own = [DEAD_LETTER, ORIGINAL, EXCEPTION, ATTEMPTS, DUE_AT, FIRST_TIMESTAMP, REDRIVES]
  return [...without(headers, own), { key: REDRIVES, value: int32Bytes(count + 1) }]
}

export interface Origin {
  readonly topic: string
  /** Null when it is not told. */
  readonly partition: number | null
}

/** Where a dead letter comes from; null when its headers do not say. */
export function originOf(headers: readonly RecordHeader[]): Origin | null {
  for (const prefix of [`${DEAD_LETTER}original-`, ORIGINAL]) {
    const topic = lastHeader(headers, `${prefix}topic`)
    if (topic !== null)
      return { topic: topic.toString('utf8'), partition: numberOf(lastHeader(headers, `${prefix}partition`)) }
  }
  return null
}

/** A big-endian number with a sign, of up to eight bytes, as Java's BigInteger and ByteBuffer write it; null for nothing. */
export function numberOf(bytes: Buffer | null): number | null {
  if (bytes === null || bytes.length === 0 || bytes.length > 8) return null
  let value = bytes.readInt8(0)
  for (const byte of bytes.subarray(1)) value = value * 256 + byte
  return value
}

/** As few bytes as hold the number and its sign. */
export function bigIntegerBytes(value: number): Buffer {
  const bytes = int64Bytes(value)
  let from = 0
  const isSign = (at: number): boolean => {
    const next = bytes[at + 1]! >= 0x80
    return next ? bytes[at] === 0xff : bytes[at] === 0
  }
  while (from < 7 && isSign(from)) from += 1
  return bytes.subarray(from)
}

function int64Bytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeInt32BE(int64High(value) | 0, 0)
  bytes.writeInt32BE(int64Low(value) | 0, 4)
  return bytes
}

/** `prefix` is that of dead letters or of retry topics; the group is told by both under the name of the first. */
function origin(record: ConsumerRecord, prefix: string, groupId: string | null): RecordHeader[] {
  const { topic, partition, offset, timestamp, timestampType } = record
  const at = prefix === DEAD_LETTER ? `${DEAD_LETTER}original-` : ORIGINAL
  const known = groupId === null ? null : Buffer.from(groupId)
  return [
    { key: `${at}topic`, value: Buffer.from(topic) },
    { key: `${at}partition`, value: int32Bytes(partition) },
    { key: `${at}offset`, value: int64Bytes(offset) },
    { key: `${at}timestamp`, value: int64Bytes(timestamp) },
    { key: `${at}timestamp-type`, value: Buffer.from(timestampType) },
    ...(known === null ? [] : [{ key: `${DEAD_LETTER}original-consumer-group`, value: known }]),
  ]
}

function exceptionHeaders(prefix: string, { error, detail }: Failure): RecordHeader[] {
  const { name, message, stack, cause } = error instanceof Error ? error : new Error(String(error))
  const causeName = cause instanceof Error ? cause.name : null
  const causeStack = cause instanceof Error ? `\nCaused by: ${cause.stack}` : ''
  const headers = [{ key: `${prefix}fqcn`, value: Buffer.from(name) }]
  if (causeName !== null) headers.push({ key: `${prefix}cause-fqcn`, value: Buffer.from(causeName) })
  if (detail === 'name') return headers
  headers.push({ key: `${prefix}message`, value: Buffer.from(message) })
  if (detail === 'short') return headers
  headers.push({ key: `${prefix}stacktrace`, value: Buffer.from(`${stack}${causeStack}`.slice(0, STACK_CHARS)) })
  return headers
}

function without(headers: readonly RecordHeader[], prefixes: readonly string[]): RecordHeader[] {
  return headers.filter(({ key }) => !prefixes.some((prefix) => key.startsWith(prefix)))
}
