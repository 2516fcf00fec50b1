import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../codec/codecs.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import type {
  CommitDiagnostic,
  FetchDiagnostic,
  ProcessDiagnostic,
  RebalanceDiagnostic,
  RequestDiagnostic,
  SendDiagnostic,
} from './channels.ts'

const words = topic('words', { key: stringCodec, value: stringCodec })

async function world(body: (kafka: Kafka) => Promise<void>): Promise<void> {
  await using broker = await createBroker()
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap, clientId: 'tests' })
  await kafka.admin().createTopics([{ name: 'words', partitionCount: 1 }])
  await body(kafka)
}

/** Reads two records with `run`, as a member of the group. */
async function readTwo(kafka: Kafka): Promise<void> {
  await using consumer = kafka.consumer({ groupId: 'g', value: stringCodec, autoOffsetReset: 'earliest' })
  consumer.subscribe(['words'])
  const stop = new AbortController()
  let seen = 0
  await consumer.run(
    () => {
      seen += 1
      if (seen === 2) stop.abort()
    },
    { signal: stop.signal },
  )
}

test('channels tell what a client does, to who has subscribed', () =>
  world(async (kafka) => {
    const told: Record<string, unknown[]> = {}
    const listeners = ['send', 'fetch', 'process', 'commit', 'rebalance', 'request', 'error'].map((name) => {
      const listener = (message: unknown) => {
        told[name] ??= []
        told[name].push(message)
      }
      subscribe(`ottla:client:${name}`, listener)
      return () => unsubscribe(`ottla:client:${name}`, listener)
    })
    const producer = kafka.producer()
    await producer.sendAll(['a', 'b'].map((value) => ({ topic: words, value })))
    await readTwo(kafka)
    await rejects(kafka.producer({ acks: 'all' }).send({ topic: words, partition: 7, value: 'c' }), /no partition 7/)
    const [send] = told['send'] as SendDiagnostic[]
    deepEqual([send!.clientId, send!.topic, send!.partition, send!.recordCount], ['tests', 'words', 0, 2])
    ok(send!.durationMs > 0 && send!.sizeBytes > 0 && send!.error === null)
    const fetches = told['fetch'] as FetchDiagnostic[]
    ok(
      fetches.some(
        ({ sizeBytes, groupId, partitionCount }) => sizeBytes > 0 && groupId === 'g' && partitionCount === 1,
      ),
    )
    const processed = told['process'] as ProcessDiagnostic[]
    deepEqual(
      processed.map(({ topic, offset, groupId, error }) => [topic, offset, groupId, error]),
      [
        ['words', 0, 'g', null],
        ['words', 1, 'g', null],
      ],
    )
    const commits = told['commit'] as CommitDiagnostic[]
    equal(commits.at(-1)!.offsets[0]!.offset, 2)
    const [rebalance] = told['rebalance'] as RebalanceDiagnostic[]
    deepEqual([rebalance!.kind, rebalance!.partitions], ['assigned', [{ topic: 'words', partition: 0 }]])
    const apis = new Set((told['request'] as RequestDiagnostic[]).map(({ api }) => api))
    for (const api of ['Produce', 'Fetch', 'FindCoordinator', 'ConsumerGroupHeartbeat', 'OffsetCommit'])
      ok(apis.has(api), api)
    for (const stop of listeners) stop()
    const before = (told['send'] as unknown[]).length
    await producer.send({ topic: words, value: 'd' })
    equal((told['send'] as unknown[]).length, before)
  }))

test('figures come as Prometheus reads them, under the names of the JMX exporter', () =>
  world(async (kafka) => {
    await kafka.producer().sendAll(['a', 'b'].map((value) => ({ topic: words, value })))
    await readTwo(kafka)
    const reader = kafka.consumer({ groupId: 'other', maxPollRecords: 1, autoOffsetReset: 'earliest' })
    reader.assign([{ topic: 'words', partition: 0, from: 0 }])
    while ((await reader.poll({ timeoutMs: 1000 })).length === 0);
    const text = await kafka.metrics()
    for (const line of [
      'kafka_producer_producer_metrics_record_send_total{client_id="tests"} 2',
      'kafka_producer_producer_topic_metrics_record_send_total{client_id="tests",topic="words"} 2',
      'kafka_producer_producer_metrics_record_error_total{client_id="tests"} 0',
      'kafka_consumer_consumer_fetch_manager_metrics_records_consumed_total{client_id="tests"} 3',
      'kafka_consumer_consumer_fetch_manager_metrics_records_lag{client_id="tests",topic="words",partition="0"} 1',
      'kafka_consumer_consumer_fetch_manager_metrics_records_lag_max{client_id="tests"} 1',
      'kafka_consumer_consumer_coordinator_metrics_assigned_partitions{client_id="tests",group_id="other"} 1',
      'kafka_consumer_consumer_coordinator_metrics_rebalance_total{client_id="tests"} 1',
    ])
      ok(text.includes(`\n${line}\n`), line)
    match(text, /producer_metrics_request_latency_count\{client_id="tests",request="Produce"\} 1\n/)
    match(text, /kafka_producer_producer_metrics_connection_count\{client_id="tests"\} 1\n/)
    match(text, /bytes_consumed_total\{client_id="tests"\} [1-9]/)
    match(text, /coordinator_metrics_commit_total\{client_id="tests"\} [1-9]/)
  }))
