/** What is sent, and what is known of it afterwards. */
import type { RecordHeader } from '@ottla/protocol'
import { CodecError } from '../errors.ts'
import type { Topic } from '../topic.ts'
import type { RecordWaiter } from './record-waiter.ts'

/** Headers as pairs in order (keys may repeat), or as an object. Strings are written as UTF-8. */
export type HeadersInit =
  | readonly { readonly key: string; readonly value: Buffer | string | null }[]
  | Readonly<Record<string, Buffer | string | null>>

export interface RecordParts<K, V> {
  /** Decides the partition, unless one is named. */
  readonly key?: K | null
  /** Null is a tombstone: it deletes the key from a compacted topic. */
  readonly value: V | null
  readonly headers?: HeadersInit
  /** Default: chosen by the partitioner. */
  readonly partition?: number
  /** Milliseconds. Default: now. */
  readonly timestamp?: number
}

/** A record of a topic with codecs; of a topic that is given by its name alone, key and value are bytes. */
export type ProducerRecord<K = Buffer, V = Buffer> =
  | (RecordParts<K, V> & { readonly topic: Topic<K, V> })
  | (RecordParts<Buffer, Buffer> & { readonly topic: string })

/** Where a record was written. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** -1 when it is not known: acks = 0, or a repeated attempt of which the broker only said that it knows the record. */
  readonly offset: number
  /** Milliseconds: the broker's when the topic stamps records on append, else the record's own. */
  readonly timestamp: number
}

/** A record as bytes, with whoever waits for it. */
export interface PendingRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
  readonly timestamp: number
  /** Most bytes that it takes. */
  readonly sizeBytes: number
  readonly waiter: RecordWaiter
  /** Its number in the call that it came with. */
  readonly place: number
}

/** Key and value as bytes. Throws {@link CodecError}. */
export function encodeRecord<K, V>(record: ProducerRecord<K, V>): { key: Buffer | null; value: Buffer | null } {
  if (typeof record.topic === 'string') {
    return { key: (record.key ?? null) as Buffer | null, value: record.value as Buffer | null }
  }
  const { topic } = record
  const key = record.key as K | null | undefined
  const value = record.value as V | null
  try {
    return {
      key: key === null || key === undefined ? null : topic.key.encode(key),
      value: value === null || value === undefined ? null : topic.value.encode(value),
    }
  } catch (cause) {
    throw new CodecError(`a record for ${topic.name} could not be encoded`, { topic: topic.name, cause })
  }
}

/** Headers as pairs of bytes. */
export function encodeHeaders(headers: HeadersInit | undefined): readonly RecordHeader[] {
  if (headers === undefined) return NO_HEADERS
  const pairs = isPairs(headers) ? headers : Object.entries(headers).map(([key, value]) => ({ key, value }))
  return pairs.map(({ key, value }) => ({ key, value: typeof value === 'string' ? Buffer.from(value) : value }))
}

const NO_HEADERS: readonly RecordHeader[] = []

function isPairs(headers: HeadersInit): headers is Extract<HeadersInit, readonly unknown[]> {
  return Array.isArray(headers)
}
