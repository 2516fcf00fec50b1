/**
 * Asks, and waits for the answer: a record to a topic, and one that comes back with the same correlation id.
 *
 *     open: reply partitions ──► their ends are known ──► requests may leave
 *     request ──► waits by its correlation id ──► reply, error, timeout, abort or close, whatever is first
 *
 * Replies are read by a manual assignment: no group, so no rebalance can come between a request and its reply. Nothing is read from before the opening, and
 * no request leaves before the position is known, so no reply can be missed.
 */
import type { Timer } from '@ottla/env'
import { Lru } from '@ottla/stdx'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { ensureTopics } from '../cluster/ensure-topics.ts'
import type { Codec } from '../codec/codec.ts'
import { Consumer } from '../consumer/consumer.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { ArgumentError, ClosedError, CodecError, TimeoutError } from '../errors.ts'
import { Producer } from '../producer/producer.ts'
import { encodeHeaders, type ProducerRecord } from '../producer/producer-record.ts'
import { abortable } from '../time/delay.ts'
import { type Topic, topic as topicOf } from '../topic.ts'
import { replyErrorOf } from './reply-error.ts'
import { CORRELATION_ID, int32Bytes, lastHeader, REPLY_PARTITION, REPLY_TOPIC } from './reply-headers.ts'
import type { Reply, RequesterOptions, RequestMessage, RequestOptions } from './request-options.ts'

interface Waiting {
  readonly codec: Codec<unknown>
  readonly resolve: (reply: Reply<unknown>) => void
  readonly reject: (error: unknown) => void
}

/** What is read, and how requests name it. */
interface Inbox {
  readonly consumer: Consumer
  /** Null: requests name none. */
  readonly partition: number | null
}

const DEFAULT_TIMEOUT_MS = 5000
const REPLY_RETENTION_MS = 600_000
const CORRELATION_ID_BYTES = 16
/** Requests that were given up and are remembered, to tell a late reply from somebody else's. */
const GIVEN_UP_KEPT = 10_000

/**
 * Asks by a record and waits for the record that answers.
 *
 *     const requester = kafka.requester({ replyTopic: topic('replies', { value: jsonCodec<Price>() }) })
 *     const { value } = await requester.request(prices, { value: { sku: 'a' } }, { timeoutMs: 2000 })
 */
