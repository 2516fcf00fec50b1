/** A record that is this consumer's to work on until its lock runs out. */
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { KafkaError } from '../errors.ts'
import { AcknowledgeType } from './acknowledgement.ts'

/**
 * Each of the four resolves when the broker has taken it, and rejects when it did not: the lock had run out, and somebody else may
 * have the record by now.
 */
export interface Task<K = Buffer, V = Buffer> {
  readonly record: ConsumerRecord<K, V>
  /** 1 for the first delivery. */
  readonly deliveryCount: number
  /** Done: nobody gets the record again. */
  ack(): Promise<void>
  /** Not done: somebody gets it again, as long as the group's limit of deliveries allows it. */
  release(): Promise<void>
  /** Never to be done: it is not delivered again. */
  reject(): Promise<void>
  /** More time, as much as at first. May be repeated. Rejects where the broker is older than version 2 of ShareAcknowledge. */
  renew(): Promise<void>
  /** One of the first three was called. */
  readonly isSettled: boolean
}

export class AcquiredTask implements Task<unknown, unknown> {
  readonly record: ConsumerRecord<unknown, unknown>
  readonly deliveryCount: number
  readonly #acknowledge: (type: AcknowledgeType) => Promise<void>
  #isSettled = false

  constructor(
    record: ConsumerRecord<unknown, unknown>,
    deliveryCount: number,
    acknowledge: (type: AcknowledgeType) => Promise<void>,
  ) {
    this.record = record
    this.deliveryCount = deliveryCount
    this.#acknowledge = acknowledge
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  ack(): Promise<void> {
    return this.#settle(AcknowledgeType.accept)
  }

  release(): Promise<void> {
    return this.#settle(AcknowledgeType.release)
  }

  reject(): Promise<void> {
    return this.#settle(AcknowledgeType.reject)
  }

  renew(): Promise<void> {
    return this.#isSettled ? this.#again() : this.#acknowledge(AcknowledgeType.renew)
  }

  #settle(type: AcknowledgeType): Promise<void> {
    if (this.#isSettled) return this.#again()
    this.#isSettled = true
    return this.#acknowledge(type)
  }

  #again(): Promise<void> {
    const { topic, partition, offset } = this.record
    const message = `record ${offset} of ${topic}-${partition} was acknowledged before`
    return Promise.reject(new KafkaError('ALREADY_ACKNOWLEDGED', message, { topic, partition }))
  }
}
