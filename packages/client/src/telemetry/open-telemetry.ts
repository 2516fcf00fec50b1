/**
 * Spans after OpenTelemetry's semantic conventions for messaging, and W3C trace context in the headers of records, through the API package that the
 * application brings:
 *
 *     import * as api from '@opentelemetry/api'
 *     const kafka = new Kafka({ bootstrapServers, telemetry: openTelemetry(api) })
 *
 * | span | kind | when |
 * |---|---|---|
 * | `send <topic>` | producer | per record, from `send` until it is written; its context goes with the record |
 * | `poll <topic>` | client | per `poll` that gave records; links to the sends of the first of them |
 * | `process <topic>` | consumer | per record of `run`, around the handler and active within it; links to the send |
 * | `commit` | client | per commit |
 */
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { HeadersInit } from '../producer/producer-record.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { SOFTWARE_VERSION } from '../version.ts'
import { observed } from './telemetry.ts'
import type { Reader, SendTrace, SentRecord, Tracing } from './tracing.ts'

type Attributes = Record<string, string | number | boolean>

interface Span {
  setAttribute(key: string, value: string | number | boolean): unknown
  setStatus(status: { code: number; message?: string }): unknown
  recordException(exception: Error): void
  end(): void
}

/** What is needed of `@opentelemetry/api`, from version 1.3 on. Pass the module itself. */
export interface OpenTelemetryApi {
  readonly trace: {
    // biome-ignore lint/suspicious/noExplicitAny: contexts and spans are the API's own, and only handed around
    getTracer(name: string, version?: string): any
    // biome-ignore lint/suspicious/noExplicitAny: as above
    setSpan(context: any, span: any): any
    // biome-ignore lint/suspicious/noExplicitAny: as above
    getSpanContext(context: any): any
  }
  readonly context: {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    active(): any
    // biome-ignore lint/suspicious/noExplicitAny: as above
    with(context: any, work: () => any): any
  }
  readonly propagation: {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    inject(context: any, carrier: any, setter?: any): void
    // biome-ignore lint/suspicious/noExplicitAny: as above
    extract(context: any, carrier: any, getter?: any): any
  }
  readonly ROOT_CONTEXT: unknown
  readonly SpanKind: { readonly CLIENT: number; readonly PRODUCER: number; readonly CONSUMER: number }
  readonly SpanStatusCode: { readonly ERROR: number }
}

export interface OpenTelemetryOptions {
  /** Which spans are made. Context travels in headers only with `send`. Default: all. */
  readonly spans?: readonly ('send' | 'poll' | 'process' | 'commit')[]
  /** Records of a `poll` whose sends it links to, at most. Default 32. */
  readonly maxLinks?: number
  /** What a process span belongs to: nothing, with a link to the send (the convention, since a record may be processed late and more than once), or the send itself. Default: link. */
  readonly processAs?: 'link' | 'child'
}

type AnyRecord = ConsumerRecord<unknown, unknown>

const ALL = ['send', 'poll', 'process', 'commit'] as const

export function openTelemetry(api: OpenTelemetryApi, options: OpenTelemetryOptions = {}): Tracing {
  return new OpenTelemetryTracing(api, options)
}

interface SpanStart {
  readonly kind: number
  readonly attributes: Attributes
  readonly links?: unknown[]
  readonly startTime?: number
}

class OpenTelemetryTracing implements Tracing {
  readonly #api: OpenTelemetryApi
  readonly #makes: ReadonlySet<string>
  readonly #maxLinks: number
  readonly #isChild: boolean
  // biome-ignore lint/suspicious/noExplicitAny: the API's own
  readonly #tracer: any

  constructor(api: OpenTelemetryApi, { spans = ALL, maxLinks = 32, processAs = 'link' }: OpenTelemetryOptions) {
    this.#api = api
    this.#makes = new Set(spans)
    this.#maxLinks = maxLinks
    this.#isChild = processAs === 'child'
    this.#tracer = api.trace.getTracer('@ottla/client', SOFTWARE_VERSION)
  }

