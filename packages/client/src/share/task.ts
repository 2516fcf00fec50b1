/** A record that is this consumer's to work on until its lock runs out. */
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { ArgumentError, KafkaError } from '../errors.ts'
import { abortable } from '../time/delay.ts'
import { AcknowledgeType } from './acknowledgement.ts'
import type { RecordLock } from './record-lock.ts'

export interface SettleOptions {
  /** Gives up waiting; what was told may still take effect. */
  readonly signal?: AbortSignal | undefined
}

export interface ReleaseOptions extends SettleOptions {
  /** Nobody gets the record again for so long. Default 0. */
  readonly delayMs?: number
}

/**
 * Each of the four resolves when the broker has taken it, and rejects when it did not: the lock had run out, and somebody else may
 * have the record by now.
 */
export interface Task<K = Buffer, V = Buffer> {
  readonly record: ConsumerRecord<K, V>
  /** 1 for the first delivery. */
  readonly deliveryCount: number
  /** Done: nobody gets the record again. */
  ack(options?: SettleOptions): Promise<void>
  /**
   * Not done: somebody gets it again, as long as the group's limit of deliveries allows it (`group.share.delivery.count.limit`, 5).
   *
   * With `delayMs` this consumer holds the lock until then, renewing it (KIP-1222; brokers from Kafka 4.2 on, where the delay is longer than the lock),
   * releases it, and resolves. Brokers know nothing of the delay: when the consumer is closed the record is released at once, when the process dies it is
   * free again when the lock has run out (`group.share.record.lock.duration.ms`, 30 s). Records that are held so count to those that are in flight in
   * their partition, so this is for back-off of seconds and minutes, not for calendars.
   */
  release(options?: ReleaseOptions): Promise<void>
  /** Never to be done: it is not delivered again. */
  reject(options?: SettleOptions): Promise<void>
  /** More time, as much as at first. May be repeated. Rejects where the broker is older than version 2 of ShareAcknowledge. */
  renew(options?: SettleOptions): Promise<void>
  /** One of the first three was called. */
  readonly isSettled: boolean
}

export class AcquiredTask implements Task<unknown, unknown> {
  readonly record: ConsumerRecord<unknown, unknown>
  readonly deliveryCount: number
  readonly lock: RecordLock
  readonly #acknowledge: (type: AcknowledgeType) => Promise<void>
  #isSettled = false

  constructor(
    acquired: { readonly record: ConsumerRecord<unknown, unknown>; readonly deliveryCount: number },
    lock: RecordLock,
    acknowledge: (type: AcknowledgeType) => Promise<void>,
  ) {
    this.record = acquired.record
    this.deliveryCount = acquired.deliveryCount
    this.lock = lock
    this.#acknowledge = acknowledge
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  ack(options: SettleOptions = {}): Promise<void> {
    return this.#settle(AcknowledgeType.accept, options)
  }

  release({ delayMs = 0, ...options }: ReleaseOptions = {}): Promise<void> {
    if (!(delayMs >= 0)) return Promise.reject(new ArgumentError(`delayMs is a number of milliseconds, not ${delayMs}`))
    return delayMs === 0 ? this.#settle(AcknowledgeType.release, options) : this.#releaseLater(delayMs, options)
  }

  reject(options: SettleOptions = {}): Promise<void> {
    return this.#settle(AcknowledgeType.reject, options)
  }

  async renew({ signal }: SettleOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    await (this.#isSettled ? this.#again() : abortable(this.lock.renew(), signal))
  }

  /** Mostly nobody waits for it. When it fails the lock is lost, and the record free: that ends no process. */
  #releaseLater(delayMs: number, { signal }: SettleOptions): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#isSettled) return this.#again()
    this.#isSettled = true
    const { topic, partition, offset } = this.record
    const released = this.lock.hold(delayMs).then(() => this.#acknowledge(AcknowledgeType.release))
    released.catch((error) => {
      this.lock.logger.warn('a task could not be held until its release', { topic, partition, offset, error })
    })
    return abortable(released, signal)
  }

  async #settle(type: AcknowledgeType, { signal }: SettleOptions): Promise<void> {
    signal?.throwIfAborted()
    if (this.#isSettled) return await this.#again()
    this.#isSettled = true
    await abortable(this.#acknowledge(type), signal)
  }

  #again(): Promise<void> {
    const { topic, partition, offset } = this.record
    const message = `record ${offset} of ${topic}-${partition} was acknowledged before`
    return Promise.reject(new KafkaError('ALREADY_ACKNOWLEDGED', message, { topic, partition }))
  }
}
