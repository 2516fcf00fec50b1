/** Where records go whose handler failed: to retry topics, and at the end of these to a dead-letter topic. Both get them as the bytes that they were. */
import type { RecordHeader } from '@ottla/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { ensureTopics } from '../cluster/ensure-topics.ts'
import type { Codec } from '../codec/codec.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { CodecError, KafkaError } from '../errors.ts'
import type { TopicMetadata } from '../metadata/cluster-metadata.ts'
import { Producer } from '../producer/producer.ts'
import type { ProducerRecord } from '../producer/producer-record.ts'
import type { OffsetsOfConsumer } from '../producer/transaction/transaction.ts'
import { TransactionalProducer } from '../producer/transaction/transactional-producer.ts'
import { lastHeader } from '../request-reply/reply-headers.ts'
import { DeadLetterError } from './dead-letter-error.ts'
import {
  ATTEMPTS,
  type Detail,
  DUE_AT,
  deadLetterHeaders,
  type Failure,
  numberOf,
  retryHeaders,
} from './failure-headers.ts'
import { type ResolvedDeadLetter, type ResolvedRetry, retryTopicsOf } from './retry-options.ts'

export interface FailedRecordsOptions {
  readonly groupId: string | null
  readonly retryTopics: ResolvedRetry['topics']
  readonly deadLetter: ResolvedDeadLetter | null
  /** Whose offsets are committed with the copies, where these are written in transactions. */
  readonly consumer: OffsetsOfConsumer
  readonly key: Codec<unknown>
  readonly value: Codec<unknown>
}

/** A retry topic, or a source itself (`index` -1). */
interface Place {
  readonly source: string
  readonly index: number
}

