/** What those who ask and those who answer are told. */
import type { RecordHeader } from '@ottla/protocol'
import type { CallOptions } from '../cluster/cluster.ts'
import type { Codec } from '../codec/codec.ts'
import type { ConsumerOptions } from '../consumer/consumer-options.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { ProducerOptions } from '../producer/producer-options.ts'
import type { HeadersInit } from '../producer/producer-record.ts'
import type { Topic } from '../topic.ts'

export interface RequesterOptions<V = Buffer> {
  /**
   * Where replies come to; its value codec is that of replies. One for a whole application will do: replies are told apart by their correlation id.
   * Made when it is not there, with a retention of ten minutes.
   */
  readonly replyTopic: string | Topic<unknown, V>
  /**
   * The partition of the reply topic that is named in requests and read: a number, or `any` for one that is chosen at random (the default). With `all`
   * requests name none and all are read: for repliers that do not look at the header, at the price that every requester reads every reply.
   */
  readonly partition?: number | 'any' | 'all'
  /** How long a request waits for its reply, from the call on. Default 5,000. */
  readonly timeoutMs?: number
  readonly producer?: ProducerOptions
}

/** What is asked: a record without its topic. */
export interface RequestMessage<K = Buffer, V = Buffer> {
  /** Decides the partition, unless one is named. */
  readonly key?: K | null
  readonly value: V | null
  readonly headers?: HeadersInit
  readonly partition?: number
}

export interface RequestOptions<R = never> extends CallOptions {
  /** Codec of the value of this reply. Default: that of the reply topic. */
  readonly reply?: Codec<R>
}

/** The record that answered. */
export type Reply<V> = ConsumerRecord<Buffer, V>

export interface ServeContext {
  /** Aborted when the server is closed or the partition is given away. */
  readonly signal: AbortSignal
  /** Headers of the reply: what is put here goes with it. */
  readonly headers: RecordHeader[]
}

/** Returns the value of the reply, nothing for a null. What it throws goes back as an error. */
export type RequestHandler<K, V, R> = (
  request: ConsumerRecord<K, V>,
  context: ServeContext,
) => Promise<R | null | undefined> | R | null | undefined

export interface ServeOptions<R = Buffer> {
  /** The name of the service: those who serve under it share the requests. */
  readonly groupId: string
  /** Codec of replies. Default: bytes. */
  readonly reply?: Codec<R>
  /** Requests that are worked on at once. Default 16. */
  readonly concurrency?: number
  /** What follows each other, as in `Consumer.run`. Default: none. */
  readonly order?: 'partition' | 'key' | 'none'
  /** Where replies go whose request names no topic. Default: they are not sent. */
  readonly replyTopic?: string
  /** Says to which topics replies may go: requests name them. Default: to all. */
  readonly mayReplyTo?: (topic: string) => boolean
  /** Default for autoOffsetReset: earliest, since a request is work that somebody wants done. */
  readonly consumer?: Omit<ConsumerOptions, 'key' | 'value' | 'groupId'>
  readonly producer?: ProducerOptions
  /** Closes the server. */
  readonly signal?: AbortSignal
}