  send({ clientId, topic, partition, key, isTombstone, headers }: SentRecord): SendTrace {
    if (!this.#makes.has('send')) return untraced(headers)
    const { trace, context, propagation, SpanKind } = this.#api
    const attributes: Attributes = { ...operation('send', 'send'), ...place(topic, partition), ...client(clientId) }
    if (typeof key === 'string') attributes['messaging.kafka.message.key'] = key
    if (isTombstone) attributes['messaging.kafka.message.tombstone'] = true
    const span = this.#start(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes })
    const added: { key: string; value: string }[] = []
    propagation.inject(trace.setSpan(context.active(), span), added, HEADER_SETTER)
    return {
      headers: withHeaders(headers, added),
      written: (metadata) => {
        span.setAttribute('messaging.destination.partition.id', `${metadata.partition}`)
        if (metadata.offset >= 0) span.setAttribute('messaging.kafka.offset', metadata.offset)
        span.end()
      },
      failed: (error) => this.#end(span, error),
    }
  }

  received(records: readonly AnyRecord[], reader: Reader, startTime: number): void {
    if (!this.#makes.has('poll')) return
    const topics = new Set(records.map(({ topic }) => topic))
    const [topic] = topics
    const attributes: Attributes = {
      ...operation('poll', 'receive'),
      ...(topics.size === 1 ? place(topic!, undefined) : {}),
      ...client(reader.clientId, reader),
      'messaging.batch.message_count': records.length,
    }
    const links = this.#linksTo(records.slice(0, this.#maxLinks))
    const kind = this.#api.SpanKind.CLIENT
    this.#start(topics.size === 1 ? `poll ${topic}` : 'poll', { kind, attributes, links, startTime }).end()
  }

  process<T>(record: AnyRecord, reader: Reader, work: () => T): T {
    if (!this.#makes.has('process')) return work()
    const { topic, partition, offset, key, value } = record
    const { trace, context, SpanKind } = this.#api
    const attributes: Attributes = {
      ...operation('process', 'process'),
      ...place(topic, partition),
      ...client(reader.clientId, reader),
      'messaging.kafka.offset': offset,
    }
    if (typeof key === 'string') attributes['messaging.kafka.message.key'] = key
    if (value === null) attributes['messaging.kafka.message.tombstone'] = true
    const kind = SpanKind.CONSUMER
    const span = this.#isChild
      ? this.#start(`process ${topic}`, { kind, attributes }, this.#contextOf(record))
      : this.#start(`process ${topic}`, { kind, attributes, links: this.#linksTo([record]) })
    return context.with(trace.setSpan(context.active(), span), () => observed(work, (error) => this.#end(span, error)))
  }

  settled(
    offsets: readonly TopicPartition[],
    reader: Reader,
    { startedAt, error }: { readonly startedAt: number; readonly error: unknown },
  ): void {
    if (!this.#makes.has('commit')) return
    const topics = [...new Set(offsets.map(({ topic }) => topic))]
    const attributes: Attributes = {
      ...operation('commit', 'settle'),
      ...(topics.length === 1 ? place(topics[0]!, undefined) : {}),
      ...client(reader.clientId, reader),
    }
    const name = topics.length === 1 ? `commit ${topics[0]}` : 'commit'
    this.#end(this.#start(name, { kind: this.#api.SpanKind.CLIENT, attributes, startTime: startedAt }), error)
  }

  #start(name: string, about: SpanStart, context: unknown = this.#api.context.active()): Span {
    return this.#tracer.startSpan(name, about, context)
  }

  #end(span: Span, error: unknown): void {
    if (error !== null) {
      const { code, message, name } = error as { code?: unknown; message?: string; name?: string }
      span.setAttribute('error.type', typeof code === 'string' ? code : (name ?? '_OTHER'))
      if (error instanceof Error) span.recordException(error)
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) })
    }
    span.end()
  }

  #contextOf({ headers }: AnyRecord): unknown {
    return this.#api.propagation.extract(this.#api.ROOT_CONTEXT, headers, HEADER_GETTER)
  }

  #linksTo(records: readonly AnyRecord[]): unknown[] {
    return records.flatMap((record) => {
      const context = this.#api.trace.getSpanContext(this.#contextOf(record))
      return context === undefined ? [] : [{ context }]
    })
  }
}

function operation(name: string, type: string): Attributes {
  return { 'messaging.system': 'kafka', 'messaging.operation.name': name, 'messaging.operation.type': type }
}

function place(topic: string, partition: number | undefined): Attributes {
  return {
    'messaging.destination.name': topic,
    ...(partition === undefined ? {} : { 'messaging.destination.partition.id': `${partition}` }),
  }
}

function client(clientId: string, reader?: Reader): Attributes {
  const groupId = reader?.groupId ?? null
  return { 'messaging.client.id': clientId, ...(groupId === null ? {} : { 'messaging.consumer.group.name': groupId }) }
}

function untraced(headers: HeadersInit | undefined): SendTrace {
  return { headers, written: () => {}, failed: () => {} }
}

/** What the caller set stays: it may forward a record with the context that it came with. */
function withHeaders(
  headers: HeadersInit | undefined,
  added: readonly { readonly key: string; readonly value: string }[],
): HeadersInit {
  if (headers === undefined) return added
  const own = Array.isArray(headers)
    ? (headers as readonly { key: string; value: Buffer | string | null }[])
    : Object.entries(headers).map(([key, value]) => ({ key, value }))
  const taken = new Set(own.map(({ key }) => key))
  return [...own, ...added.filter(({ key }) => !taken.has(key))]
}

const HEADER_SETTER = {
  set(carrier: { key: string; value: string }[], key: string, value: string): void {
    carrier.push({ key, value })
  },
}

const HEADER_GETTER = {
  keys: (carrier: AnyRecord['headers']): string[] => carrier.map(({ key }) => key),
  get(carrier: AnyRecord['headers'], key: string): string | undefined {
    for (let at = carrier.length - 1; at >= 0; at--) {
      const header = carrier[at]!
      if (header.key === key) return header.value?.toString()
    }
    return undefined
  },
}
