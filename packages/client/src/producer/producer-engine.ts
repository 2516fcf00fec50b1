/** What producers are made of: records in, batches that form by themselves out, in order per partition and once each. */
import type { Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { ArgumentError, ClosedError, RecordTooLargeError } from '../errors.ts'
import type { TopicMetadata } from '../metadata/cluster-metadata.ts'
import { Deadline } from '../time/deadline.ts'
import { abortable } from '../time/delay.ts'
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
import { ManyRecords, OneRecord, type RecordWaiter, TracedRecord } from './record-waiter.ts'
import { Sender } from './sender.ts'
import type { WriteIdentity } from './write-identity.ts'

/** Bytes that a record takes in a batch beyond its key, value and headers; at most. */
const RECORD_OVERHEAD_BYTES = 36
const HEADER_OVERHEAD_BYTES = 10

/** Room in a batch for more than the one before it had. */
const LIKELY_MORE_BYTES = 1024

/** Makes the identity that the engine writes under. */
export type MakeIdentity = (engine: ProducerEngine) => WriteIdentity

/** A record that has no partition yet. */
interface Outgoing extends PendingRecord {
  readonly topic: string
  /** As the caller gave it. */
  readonly source: ProducerRecord<unknown, unknown>
}

interface SendCall {
  readonly place: number
  /** When it was called, if that is known. */
  readonly now: number | undefined
  readonly signal: AbortSignal | undefined
}

export class ProducerEngine {
  readonly #cluster: Cluster
  readonly #options: ResolvedProducerOptions
  readonly #partitioner: Partitioner | undefined
  readonly #lane: ConnectionPool
  readonly #memory: MemoryBudget
  /** By topic and partition. */
  readonly #queues = new Map<string, Map<number, PartitionQueue>>()
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
    this.#lane = cluster.openLane('producer')
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
    const waiter = new OneRecord()
    this.#sendAs(record as ProducerRecord<unknown, unknown>, waiter, { place: 0, now: undefined, signal })
    return signal === undefined ? waiter.promise : abortable(waiter.promise, signal)
  }

  /** See `Producer.sendAll`. */
  sendAll<K, V>(records: Iterable<ProducerRecord<K, V>>, signal: AbortSignal | undefined): Promise<RecordMetadata[]> {
    const all = (Array.isArray(records) ? records : [...records]) as readonly ProducerRecord<unknown, unknown>[]
    const waiter = new ManyRecords(all.length)
    const now = this.#cluster.env.clock.now()
    for (let place = 0; place < all.length; place++) this.#sendAs(all[place]!, waiter, { place, now, signal })
    return signal === undefined ? waiter.promise : abortable(waiter.promise, signal)
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
    for (const ofTopic of this.#queues.values()) for (const queue of ofTopic.values()) queue.restartSequences()
  }

  #sendAs(record: ProducerRecord<unknown, unknown>, waiter: RecordWaiter, call: SendCall): void {
    try {
      if (this.#closing !== null) throw new ClosedError('the producer')
      call.signal?.throwIfAborted()
      const trace = this.#cluster.telemetry.traceSend(record)
      if (trace === null) this.#enter(this.#encode(record, waiter, call))
      else this.#sendTraced(record, new TracedRecord(waiter, trace), call)
    } catch (error) {
      waiter.failed(call.place, error)
    }
  }

  #sendTraced(record: ProducerRecord<unknown, unknown>, waiter: TracedRecord, call: SendCall): void {
    const { headers } = waiter.trace
    try {
      this.#enter(this.#encode(headers === undefined ? record : { ...record, headers }, waiter, call))
    } catch (error) {
      waiter.failed(call.place, error)
    }
  }

  #encode(source: ProducerRecord<unknown, unknown>, waiter: RecordWaiter, { place, now }: SendCall): Outgoing {
    const topic = typeof source.topic === 'string' ? source.topic : source.topic.name
    const { key, value } = encodeRecord(source)
    const headers = encodeHeaders(source.headers)
    let sizeBytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
    for (const header of headers) {
      sizeBytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0)
    }
    const { maxRequestBytes } = this.#options
    if (sizeBytes > maxRequestBytes) throw new RecordTooLargeError(sizeBytes, maxRequestBytes, { topic })
    const timestamp = source.timestamp ?? now ?? this.#cluster.env.clock.now()
    return { key, value, headers, timestamp, sizeBytes, waiter, place, topic, source }
  }

  /** Appends the record at once when nothing has to be waited for; that is the usual way. */
  #enter(outgoing: Outgoing): void {
    const { topic, sizeBytes } = outgoing
    const mustWait = this.#entering.size > 0 && this.#entering.has(topic)
    const known = mustWait ? undefined : this.#cluster.metadata.current.topics.get(topic)
    if (known !== undefined && this.#memory.tryTake(sizeBytes)) {
      this.#append(outgoing, known)
      return
    }
    const before = this.#entering.get(topic) ?? Promise.resolve()
    const entered = before
      .then(() => this.#enterLater(outgoing))
      .catch((error) => outgoing.waiter.failed(outgoing.place, error))
    this.#entering.set(topic, entered)
    void entered.then(() => {
      if (this.#entering.get(topic) === entered) this.#entering.delete(topic)
      this.#stir()
    })
  }

  async #enterLater(outgoing: Outgoing): Promise<void> {
    const { topic, sizeBytes } = outgoing
    const { env, metadata } = this.#cluster
    const deadline = new Deadline(env.clock, this.#options.maxBlockMs)
    const known = await metadata.loadTopic(topic, { deadline, allowAutoCreate: true })
    await this.#memory.take(sizeBytes, deadline.remainingMs)
    this.#append(outgoing, known)
  }

  #append(outgoing: Outgoing, topic: TopicMetadata): void {
    let partition: number
    try {
      partition = this.#partitionOf(outgoing, topic)
    } catch (error) {
      this.#memory.give(outgoing.sizeBytes)
      outgoing.waiter.failed(outgoing.place, error)
      return
    }
    const queue = this.#queue(topic.name, partition)
    if (queue.isEmpty) this.#active.set(queue.key, queue)
    queue.append(outgoing)
    this.#sender.wake()
  }

  #partitionOf({ source, key, value, sizeBytes }: Outgoing, topic: TopicMetadata): number {
    const partitionCount = topic.partitions.length
    const chosen =
      source.partition ??
      this.#partitioner?.({
        topic: topic.name,
        key: source.key,
        value: source.value,
        keyBytes: key,
        valueBytes: value,
        partitionCount,
      })
    if (chosen !== undefined) {
      if (Number.isInteger(chosen) && chosen >= 0 && chosen < partitionCount) return chosen
      throw new ArgumentError(`there is no partition ${chosen} of topic ${topic.name}, it has ${partitionCount}`, {
        topic: topic.name,
      })
    }
    if (key !== null) return partitionOfKey(key, partitionCount)
    let sticky = this.#sticky.get(topic.name)
    if (sticky === undefined) {
      sticky = new StickyPartition(this.#cluster.env.random)
      this.#sticky.set(topic.name, sticky)
    }
    return sticky.next(topic, sizeBytes)
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let ofTopic = this.#queues.get(topic)
    if (ofTopic === undefined) this.#queues.set(topic, (ofTopic = new Map()))
    const known = ofTopic.get(partition)
    if (known !== undefined) return known
    const { batchBytes, isIdempotent, maxInFlight } = this.#options
    const queue = new PartitionQueue({
      position: { topic, partition },
      batchBytes,
      // Without sequences the broker could not tell that a later batch overtook a repeated one.
      maxInFlight: isIdempotent ? maxInFlight : 1,
      startBatch: (at, likelyBytes) => this.#startBatch(at, likelyBytes),
      onEpochsExhausted: () => this.#identity.exhausted(),
    })
    ofTopic.set(partition, queue)
    return queue
  }

  #startBatch(position: BatchPosition, likelyBytes: number): RecordBatch {
    const { compression: type, compressionLevel: level, batchBytes, deliveryTimeoutMs } = this.#options
    const { clock } = this.#cluster.env
    // What is old is asked for again, meanwhile it serves.
    this.#cluster.metadata.topic(position.topic)
    const createdAt = clock.monotonic()
    const number = this.#nextBatchNumber
    this.#nextBatchNumber += 1
    const isTransactional = this.#identity.transactionalId !== null
    const initialBytes = Math.min(likelyBytes + LIKELY_MORE_BYTES, Math.max(batchBytes, likelyBytes))
    const form = { type, level, isTransactional, initialBytes }
    return new RecordBatch(position, form, { number, createdAt, dueAt: createdAt + deliveryTimeoutMs })
  }

  #done(batch: RecordBatch): void {
    const { topic, partition } = batch.position
    const queue = this.#queues.get(topic)?.get(partition)
    if (queue?.isEmpty === true) this.#active.delete(queue.key)
    this.#memory.give(batch.reservedBytes)
    const { count: recordCount, reservedBytes: sizeBytes, attempts, createdAt, error } = batch
    this.#cluster.telemetry.sent({ topic, partition, recordCount, sizeBytes, attempts, createdAt, error })
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