export class Requester<V = Buffer> implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #options: RequesterOptions<V>
  readonly #replyTopic: Topic<unknown, V>
  readonly #producer: Producer
  readonly #waiting = new Map<string, Waiting>()
  readonly #givenUp = new Lru<string, true>({ capacity: GIVEN_UP_KEPT })
  readonly #closed = new AbortController()
  #opening: Promise<Inbox> | null = null
  #lateReplies = 0

  /** Use `kafka.requester()`. @internal */
  constructor(cluster: Cluster, options: RequesterOptions<V>) {
    const { partition = 'any', timeoutMs = DEFAULT_TIMEOUT_MS, replyTopic } = options
    if (typeof partition === 'number' && (!Number.isInteger(partition) || partition < 0))
      throw new ArgumentError(`${partition} is no partition`)
    if (!(timeoutMs > 0)) throw new ArgumentError('timeoutMs is a number of milliseconds above 0')
    this.#cluster = cluster
    this.#options = { ...options, partition, timeoutMs }
    this.#replyTopic = (typeof replyTopic === 'string' ? topicOf(replyTopic) : replyTopic) as Topic<unknown, V>
    this.#producer = new Producer(cluster, options.producer ?? {})
    // What is closed with this one, after it.
    cluster.roles.delete(this.#producer)
    cluster.roles.add(this)
  }

  /** Requests without an answer yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Replies that came when nobody waited for them any more. */
  get lateReplies(): number {
    return this.#lateReplies
  }

  /** Finds the reply topic and the ends of its partitions, as the first request does otherwise. */
  async open(options: Pick<CallOptions, 'signal'> = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await abortable(this.#open(), options.signal)
  }

  /**
   * Sends the message and resolves with the reply. Rejects with ReplyError when who served it answered with an error, with TimeoutError, ClosedError, CodecError,
   * the reason of the signal, and as `Producer.send`. A request that timed out or was aborted may have been served all the same.
   */
  request<MK = Buffer, MV = Buffer, R = V>(
    topic: Topic<MK, MV> | string,
    message: RequestMessage<MK, MV>,
    { timeoutMs = this.#options.timeoutMs!, signal, reply }: RequestOptions<R> = {},
  ): Promise<Reply<R>> {
    if (this.#closed.signal.aborted) return Promise.reject(new ClosedError('the requester'))
    if (signal?.aborted) return Promise.reject(signal.reason)
    const idBytes = this.#cluster.env.random.bytes(CORRELATION_ID_BYTES)
    const id = idBytes.toString('latin1')
    const name = typeof topic === 'string' ? topic : topic.name
    return new Promise<Reply<unknown>>((resolve, reject) => {
      let timer: Timer | null = null
      const settle = (): void => {
        timer?.cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(id)
      }
      const giveUp = (error: unknown): void => {
        this.#givenUp.set(id, true)
        waiting.reject(error)
      }
      const onAbort = (): void => giveUp(signal?.reason)
      const waiting: Waiting = {
        codec: (reply ?? this.#replyTopic.value) as Codec<unknown>,
        resolve: (found) => {
          settle()
          resolve(found)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      if (timeoutMs !== Number.POSITIVE_INFINITY) {
        const late = (): void => giveUp(new TimeoutError(`no reply from ${name} in ${timeoutMs} ms`, { topic: name }))
        timer = this.#cluster.env.timers.after(timeoutMs, late)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.set(id, waiting)
      this.#send({ topic, message }, { id, idBytes }).catch((error: unknown) => {
        if (this.#waiting.has(id)) giveUp(error)
      })
    }) as Promise<Reply<R>>
  }

  /** Rejects the requests that wait, then closes its connections. */
  async close(): Promise<void> {
    this.#cluster.roles.delete(this)
    if (this.#closed.signal.aborted) return
    const error = new ClosedError('the requester')
    this.#closed.abort(error)
    for (const { reject } of [...this.#waiting.values()]) reject(error)
    const inbox = await this.#opening?.catch(() => null)
    await inbox?.consumer.close()
    await this.#producer.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #send<MK, MV>(
    { topic, message }: { topic: Topic<MK, MV> | string; message: RequestMessage<MK, MV> },
    { id, idBytes }: { id: string; idBytes: Buffer },
  ): Promise<void> {
    const { partition } = await this.#open()
    if (!this.#waiting.has(id)) return
    const headers = [
      ...encodeHeaders(message.headers),
      { key: CORRELATION_ID, value: idBytes },
      { key: REPLY_TOPIC, value: Buffer.from(this.#replyTopic.name) },
      ...(partition === null ? [] : [{ key: REPLY_PARTITION, value: int32Bytes(partition) }]),
    ]
    await this.#producer.send({ ...message, topic, headers } as ProducerRecord<MK, MV>)
  }

  #open(): Promise<Inbox> {
    if (this.#opening !== null) return this.#opening
    const opening = this.#openInbox()
    this.#opening = opening
    // The next request tries again.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = null
    })
    return opening
  }

  async #openInbox(): Promise<Inbox> {
    const cluster = this.#cluster
    const { signal } = this.#closed
    const context = { ...cluster.context({}), signal }
    const configs = { 'retention.ms': `${REPLY_RETENTION_MS}` }
    const { name } = this.#replyTopic
    const [found] = await ensureTopics(cluster, [{ name, configs }], context)
    const partitions = this.#choose(found!.partitions.length)
    // Where records were deleted before they were read, the oldest that is left may still be a reply that is waited for.
    const consumer = new Consumer(cluster, { autoOffsetReset: 'earliest', allowAutoCreateTopics: false })
    cluster.roles.delete(consumer)
    try {
      consumer.assign(partitions.map((partition) => ({ topic: name, partition, from: 'latest' })))
      await Promise.all(partitions.map((partition) => consumer.position({ topic: name, partition }, { signal })))
    } catch (error) {
      await consumer.close()
      throw error
    }
    const inbox = { consumer, partition: this.#options.partition === 'all' ? null : partitions[0]! }
    void this.#read(inbox)
    return inbox
  }

  #choose(count: number): number[] {
    const { partition } = this.#options
    if (partition === 'all') return Array.from({ length: count }, (_, number) => number)
    if (partition === 'any') return [this.#cluster.env.random.below(count)]
    if (partition! < count) return [partition as number]
    const { name: topic } = this.#replyTopic
    throw new ArgumentError(`${topic} has ${count} partitions, none with the number ${partition}`, { topic })
  }

  async #read({ consumer }: Inbox): Promise<void> {
    const ignore = this.#cluster.metadata.onChange(() => {
      if (this.#options.partition === 'all') this.#addNewPartitions(consumer)
    })
    try {
      for (;;) {
        const records = await consumer.poll({ timeoutMs: Number.POSITIVE_INFINITY })
        for (const record of records) this.#received(record)
      }
    } catch (error) {
      if (this.#closed.signal.aborted) return
      // Replies may have been missed: nobody is left to wait for them in vain, and the next request opens anew.
      this.#opening = null
      for (const { reject } of [...this.#waiting.values()]) reject(error)
      await consumer.close()
    } finally {
      ignore()
    }
  }

  /** A reply may be the first record of a partition that is new. */
  #addNewPartitions(consumer: Consumer): void {
    const { name: topic } = this.#replyTopic
    const count = this.#cluster.metadata.topic(topic)?.partitions.length ?? 0
    const { assignment } = consumer
    if (count <= assignment.length) return
    const added = Array.from({ length: count - assignment.length }, (_, at) => assignment.length + at)
    consumer.assign([...assignment, ...added.map((partition) => ({ topic, partition, from: 'earliest' as const }))])
  }

  #received(record: ConsumerRecord): void {
    const id = lastHeader(record.headers, CORRELATION_ID)?.toString('latin1')
    if (id === undefined) return
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) {
      if (this.#givenUp.delete(id)) this.#lateReplies += 1
      return
    }
    const error = replyErrorOf(record.headers)
    if (error !== null) {
      waiting.reject(error)
      return
    }
    try {
      const value = record.value === null ? null : waiting.codec.decode(record.value)
      waiting.resolve({ ...record, value })
    } catch (cause) {
      const { topic, partition, offset } = record
      const message = `the reply at offset ${offset} of ${topic}-${partition} could not be decoded`
      waiting.reject(new CodecError(message, { topic, partition, cause }))
    }
  }
}
