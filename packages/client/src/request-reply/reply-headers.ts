/** The headers by which a reply finds back to its request: those of Spring for Apache Kafka (ReplyingKafkaTemplate, @SendTo). */
import type { RecordHeader } from '@ottla/protocol'

export const CORRELATION_ID = 'kafka_correlationId'
export const REPLY_TOPIC = 'kafka_replyTopic'
/** An int32, big-endian. */
export const REPLY_PARTITION = 'kafka_replyPartition'
/** Class and message of what went wrong; a reply that has the first stands for an error. */
export const EXCEPTION_NAME = 'kafka_exception-fqcn'
export const EXCEPTION_MESSAGE = 'kafka_exception-message'
/** NestJS puts its error here. */
export const NEST_ERROR = 'kafka_nest-err'

/** The value of the last header of that name, as Java's `lastHeader`; null when there is none. */
export function lastHeader(headers: readonly RecordHeader[], name: string): Buffer | null {
  for (let at = headers.length - 1; at >= 0; at -= 1) if (headers[at]!.key === name) return headers[at]!.value
  return null
}

/** Text of a header; null when there is none. */
export function headerText(headers: readonly RecordHeader[], name: string): string | null {
  return lastHeader(headers, name)?.toString('utf8') ?? null
}

export function int32Bytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** Where a reply is wanted. NestJS writes the number as text. Null: any partition. */
export function replyPartitionOf(headers: readonly RecordHeader[]): number | null {
  const bytes = lastHeader(headers, REPLY_PARTITION)
  if (bytes === null) return null
  if (bytes.length === 4) return bytes.readInt32BE()
  const text = bytes.toString('latin1')
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}
