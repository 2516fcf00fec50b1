/** What is counted and timed of the requests of one API. Times in microseconds. */
import { apiOf, errorOf } from '@ottla/protocol'
import { RecentHistogram } from '@ottla/stdx'

const MICROS_PER_MS = 1000

/** Monotonic milliseconds of the stages of a request. */
export interface RequestTimes {
  readonly receivedAt: number
  readonly startedAt: number
  readonly handledAt: number
  readonly answeredAt: number
}

export class ApiFigures {
  readonly name: string
  /** Requests, by version. */
  readonly versions: number[] = []
  /** Answers, by error code + 1. */
  readonly errors: number[] = []
  started = 0
  answered = 0
  readonly requestBytes = new RecentHistogram()
  readonly total = new RecentHistogram()
  /** Behind earlier requests of the same connection. */
  readonly requestQueue = new RecentHistogram()
  /** Work in the turn in which it was taken up. */
  readonly local = new RecentHistogram()
  /** Waiting for records, disks, members, or the controller. */
  readonly remote = new RecentHistogram()
  /** Behind the answers of earlier requests of the same connection. */
  readonly responseQueue = new RecentHistogram()
  /** Until the kernel had taken the answer. */
  readonly responseSend = new RecentHistogram()

  constructor(apiKey: number) {
    this.name = apiOf(apiKey)?.name ?? String(apiKey)
  }

  /** Requests that are not answered. */
  get underWay(): number {
    return this.started - this.answered
  }

  start(version: number, bytes: number): void {
    this.started += 1
    this.versions[version] = (this.versions[version] ?? 0) + 1
    this.requestBytes.record(bytes)
  }

  error(code: number): void {
    this.errors[code + 1] = (this.errors[code + 1] ?? 0) + 1
  }

  /** Names of errors with how often each was answered. */
  *errorCounts(): IterableIterator<[name: string, count: number]> {
    for (const [index, count] of this.errors.entries()) if (count > 0) yield [errorOf(index - 1).name, count]
  }

  sent(times: RequestTimes, writtenAt: number, takenAt: number): void {
    const { receivedAt, startedAt, answeredAt } = times
    const localEndAt = Math.min(answeredAt, times.handledAt)
    this.total.record((takenAt - receivedAt) * MICROS_PER_MS)
    this.requestQueue.record((startedAt - receivedAt) * MICROS_PER_MS)
    this.local.record((localEndAt - startedAt) * MICROS_PER_MS)
    this.remote.record((answeredAt - localEndAt) * MICROS_PER_MS)
    this.responseQueue.record((writtenAt - answeredAt) * MICROS_PER_MS)
    this.responseSend.record((takenAt - writtenAt) * MICROS_PER_MS)
  }

  /** Begins another period of what is recent. */
  turn(): void {
    for (const times of [this.requestBytes, this.total, this.requestQueue, this.local, this.remote]) times.turn()
    this.responseQueue.turn()
    this.responseSend.turn()
  }
}
