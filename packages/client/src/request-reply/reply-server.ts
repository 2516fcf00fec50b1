/**
 * Answers requests: reads them as a member of a group, calls the handler, sends the reply to where the request wants it. The reply is acknowledged before the request
 * counts as done, so a request is served at least once. A reply that cannot be sent is given up and counted: who asked does not wait for ever.
 */
import type { RecordHeader } from '@ottla/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Codec } from '../codec/codec.ts'
import { bytesCodec } from '../codec/codecs.ts'
import { Consumer } from '../consumer/consumer.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { RunContext } from '../consumer/runner/run-options.ts'
import { CodecError } from '../errors.ts'
import { Producer } from '../producer/producer.ts'
import { type Topic, topic as topicOf } from '../topic.ts'
import {
  CORRELATION_ID,
  EXCEPTION_MESSAGE,
  EXCEPTION_NAME,
  headerText,
  lastHeader,
  REPLY_TOPIC,
  replyPartitionOf,
} from './reply-headers.ts'
import type { RequestHandler, ServeOptions } from './request-options.ts'

const DEFAULT_CONCURRENCY = 16

export class ReplyServer<K, V, R> implements AsyncDisposable {
  /**
   * Resolves when the server was closed; rejects with what stopped it otherwise, as `Consumer.run`. Wait for it or catch it somewhere: a server does not
   * stop silently.
   */
  readonly closed: Promise<void>
  readonly #cluster: Cluster
  readonly #topic: Topic<K, V>
  readonly #handler: RequestHandler<K, V, R>
  readonly #options: ServeOptions<R>
  readonly #consumer: Consumer
  readonly #producer: Producer
  readonly #stop = new AbortController()
  #unanswered = 0

  /** Use `kafka.serve()`. @internal */
  constructor(
    cluster: Cluster,
    topic: Topic<K, V> | string,
    { handler, options }: { readonly handler: RequestHandler<K, V, R>; readonly options: ServeOptions<R> },
  ) {
    this.#cluster = cluster
    this.#topic = (typeof topic === 'string' ? topicOf(topic) : topic) as Topic<K, V>
    this.#handler = handler
    this.#options = options
    this.#consumer = new Consumer(cluster, {
      autoOffsetReset: 'earliest',
      ...options.consumer,
      groupId: options.groupId,
    })
    this.#producer = new Producer(cluster, options.producer ?? {})
    // What is closed with this one, after it: handlers that run may still send their reply.
    cluster.roles.delete(this.#consumer)
    cluster.roles.delete(this.#producer)
    cluster.roles.add(this)
    this.closed = this.#run()
  }

  /** Replies that could not be sent. */
  get unanswered(): number {
    return this.#unanswered
  }

  /** Takes no more requests, waits for those that are worked on and their replies. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.closed.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    const { signal, concurrency = DEFAULT_CONCURRENCY, order = 'none' } = this.#options
    const stop = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    try {
      this.#consumer.subscribe([this.#topic.name])
      await this.#consumer.run((request, context) => this.#serve(request, context), {
        concurrency,
        order,
        signal: stop,
      })
    } finally {
      this.#cluster.roles.delete(this)
      await this.#consumer.close()
      await this.#producer.close()
    }
  }

  async #serve(request: ConsumerRecord, { signal }: RunContext): Promise<void> {
    const headers: RecordHeader[] = []
    let value: Buffer | null = null
    try {
      const answer = await this.#handler(this.#decoded(request), { signal, headers })
      const codec = (this.#options.reply ?? bytesCodec) as Codec<R>
      value = answer === null || answer === undefined ? null : codec.encode(answer)
    } catch (error) {
      // It was told to stop, and another member gets the request.
      if (signal.aborted) throw error
      const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
      headers.push({ key: EXCEPTION_NAME, value: Buffer.from(name) })
      headers.push({ key: EXCEPTION_MESSAGE, value: Buffer.from(message) })
    }
    await this.#reply(request, { headers, value })
  }

  async #reply(
    request: ConsumerRecord,
    { headers, value }: { readonly headers: RecordHeader[]; readonly value: Buffer | null },
  ): Promise<void> {
    const { replyTopic, mayReplyTo = () => true } = this.#options
    const topic = headerText(request.headers, REPLY_TOPIC) ?? replyTopic
    if (topic === undefined) return
    const correlationId = lastHeader(request.headers, CORRELATION_ID)
    const partition = replyPartitionOf(request.headers)
    try {
      if (!mayReplyTo(topic)) throw new Error(`replies may not go to ${topic}`)
      await this.#producer.send({
        topic,
        value,
        headers: correlationId === null ? headers : [...headers, { key: CORRELATION_ID, value: correlationId }],
        ...(partition === null ? {} : { partition }),
      })
    } catch (error) {
      this.#unanswered += 1
      const { offset, partition: at } = request
      this.#cluster.env.logger.warn('a reply could not be sent', { request: `${request.topic}-${at}@${offset}`, error })
    }
  }

  #decoded(request: ConsumerRecord): ConsumerRecord<K, V> {
    const { topic, partition, offset, key, value } = request
    try {
      return {
        ...request,
        key: key === null ? null : this.#topic.key.decode(key),
        value: value === null ? null : this.#topic.value.decode(value),
      }
    } catch (cause) {
      const message = `request ${offset} of ${topic}-${partition} could not be decoded`
      throw new CodecError(message, { topic, partition, cause })
    }
  }
}
