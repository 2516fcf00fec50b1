/** Sends records: in order per partition, once each, in batches that form by themselves. */
import type { Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { ArgumentError, ClosedError, isRetriable, RecordTooLargeError } from '../errors.ts'
import type { TopicMetadata } from '../metadata/cluster-metadata.ts'
import { Deadline } from '../time/deadline.ts'
import { abortable } from '../time/delay.ts'
import { partitionKey } from '../topic-partition.ts'
import { MemoryBudget } from './memory-budget.ts'
import { PartitionQueue, type ProducerIdentity } from './partition-queue.ts'
import { type Partitioner, partitionOfKey, StickyPartition } from './partitioner.ts'
import { initProducerId } from './producer-id.ts'
import { type ProducerOptions, type ResolvedProducerOptions, resolveProducerOptions } from './producer-options.ts'
import {
  encodeHeaders,
  encodeRecord,
  type PendingRecord,
  type ProducerRecord,
  type RecordMetadata,
} from './producer-record.ts'
import { type BatchPosition, RecordBatch } from './record-batch.ts'
import { Sender } from './sender.ts'

/** Bytes that a record takes in a batch beyond its key, value and headers; at most. */
const RECORD_OVERHEAD_BYTES = 36
const HEADER_OVERHEAD_BYTES = 10

interface SendOptions {
  readonly signal?: AbortSignal
}

interface Outgoing {
  readonly record: PendingRecord
  readonly topic: string
  /** As the caller named it. */
  readonly partition: number | undefined
  readonly key: unknown
  readonly value: unknown
}

/**
 *     const { partition, offset } = await producer.send({ topic: orders, key: 'a', value: { amount: 3 } })
 *
 * Records that are sent in one turn of the event loop travel together; there is no need to collect them.
 */
export class Producer implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #options: ResolvedProducerOptions
  readonly #partitioner: Partitioner | undefined
  readonly #lane: ConnectionPool
  readonly #memory: MemoryBudget
  readonly #queues = new Map<string, PartitionQueue>()
  /** Queues that hold something. */
  readonly #active = new Map<string, PartitionQueue>()
  readonly #sticky = new Map<string, StickyPartition>()
  /** Records that wait for metadata or room, by topic: the last of a chain that keeps their order. */
  readonly #entering = new Map<string, Promise<void>>()
  readonly #sender: Sender
  readonly #unsubscribe: () => void
  #identity: ProducerIdentity | null = null
  #isAskingForIdentity = false
  #nextBatchNumber = 0
  #flushBelow = 0
  #flushes = new Set<() => void>()
  #closing: Promise<void> | null = null

  /** Use `kafka.producer()`. */
  constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster
    this.#options = resolveProducerOptions(options)
    this.#partitioner = options.partitioner
    this.#lane = cluster.openLane()
    this.#memory = new MemoryBudget(cluster.env, this.#options.bufferBytes)
    this.#sender = new Sender({
      cluster,
      lane: this.#lane,
      options: this.#options,
      queues: this.#active,
      identity: () => this.#identityNow(),
      flushBelow: () => this.#flushBelow,
      onDone: (batch) => this.#done(batch),
    })
    this.#unsubscribe = cluster.metadata.onChange(() => {
      if (this.#active.size > 0) this.#sender.wake()
    })
    cluster.roles.add(this)
  }

  /**
   * Sends a record; resolves when it is written as `acks` asks for. Repeats what failed for a passing reason, without
   * changing the order of the records of a partition, until the delivery timeout. Rejects with BrokerError,
   * TimeoutError, RecordTooLargeError, CodecError, ClosedError; a signal only ends the waiting.
   */
  send<K = Buffer, V = Buffer>(record: ProducerRecord<K, V>, options: SendOptions = {}): Promise<RecordMetadata> {
    const sent = new Promise<RecordMetadata>((resolve, reject) => {
      if (this.#closing !== null) {
        reject(new ClosedError('the producer'))
        return
      }
      options.signal?.throwIfAborted()
      this.#enter(this.#encode(record, { resolve, reject }))
    })
    return options.signal === undefined ? sent : abortable(sent, options.signal)
  }

  /** Sends many records. Rejects with the error of the first that failed; the others are sent nevertheless. */
  sendAll<K = Buffer, V = Buffer>(
    records: Iterable<ProducerRecord<K, V>>,
    options: SendOptions = {},
  ): Promise<RecordMetadata[]> {
    return Promise.all(Array.from(records, (record) => this.send(record, options)))
  }

  /** Sends all that waits without further delay, and waits until it is answered, well or not. */
  async flush(options: SendOptions = {}): Promise<void> {
    await abortable(this.#flush(), options.signal)
  }

  /** Sends what it holds, then closes its connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #encode<K, V>(record: ProducerRecord<K, V>, waiting: Pick<PendingRecord, 'resolve' | 'reject'>): Outgoing {
    const topic = typeof record.topic === 'string' ? record.topic : record.topic.name
    const { key, value } = encodeRecord(record)
    const headers = encodeHeaders(record.headers)
    let sizeBytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
    for (const header of headers) {
      sizeBytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0)
    }
    const { maxRequestBytes } = this.#options
    if (sizeBytes > maxRequestBytes) throw new RecordTooLargeError(sizeBytes, maxRequestBytes, { topic })
    const timestamp = record.timestamp ?? this.#cluster.env.clock.now()
    return {
      record: { key, value, headers, timestamp, sizeBytes, ...waiting },
      topic,
      partition: record.partition,
      key: record.key,
      value: record.value,
    }
  }

  /** Appends the record at once when nothing has to be waited for; that is the usual way. */
  #enter(outgoing: Outgoing): void {
    const { topic, record } = outgoing
    const known = this.#entering.has(topic) ? undefined : this.#cluster.metadata.topic(topic)
    if (known !== undefined && this.#memory.tryTake(record.sizeBytes)) {
      this.#append(outgoing, known)
      return
    }
    const before = this.#entering.get(topic) ?? Promise.resolve()
    const entered = before.then(() => this.#enterLater(outgoing)).catch(record.reject)
    this.#entering.set(topic, entered)
    void entered.then(() => {
      if (this.#entering.get(topic) === entered) this.#entering.delete(topic)
    })
  }

  async #enterLater(outgoing: Outgoing): Promise<void> {
    const { topic, record } = outgoing
    const { env, metadata } = this.#cluster
    const deadline = new Deadline(env.clock, this.#options.maxBlockMs)
    const known = await metadata.loadTopic(topic, { deadline, allowAutoCreate: true })
    await this.#memory.take(record.sizeBytes, deadline.remainingMs)
    this.#append(outgoing, known)
  }

  #append(outgoing: Outgoing, topic: TopicMetadata): void {
    const { record } = outgoing
    let partition: number
    try {
      partition = this.#partitionOf(outgoing, topic)
    } catch (error) {
      this.#memory.give(record.sizeBytes)
      record.reject(error)
      return
    }
    const key = partitionKey(topic.name, partition)
    const queue = this.#queue(key, { topic: topic.name, partition })
    queue.append(record)
    this.#active.set(key, queue)
    this.#sender.wake()
  }

  #partitionOf({ partition, key, value, record }: Outgoing, topic: TopicMetadata): number {
    const partitionCount = topic.partitions.length
    const chosen =
      partition ??
      this.#partitioner?.({
        topic: topic.name,
        key,
        value,
        keyBytes: record.key,
        valueBytes: record.value,
        partitionCount,
      })
    if (chosen !== undefined) {
      if (Number.isInteger(chosen) && chosen >= 0 && chosen < partitionCount) return chosen
      throw new ArgumentError(`there is no partition ${chosen} of topic ${topic.name}, it has ${partitionCount}`, {
        topic: topic.name,
      })
    }
    if (record.key !== null) return partitionOfKey(record.key, partitionCount)
    let sticky = this.#sticky.get(topic.name)
    if (sticky === undefined) {
      sticky = new StickyPartition(this.#cluster.env.random)
      this.#sticky.set(topic.name, sticky)
    }
    return sticky.next(topic, record.sizeBytes)
  }

  #queue(key: string, position: BatchPosition): PartitionQueue {
    const known = this.#queues.get(key)
    if (known !== undefined) return known
    const { batchBytes, isIdempotent, maxInFlight } = this.#options
    const queue = new PartitionQueue({
      position,
      batchBytes,
      // Without sequences the broker could not tell that a later batch overtook a repeated one.
      maxInFlight: isIdempotent ? maxInFlight : 1,
      startBatch: (at) => this.#startBatch(at),
      onEpochsExhausted: () => {
        this.#identity = null
      },
    })
    this.#queues.set(key, queue)
    return queue
  }

  #startBatch(position: BatchPosition): RecordBatch {
    const createdAt = this.#cluster.env.clock.monotonic()
    const number = this.#nextBatchNumber
    this.#nextBatchNumber += 1
    return new RecordBatch(position, { number, createdAt, dueAt: createdAt + this.#options.deliveryTimeoutMs })
  }

  #identityNow(): ProducerIdentity | null {
    if (this.#identity === null && !this.#isAskingForIdentity) {
      this.#isAskingForIdentity = true
      void this.#askForIdentity().finally(() => {
        this.#isAskingForIdentity = false
        this.#sender.wake()
      })
    }
    return this.#identity
  }

  async #askForIdentity(): Promise<void> {
    try {
      const timeoutMs = this.#options.deliveryTimeoutMs
      this.#identity = await initProducerId(this.#cluster, this.#cluster.context({ timeoutMs }))
    } catch (error) {
      // Passing failures end in the delivery timeout of the batches; what will never work fails them now.
      if (isRetriable(error)) return
      for (const queue of [...this.#active.values()]) {
        for (const batch of queue.expire(Number.POSITIVE_INFINITY)) {
          batch.fail(error)
          this.#done(batch)
        }
      }
    }
  }

  #done(batch: RecordBatch): void {
    let bytes = 0
    for (const record of batch.records) bytes += record.sizeBytes
    const key = partitionKey(batch.position.topic, batch.position.partition)
    if (this.#queues.get(key)?.isEmpty === true) this.#active.delete(key)
    this.#memory.give(bytes)
    for (const check of [...this.#flushes]) check()
  }

  async #flush(): Promise<void> {
    await Promise.all([...this.#entering.values()])
    const below = this.#nextBatchNumber
    this.#flushBelow = below
    const isDone = () => [...this.#active.values()].every((queue) => queue.oldestNumber >= below)
    if (isDone()) return
    this.#sender.wake()
    await new Promise<void>((resolve) => {
      const check = () => {
        if (!isDone()) return
        this.#flushes.delete(check)
        resolve()
      }
      this.#flushes.add(check)
    })
  }

  async #close(): Promise<void> {
    this.#cluster.roles.delete(this)
    try {
      await this.#flush()
    } finally {
      this.#unsubscribe()
      this.#sender.close()
      this.#cluster.closeLane(this.#lane)
    }
  }
}