/** Headers come on top of a record that was as large as its topic allows: the broker of the target decides. */
const MAX_REQUEST_BYTES = 67_108_864
const TOO_LARGE = new Set(['RECORD_TOO_LARGE', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const DETAILS: readonly Detail[] = ['full', 'short', 'name']

export class FailedRecords {
  readonly #cluster: Cluster
  readonly #options: FailedRecordsOptions
  readonly #producer: Producer | TransactionalProducer
  readonly #retryTopics = new Map<string, Place>()
  readonly #targets = new Map<string, Promise<TopicMetadata>>()

  constructor(cluster: Cluster, options: FailedRecordsOptions) {
    this.#cluster = cluster
    this.#options = options
    const transactionalId = options.deadLetter?.transactionalId ?? null
    const settings = { maxRequestBytes: MAX_REQUEST_BYTES }
    this.#producer =
      transactionalId === null
        ? new Producer(cluster, settings)
        : new TransactionalProducer(cluster, { ...settings, transactionalId })
    // It is closed by the run that it belongs to, which may need it until its end.
    cluster.roles.delete(this.#producer)
  }

  get hasDeadLetters(): boolean {
    return this.#options.deadLetter !== null
  }

  /** Makes the topics that are missing. Resolves with the names of retry topics, which are to be read too. Rejects with BrokerError, TimeoutError. */
  async prepare(sources: readonly string[]): Promise<string[]> {
    const { retryTopics, deadLetter } = this.#options
    const namesOf = (source: string) => (retryTopics === null ? [] : retryTopicsOf(source, retryTopics))
    const known = new Set(sources.flatMap(namesOf))
    // A consumer that ran before is subscribed to its retry topics already.
    for (const source of sources.filter((name) => !known.has(name))) {
      const names = namesOf(source)
      for (const [index, name] of names.entries()) this.#retryTopics.set(name, { source, index })
      const targets = deadLetter === null ? names : [...names, deadLetter.topicOf(source)]
      await Promise.all(targets.map((target) => this.#ensure(target, source)))
    }
    return [...this.#retryTopics.keys()]
  }

  /** What the handler gets. Throws {@link CodecError}. */
  decode(raw: ConsumerRecord): ConsumerRecord<unknown, unknown> {
    const { topic, partition, offset, key, value } = raw
    try {
      return {
        ...raw,
        key: key === null ? null : this.#options.key.decode(key),
        value: value === null ? null : this.#options.value.decode(value),
      }
    } catch (cause) {
      throw new CodecError(`record ${offset} of ${topic}-${partition} could not be decoded`, {
        topic,
        partition,
        cause,
      })
    }
  }

  /** Wall time before which the record is to wait; 0: at once. */
  dueAt(raw: ConsumerRecord): number {
    const place = this.#retryTopics.get(raw.topic)
    if (place === undefined) return 0
    const told = numberOf(lastHeader(raw.headers, DUE_AT))
    return told ?? raw.timestamp + this.#options.retryTopics!.delaysMs[place.index]!
  }

  /** 1 for a record from its source, one more for each retry topic. */
  roundOf(raw: ConsumerRecord): number {
    return this.#place(raw).index + 2
  }

  /** Sends the record to the next retry topic; false when there is none. Rejects with DeadLetterError. */
  async sendToRetry(raw: ConsumerRecord, error: unknown): Promise<boolean> {
    const { retryTopics } = this.#options
    const { source, index } = this.#place(raw)
    if (retryTopics === null || index + 1 >= retryTopics.delaysMs.length) return false
    const target = retryTopicsOf(source, retryTopics)[index + 1]!
    const dueAt = Math.ceil(this.#cluster.env.clock.now() + retryTopics.delaysMs[index + 1]!)
    const attempt = (numberOf(lastHeader(raw.headers, ATTEMPTS)) ?? 1) + 1
    await this.#send(raw, { target, error, headers: (failure) => retryHeaders(raw, failure, { attempt, dueAt }) })
    return true
  }

  /** Sends the record to its dead-letter topic. Rejects with DeadLetterError. */
  async sendToDeadLetters(raw: ConsumerRecord, error: unknown): Promise<void> {
    const target = this.#options.deadLetter!.topicOf(this.#place(raw).source)
    await this.#send(raw, { target, error, headers: (failure) => deadLetterHeaders(raw, failure) })
    const { topic, partition, offset } = raw
    this.#cluster.env.logger.info('a record became a dead letter', { topic, partition, offset, target, error })
  }

  close(): Promise<void> {
    return this.#producer.close()
  }

  #place(raw: ConsumerRecord): Place {
    return this.#retryTopics.get(raw.topic) ?? { source: raw.topic, index: -1 }
  }

  async #send(
    raw: ConsumerRecord,
    to: { readonly target: string; readonly error: unknown; readonly headers: (failure: Failure) => RecordHeader[] },
  ): Promise<void> {
    const { target, error, headers } = to
    const { groupId } = this.#options
    const { key, value, partition } = raw
    for (const detail of DETAILS) {
      try {
        const { partitions } = await this.#ensure(target, raw.topic)
        const copy = { topic: target, key, value, headers: headers({ error, detail, groupId }) }
        await this.#write(raw, partition < partitions.length ? { ...copy, partition } : copy)
        return
      } catch (cause) {
        const mayFit = cause instanceof KafkaError && TOO_LARGE.has(cause.code) && detail !== DETAILS.at(-1)
        if (!mayFit) throw new DeadLetterError(raw, target, { failure: error, cause })
      }
    }
  }

  async #write({ topic, partition, offset }: ConsumerRecord, copy: ProducerRecord): Promise<void> {
    const producer = this.#producer
    if (producer instanceof Producer) {
      await producer.send(copy)
      return
    }
    await producer.transaction(async (transaction) => {
      await transaction.send(copy)
      await transaction.sendOffsets(this.#options.consumer, [{ topic, partition, offset: offset + 1 }])
    })
  }

  #ensure(target: string, source: string): Promise<TopicMetadata> {
    const known = this.#targets.get(target)
    if (known !== undefined) return known
    const made = this.#make(target, source)
    this.#targets.set(target, made)
    // The next record tries again.
    made.catch(() => this.#targets.delete(target))
    return made
  }

  async #make(target: string, source: string): Promise<TopicMetadata> {
    const context = this.#cluster.context({})
    const { metadata } = this.#cluster
    if (metadata.topic(source) === undefined) await metadata.load([source], context)
    const partitionCount = metadata.topic(source)?.partitions.length
    const [found] = await ensureTopics(this.#cluster, [{ name: target, partitionCount }], context)
    return found!
  }
}
