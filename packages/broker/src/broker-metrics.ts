/**
 * What the broker measures of itself: always on, and cheap. Here are the numbers alone; their names and what else is
 * known of them are in metrics/metrics-table.ts, which is loaded when somebody asks.
 */
import type { LogCleaner, LogResources } from '@ottla/log'
import type { ServerRequest, SocketServer } from '@ottla/net'
import { assert, RecentHistogram } from '@ottla/stdx'
import { ApiFigures } from './metrics/api-figures.ts'
import { TopicTraffic } from './metrics/topic-traffic.ts'

export interface LoopTimes {
  readonly loopActiveMs: number
  readonly loopIdleMs: number
}

export class BrokerMetrics {
  /** How late timers came, microseconds. */
  readonly loopDelay = new RecentHistogram()
  /** Of all topics. */
  readonly traffic = new TopicTraffic()
  /** How long the event loop had worked and waited at the beginning of the period before this one; milliseconds. */
  loopBefore: LoopTimes = { loopActiveMs: 0, loopIdleMs: 0 }
  #loopAtTurn: LoopTimes = this.loopBefore
  readonly #apis: (ApiFigures | undefined)[] = []
  /** Null with log.cleaner.enable=false. */
  cleaner: LogCleaner | null = null
  #server: SocketServer | null = null
  #logs: LogResources | null = null

  get server(): SocketServer {
    assert(this.#server !== null, 'the connections are observed from the start')
    return this.#server
  }

  get logs(): LogResources {
    assert(this.#logs !== null, 'the logs are observed from the start')
    return this.#logs
  }

  /** Of the APIs that were asked for so far, by key. */
  *apis(): IterableIterator<[apiKey: number, figures: ApiFigures]> {
    for (const [key, figures] of this.#apis.entries()) if (figures !== undefined) yield [key, figures]
  }

  api(apiKey: number): ApiFigures {
    return (this.#apis[apiKey] ??= new ApiFigures(apiKey))
  }

  /** A request was read as far as its header. */
  countRequest(apiKey: number, version: number, bytes: number): void {
    this.api(apiKey).start(version, bytes)
  }

  /** What an answer says: of the whole request, or of one of its partitions. */
  countError(apiKey: number, errorCode: number): void {
    this.api(apiKey).error(errorCode)
  }

  answered(request: ServerRequest): void {
    const figures = this.#apis[request.firstWord >> 16]
    if (figures !== undefined) figures.answered += 1
  }

  sent(request: ServerRequest, writtenAt: number, takenAt: number): void {
    this.#apis[request.firstWord >> 16]?.sent(request, writtenAt, takenAt)
  }

  observeServer(server: SocketServer): void {
    this.#server = server
  }

  observeLogs(resources: LogResources): void {
    this.#logs = resources
  }

  /** Begins another period of what is recent. To be called once a minute. */
  turn(loop: LoopTimes | undefined): void {
    this.loopBefore = this.#loopAtTurn
    if (loop !== undefined) this.#loopAtTurn = { loopActiveMs: loop.loopActiveMs, loopIdleMs: loop.loopIdleMs }
    for (const [, figures] of this.apis()) figures.turn()
    this.loopDelay.turn()
    this.#logs?.syncTimes.turn()
  }
}
