/** What the client asks of tracing. {@link openTelemetry} gives it. */
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { HeadersInit, RecordMetadata } from '../producer/producer-record.ts'
import type { TopicPartition } from '../topic-partition.ts'

export interface SentRecord {
  readonly clientId: string
  readonly topic: string
  /** As the caller named it. */
  readonly partition: number | undefined
  readonly key: unknown
  readonly isTombstone: boolean
  readonly headers: HeadersInit | undefined
}

/** One send under way. */
export interface SendTrace {
  /** What the record carries: its own headers and those of the trace. */
  readonly headers: HeadersInit | undefined
  written(metadata: RecordMetadata): void
  failed(error: unknown): void
}

/** Who reads. */
export interface Reader {
  readonly clientId: string
  readonly groupId: string | null
}

type AnyRecord = ConsumerRecord<unknown, unknown>

export interface Tracing {
  send(record: SentRecord): SendTrace
  /** Records were handed to the application, which had waited since that wall time. */
  received(records: readonly AnyRecord[], reader: Reader, startedAt: number): void
  /** Runs the work on a record, with the trace of the record as what it belongs to. */
  process<T>(record: AnyRecord, reader: Reader, work: () => T): T
  /** Offsets were committed (or not), since that wall time. */
  settled(offsets: readonly TopicPartition[], reader: Reader, outcome: { startedAt: number; error: unknown }): void
}
