/** What producers are made of: records in, batches that form by themselves out, in order per partition and once each. */
import type { Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { ArgumentError, ClosedError, RecordTooLargeError } from '../errors.ts'
import type { TopicMetadata } from '../metadata/cluster-metadata.ts'
import { Deadline } from '../time/deadline.ts'
import { abortable } from '../time/delay.ts'
import { partitionKey } from '../topic-partition.ts'
import { MemoryBudget } from './memory-budget.ts'
import { PartitionQueue } from './partition-queue.ts'
import { type Partitioner, partitionOfKey, StickyPartition } from './partitioner.ts'
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
import type { WriteIdentity } from './write-identity.ts'

/** Bytes that a record takes in a batch beyond its key, value and headers; at most. */
const RECORD_OVERHEAD_BYTES = 36
const HEADER_OVERHEAD_BYTES = 10

/** Makes the identity that the engine writes under. */
export type MakeIdentity = (engine: ProducerEngine) => WriteIdentity

interface Outgoing {
  readonly record: PendingRecord
  readonly topic: string
  /** As the caller named it. */
  readonly partition: number | undefined
  readonly key: unknown
  readonly value: unknown
}

export class ProducerEngine {
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
  readonly #identity: WriteIdentity
  readonly #unsubscribe: () => void
  #nextBatchNumber = 0
  #flushBelow = 0
  #flushes = new Set<() => void>()
  /** Hear when something came back, entered or was given up. */
  #waitingForStir: (() => void)[] = []
  #closing: Promise<void> | null = null

  /** Throws ArgumentError. */
  constructor(cluster: Cluster, options: ProducerOptions, makeIdentity: MakeIdentity) {
    this.#cluster = cluster
    this.#options = resolveProducerOptions(options)
    this.#partitioner = options.partitioner
    this.#lane = cluster.openLane()
    this.#memory = new MemoryBudget(cluster.env, this.#options.bufferBytes)
    this.#identity = makeIdentity(this)
    this.#sender = new Sender({
      cluster,
      lane: this.#lane,
      options: this.#options,
      queues: this.#active,
      identity: this.#identity,
      flushBelow: () => this.#flushBelow,
      onDone: (batch) => this.#done(batch),
      onLanded: () => this.#stir(),
    })
    this.#unsubscribe = cluster.metadata.onChange(() => {
      if (this.#active.size > 0) this.#sender.wake()
    })
  }

  get options(): ResolvedProducerOptions {
    return this.#options
  }

  /** Resolves when the record is written as `acks` asks for; see `Producer.send`. */
  send<K, V>(record: ProducerRecord<K, V>, signal: AbortSignal | undefined): Promise<RecordMetadata> {
    const sent = new Promise<RecordMetadata>((resolve, reject) => {
      if (this.#closing !== null) {
        reject(new ClosedError('the producer'))
        return
      }
      signal?.throwIfAborted()
      this.#enter(this.#encode(record, { resolve, reject }))
    })
    return signal === undefined ? sent : abortable(sent, signal)
  }

  /** Sends all that waits without further delay, and waits until it is answered, well or not. */
  async flush(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    await abortable(this.#flush(), signal)
  }

  /** Sends what it holds, then closes its connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Looks again for what can be sent. */
  wake(): void {
    this.#sender.wake()
  }

  /** Gives up what is not under way. */
  giveUp(reason: unknown): void {
    for (const queue of [...this.#active.values()]) {
      for (const batch of queue.expire(Number.POSITIVE_INFINITY)) {
        batch.fail(reason)
        this.#done(batch)
      }
    }
  }

  /** Gives up all that is not answered yet; resolves when nothing is under way either. */
  async abandon(reason: unknown): Promise<void> {
    for (;;) {
      this.giveUp(reason)
      if (this.#active.size === 0 && this.#entering.size === 0) return
      await new Promise<void>((resolve) => this.#waitingForStir.push(resolve))
    }
  }

  /** Sequences start at 0 with the next batch, under another identity. Only while nothing waits. */
  restartSequences(): void {
    for (const queue of this.#queues.values()) queue.restartSequences()
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
      this.#stir()
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
      onEpochsExhausted: () => this.#identity.exhausted(),
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

  #done(batch: RecordBatch): void {
    let bytes = 0
    for (const record of batch.records) bytes += record.sizeBytes
    const key = partitionKey(batch.position.topic, batch.position.partition)
    if (this.#queues.get(key)?.isEmpty === true) this.#active.delete(key)
    this.#memory.give(bytes)
    for (const check of [...this.#flushes]) check()
    this.#stir()
  }

  #stir(): void {
    const waiting = this.#waitingForStir
    this.#waitingForStir = []
    for (const wake of waiting) wake()
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
    try {
      await this.#flush()
    } finally {
      this.#unsubscribe()
      this.#sender.close()
      this.#cluster.closeLane(this.#lane)
    }
  }
}
