import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { after, before, test } from 'node:test'
import * as api from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../codec/codecs.ts'
import type { ConsumerOptions } from '../consumer/consumer-options.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import { type OpenTelemetryOptions, openTelemetry } from './open-telemetry.ts'

const exporter = new InMemorySpanExporter()
const words = topic('words', { key: stringCodec, value: stringCodec })

/** Keeps the context over awaits, as the Node SDK's does. */
class LocalContext implements api.ContextManager {
  readonly #storage = new AsyncLocalStorage<api.Context>()
  active = () => this.#storage.getStore() ?? api.ROOT_CONTEXT
  with: api.ContextManager['with'] = (context, work, thisArg, ...args) =>
    this.#storage.run(context, () => work.apply(thisArg!, args))
  bind = <T>(_: api.Context, target: T) => target
  enable = () => this
  disable = () => this
}

before(() => {
  api.context.setGlobalContextManager(new LocalContext())
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
})

after(() => api.trace.disable())

interface World {
  readonly kafka: Kafka
  consumer(options?: ConsumerOptions<string, string>): ReturnType<typeof Kafka.prototype.consumer<string, string>>
  /** Spans that ended, by name. */
  spans(name: string): ReadableSpan[]
}

async function world(body: (world: World) => Promise<void>, options: OpenTelemetryOptions = {}): Promise<void> {
  exporter.reset()
  await using broker = await createBroker()
  const telemetry = openTelemetry(api, options)
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap, clientId: 'tests', telemetry })
  await kafka.admin().createTopics([{ name: 'words', partitionCount: 1 }])
  await body({
    kafka,
    consumer: (more = {}) => {
      const consumer = kafka.consumer({ key: stringCodec, value: stringCodec, autoOffsetReset: 'earliest', ...more })
      if (more.groupId === undefined) consumer.assign([{ topic: 'words', partition: 0, from: 'earliest' }])
      else consumer.subscribe(['words'])
      return consumer
    },
    spans: (name) => exporter.getFinishedSpans().filter((span) => span.name === name),
  })
}

test('a send is a span whose context goes with the record; the caller may forward another one', () =>
  world(async ({ kafka, consumer, spans }) => {
    const producer = kafka.producer()
    const forwarded = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await producer.send({ topic: words, key: 'k', value: 'v', headers: { own: 'x' } })
    await producer.send({ topic: words, value: null, headers: [{ key: 'traceparent', value: forwarded }] })
    const [first, second] = spans('send words')
    equal(first!.kind, api.SpanKind.PRODUCER)
    deepEqual(first!.attributes, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'words',
      'messaging.destination.partition.id': '0',
      'messaging.client.id': 'tests',
      'messaging.kafka.message.key': 'k',
      'messaging.kafka.offset': 0,
    })
    equal(second!.attributes['messaging.kafka.message.tombstone'], true)
    const records = await consumer().poll({ timeoutMs: 60_000 })
    const headersOf = (at: number) => records[at]!.headers.map(({ key, value }) => `${key}=${value}`)
    const { traceId, spanId } = first!.spanContext()
    deepEqual(headersOf(0), ['own=x', `traceparent=00-${traceId}-${spanId}-01`])
    deepEqual(headersOf(1), [`traceparent=${forwarded}`])
  }))

test('a send within a span is its child, and a failure is told', () =>
  world(async ({ kafka, spans }) => {
    const producer = kafka.producer({ maxRequestBytes: 1000 })
    const tracer = api.trace.getTracer('test')
    await tracer.startActiveSpan('outer', async (outer) => {
      await producer.send({ topic: words, value: 'v' })
      outer.end()
    })
    equal(spans('send words')[0]!.parentSpanContext?.spanId, spans('outer')[0]!.spanContext().spanId)
    await rejects(producer.send({ topic: words, value: 'v'.repeat(2000) }))
    const failed = spans('send words')[1]!
    equal(failed.status.code, api.SpanStatusCode.ERROR)
    equal(failed.attributes['error.type'], 'RECORD_TOO_LARGE')
  }))

test('a poll links to the sends of what it gave, and processing is a span around the handler', () =>
  world(async ({ kafka, consumer, spans }) => {
    await kafka.producer().sendAll(['a', 'b'].map((value) => ({ topic: words, value })))
    const reader = consumer({ groupId: 'g' })
    const seen: (string | undefined)[] = []
    const stop = new AbortController()
    await reader.run(
      async ({ value }) => {
        await new Promise((resolve) => setImmediate(resolve))
        seen.push(api.trace.getActiveSpan()?.spanContext().spanId)
        if (value === 'b') stop.abort()
      },
      { signal: stop.signal },
    )
    await reader.close()
    const sends = spans('send words').map((span) => span.spanContext().spanId)
    const [poll] = spans('poll words')
    deepEqual(
      poll!.links.map(({ context }) => context.spanId),
      sends,
    )
    equal(poll!.attributes['messaging.batch.message_count'], 2)
    const processed = spans('process words')
    deepEqual(
      processed.map((span) => span.spanContext().spanId),
      seen,
    )
    deepEqual(
      processed.map(({ links }) => links[0]!.context.spanId),
      sends,
    )
    const { attributes, kind, parentSpanContext } = processed[1]!
    deepEqual([kind, parentSpanContext], [api.SpanKind.CONSUMER, undefined])
    equal(attributes['messaging.consumer.group.name'], 'g')
    equal(attributes['messaging.kafka.offset'], 1)
    const [commit] = spans('commit words')
    equal(commit!.attributes['messaging.operation.type'], 'settle')
  }))

test('processing may be a child of the send, and spans that are not wanted are not made', () =>
  world(
    async ({ kafka, consumer, spans }) => {
      await kafka.producer().send({ topic: words, value: 'a' })
      const stop = new AbortController()
      const failing = consumer().run(() => {
        throw new Error('no')
      })
      await rejects(failing, /no/)
      stop.abort()
      const [send] = spans('send words')
      const [process] = spans('process words')
      equal(process!.parentSpanContext?.spanId, send!.spanContext().spanId)
      equal(process!.status.message, 'no')
      ok(exporter.getFinishedSpans().every(({ name }) => /^(send|process) /.test(name)))
    },
    { spans: ['send', 'process'], processAs: 'child' },
  ))

test('tasks of a share consumer are processed in spans too', () =>
  world(async ({ kafka, spans }) => {
    const stop = new AbortController()
    const workers = kafka.shareConsumer({ groupId: 'workers', key: stringCodec, value: stringCodec })
    workers.subscribe(['words'])
    const running = workers.run(() => stop.abort(), { signal: stop.signal })
    // A share group begins with what comes after it.
    const producer = kafka.producer()
    while (!stop.signal.aborted) await producer.send({ topic: words, value: 'a' })
    await running
    equal(spans('process words')[0]!.attributes['messaging.consumer.group.name'], 'workers')
  }))
