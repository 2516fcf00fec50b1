/** Sends records: in order per partition, once each, in batches that form by themselves. */
import type { Cluster } from '../cluster/cluster.ts'
import { abortable } from '../time/delay.ts'
import { IdempotentIdentity } from './idempotent-identity.ts'
import { ProducerEngine } from './producer-engine.ts'
import type { ProducerOptions } from './producer-options.ts'
import type { ProducerRecord, RecordMetadata } from './producer-record.ts'

export interface SendOptions {
  readonly signal?: AbortSignal
}

/**
 * Writes records.
 *
 *     const { partition, offset } = await producer.send({ topic: orders, key: 'a', value: { amount: 3 } })
 *
 * Records that are sent in one turn of the event loop travel together; there is no need to collect them.
 */
export class Producer implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #engine: ProducerEngine

  /** Use `kafka.producer()`. @internal */
  constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster
    this.#engine = new ProducerEngine(cluster, options, (engine) => new IdempotentIdentity(cluster, engine))
    cluster.roles.add(this)
  }

  /**
   * Sends a record; resolves when it is written as `acks` asks for. Repeats what failed for a passing reason, without
   * changing the order of the records of a partition, until the delivery timeout. Rejects with BrokerError,
   * TimeoutError, RecordTooLargeError, CodecError, ClosedError; a signal only ends the waiting.
   */
  send<K = Buffer, V = Buffer>(record: ProducerRecord<K, V>, options: SendOptions = {}): Promise<RecordMetadata> {
    return this.#engine.send(record, options.signal)
  }

  /** Sends many records. Rejects with the error of the first that failed; the others are sent nevertheless. */
  sendAll<K = Buffer, V = Buffer>(
    records: Iterable<ProducerRecord<K, V>>,
    options: SendOptions = {},
  ): Promise<RecordMetadata[]> {
    return this.#engine.sendAll(records, options.signal)
  }

  /** Sends all that waits without further delay, and waits until it is answered, well or not. */
  flush(options: SendOptions = {}): Promise<void> {
    return this.#engine.flush(options.signal)
  }

  /** Sends what it holds, then closes its connections. A signal only ends the waiting. */
  close(options: SendOptions = {}): Promise<void> {
    this.#cluster.roles.delete(this)
    return abortable(this.#engine.close(), options.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
