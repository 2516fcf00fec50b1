/** Where the parts of a client tell what they do: to figures always, to channels and traces while somebody wants them. */
import type { Env } from '@ottla/env'
import type { AnsweredRequest, RequestObserver } from '@ottla/net'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { HeadersInit } from '../producer/producer-record.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { type ClientChannels, clientChannels } from './channels.ts'
import { ClientFigures, type LaneKind } from './client-figures.ts'
import type { Reader, SendTrace, Tracing } from './tracing.ts'

type AnyRecord = ConsumerRecord<unknown, unknown>

/** Batches, answers: what is told once for many records. */
export interface SentBatch extends TopicPartition {
  readonly recordCount: number
  readonly sizeBytes: number
  readonly attempts: number
  /** Monotonic time at which it was begun. */
  readonly createdAt: number
  /** Null when it was written. */
  readonly error: unknown
}

export class Telemetry {
  readonly clientId: string
  readonly figures = new ClientFigures()
  readonly tracing: Tracing | null
  readonly #env: Env
  readonly #channels: ClientChannels

  constructor(env: Env, options: { readonly clientId: string; readonly tracing: Tracing | null }) {
    this.#env = env
    this.clientId = options.clientId
    this.tracing = options.tracing
    this.#channels = clientChannels(env.diagnostics)
  }

  /** Watches the requests of a lane. */
  observer(kind: LaneKind): RequestObserver {
    const figures = this.figures.lanes[kind]
    const { clock } = this.#env
    return {
      connected: () => {
        figures.connectionsMade += 1
        figures.openConnections += 1
      },
      closed: () => {
        figures.openConnections -= 1
      },
      answered: (request) => {
        const now = clock.monotonic()
        const durationMs = now - request.askedAt
        figures.requests += 1
        figures.outgoingBytes += request.requestBytes
        figures.incomingBytes += request.responseBytes
        if (request.error === null) figures.latency(request.api, now).record(durationMs * 1000)
        else figures.failures += 1
        if (this.#channels.request.hasSubscribers) this.#tellRequest(request, durationMs)
      },
    }
  }

  sent(batch: SentBatch): void {
    const topic = this.figures.topicSent(batch.topic)
    this.figures.batches += 1
    if (batch.attempts > 1) this.figures.retries += batch.attempts - 1
    if (batch.error === null) {
      topic.records += batch.recordCount
      topic.bytes += batch.sizeBytes
    } else topic.errors += batch.recordCount
    const { send } = this.#channels
    if (!send.hasSubscribers) return
    const { createdAt, attempts: _, ...told } = batch
    send.publish({ clientId: this.clientId, ...told, durationMs: this.#env.clock.monotonic() - createdAt })
  }

  /** Null when nobody traces: the usual way. */
  traceSend(record: {
    readonly topic: string | { readonly name: string }
    readonly partition?: number
    readonly key?: unknown
    readonly value: unknown
    readonly headers?: HeadersInit
  }): SendTrace | null {
    if (this.tracing === null) return null
    return this.tracing.send({
      clientId: this.clientId,
      topic: typeof record.topic === 'string' ? record.topic : record.topic.name,
      partition: record.partition,
      key: record.key,
      isTombstone: record.value === null,
      headers: record.headers,
    })
  }

  fetched(fetch: {
    readonly groupId: string | null
    readonly brokerId: number
    readonly partitionCount: number
    readonly sizeBytes: number
    readonly startedAt: number
    readonly error: unknown
  }): void {
    this.figures.fetches += 1
    const channel = this.#channels.fetch
    if (!channel.hasSubscribers) return
    const { startedAt, ...told } = fetch
    channel.publish({ clientId: this.clientId, ...told, durationMs: this.#env.clock.monotonic() - startedAt })
  }

  /** Records of a partition were handed to the application. */
  handedOut(topic: string, recordCount: number): void {
    this.figures.topicConsumed(topic).records += recordCount
  }

  /** All that a `poll` gave. */
  polled(records: readonly AnyRecord[], groupId: string | null, startedAt: number): void {
    this.tracing?.received(records, { clientId: this.clientId, groupId }, startedAt)
  }

  /** Somebody wants to hear of {@link process}: else the work may be done without it. */
  get watchesProcess(): boolean {
    return this.tracing !== null || this.#channels.process.hasSubscribers
  }

  /** The work on a record, watched if somebody watches. */
  process<T>(record: AnyRecord, groupId: string | null, work: () => T): T {
    const { process } = this.#channels
    const watched = process.hasSubscribers ? () => this.#timed(record, groupId, work) : work
    if (this.tracing === null) return watched()
    return this.tracing.process(record, { clientId: this.clientId, groupId }, watched)
  }

  committed(
    groupId: string,
    offsets: readonly (TopicPartition & { readonly offset: number })[],
    { startedAt, error }: { readonly startedAt: number; readonly error: unknown },
  ): void {
    if (error === null) this.figures.commits += 1
    else this.figures.failedCommits += 1
    const { commit } = this.#channels
    if (this.tracing === null && !commit.hasSubscribers) return
    const { clock } = this.#env
    const durationMs = clock.monotonic() - startedAt
    const reader: Reader = { clientId: this.clientId, groupId }
    this.tracing?.settled(offsets, reader, { startedAt: clock.now() - durationMs, error })
    if (commit.hasSubscribers) commit.publish({ ...reader, offsets, durationMs, error })
  }

  rebalanced(
    groupId: string | null,
    kind: 'assigned' | 'revoked' | 'lost',
    partitions: readonly TopicPartition[],
  ): void {
    if (kind === 'lost') this.figures.lost += 1
    else if (kind === 'assigned') this.figures.rebalances += 1
    const { rebalance } = this.#channels
    if (rebalance.hasSubscribers) rebalance.publish({ clientId: this.clientId, groupId, kind, partitions })
  }

  failed(
    who: { readonly role: 'consumer' | 'share-consumer'; readonly groupId: string | null },
    error: Error,
    kind: 'retried' | 'thrown',
  ): void {
    const channel = this.#channels.error
    if (channel.hasSubscribers) channel.publish({ clientId: this.clientId, ...who, error, kind })
  }

  #tellRequest(request: AnsweredRequest, durationMs: number): void {
    const { askedAt: _, ...told } = request
    this.#channels.request.publish({ clientId: this.clientId, ...told, durationMs })
  }

  #timed<T>({ topic, partition, offset }: AnyRecord, groupId: string | null, work: () => T): T {
    const { clock } = this.#env
    const startedAt = clock.monotonic()
    const tell = (error: unknown) => {
      const durationMs = clock.monotonic() - startedAt
      this.#channels.process.publish({
        clientId: this.clientId,
        groupId,
        topic,
        partition,
        offset,
        durationMs,
        error,
      })
    }
    return observed(work, tell)
  }
}

/** Calls `over` when the work is done, at once or as a promise: with null, or with what it threw. */
export function observed<T>(work: () => T, over: (error: unknown) => void): T {
  let result: T
  try {
    result = work()
  } catch (error) {
    over(error)
    throw error
  }
  if (!(result instanceof Promise)) {
    over(null)
    return result
  }
  return result.then(
    (value) => {
      over(null)
      return value
    },
    (error) => {
      over(error)
      throw error
    },
  ) as T
}
