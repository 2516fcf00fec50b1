/** Whoever waits for records: a promise for one, or one promise for all of a call. */
import type { SendTrace } from '../telemetry/tracing.ts'
import type { RecordMetadata } from './producer-record.ts'

export interface RecordWaiter {
  /** The record with this place in the call was written. */
  written(place: number, metadata: RecordMetadata): void
  failed(place: number, error: unknown): void
}

export class OneRecord implements RecordWaiter {
  readonly promise: Promise<RecordMetadata>
  #resolve!: (metadata: RecordMetadata) => void
  #reject!: (error: unknown) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  written(_place: number, metadata: RecordMetadata): void {
    this.#resolve(metadata)
  }

  failed(_place: number, error: unknown): void {
    this.#reject(error)
  }
}

/** The metadata of all records in their order, or the first error. */
export class ManyRecords implements RecordWaiter {
  readonly promise: Promise<RecordMetadata[]>
  readonly #results: RecordMetadata[]
  #left: number
  #resolve!: (results: RecordMetadata[]) => void
  #reject!: (error: unknown) => void

  constructor(count: number) {
    this.#results = new Array(count)
    this.#left = count
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (count === 0) this.#resolve([])
  }

  written(place: number, metadata: RecordMetadata): void {
    this.#results[place] = metadata
    this.#left -= 1
    if (this.#left === 0) this.#resolve(this.#results)
  }

  failed(_place: number, error: unknown): void {
    this.#reject(error)
  }
}

/** Tells a trace too. */
export class TracedRecord implements RecordWaiter {
  readonly trace: SendTrace
  readonly #waiter: RecordWaiter

  constructor(waiter: RecordWaiter, trace: SendTrace) {
    this.#waiter = waiter
    this.trace = trace
  }

  written(place: number, metadata: RecordMetadata): void {
    this.trace.written(metadata)
    this.#waiter.written(place, metadata)
  }

  failed(place: number, error: unknown): void {
    this.trace.failed(error)
    this.#waiter.failed(place, error)
  }
}
