import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { parseServerProperties } from '@ottla/config'
import { type Env, NetworkError } from '@ottla/env'
import type { ClientConnection } from '@ottla/net'
import {
  ErrorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  type Init,
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '@ottla/protocol'
import { METRICS_TABLE } from '../metrics/metrics-table.ts'
import { startBroker } from '../start-broker.ts'
import { batch, FETCH, fetchOf, produceTo, TestBroker } from '../test-broker.test.ts'
import { startHttpListener } from './http-listener.ts'
import { type ParsedMetric, parsePrometheus } from './prometheus-parser.test.ts'

const HTTP = { 'ottla.http.listener': 'http://127.0.0.1:0' }

function urlOf(broker: TestBroker, path: string): string {
  return `http://127.0.0.1:${broker.running.http!.port}${path}`
}

async function metricsOf(broker: TestBroker): Promise<Map<string, ParsedMetric>> {
  const response = await fetch(urlOf(broker, '/metrics'))
  equal(response.status, 200)
  equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return parsePrometheus(await response.text())
}

function sampleOf(metrics: Map<string, ParsedMetric>, name: string, labels: Record<string, string> = {}): number {
  const samples = metrics.get(name)?.samples ?? metrics.get(name.replace(/_(sum|count)$/, ''))?.samples ?? []
  const found = samples.find(
    (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
  )
  ok(found !== undefined, `${name}${JSON.stringify(labels)} is there`)
  return found.value
}

/** Commits; the coordinator may still be coming up. */
async function committed(client: ClientConnection, body: Init<typeof OffsetCommitRequest>): Promise<void> {
  const commit = { request: OffsetCommitRequest, response: OffsetCommitResponse }
  await client.request({ request: FindCoordinatorRequest, response: FindCoordinatorResponse }, 3, {
    key: 'g',
    keyType: 0,
  })
  for (;;) {
    const { topics } = await client.request(commit, 8, body)
    const { errorCode } = topics[0]!.partitions[0]!
    if (errorCode === ErrorCode.NONE) return
    ok([ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.NOT_COORDINATOR].includes(errorCode as never), `${errorCode}`)
  }
}

test('what is produced and fetched shows in the metrics, by topic and in all', async (t) => {
  const broker = await TestBroker.start(t, HTTP)
  await broker.createTopics({ events: 2 })
  const client = await broker.connect()
  const records = batch([{ value: 'a' }, { value: 'b' }, { value: 'c' }])
  const size = records.length
  await produceTo(client, { topic: 'events' }, records)
  await produceTo(client, { topic: 'nowhere' }, batch([{ value: 'x' }]))
  await client.request(FETCH, 12, fetchOf([{ topic: 'events', maxBytes: 1_000_000 }]))
  const metrics = await metricsOf(broker)
  const topic = { topic: 'events' }
  equal(sampleOf(metrics, 'kafka_server_brokertopicmetrics_messagesin_total', topic), 3)
  equal(sampleOf(metrics, 'kafka_server_brokertopicmetrics_messagesin_total'), 3)
  equal(sampleOf(metrics, 'kafka_server_brokertopicmetrics_bytesin_total', topic), size)
  equal(sampleOf(metrics, 'kafka_server_brokertopicmetrics_bytesout_total', topic), size)
  equal(sampleOf(metrics, 'kafka_server_brokertopicmetrics_totalproducerequests_total'), 2)
  equal(sampleOf(metrics, 'kafka_server_brokertopicmetrics_failedproducerequests_total'), 1)
  equal(sampleOf(metrics, 'kafka_server_brokertopicmetrics_failedproducerequests_total', topic), 0)
  equal(sampleOf(metrics, 'kafka_log_log_logendoffset', { ...topic, partition: '0' }), 3)
  equal(sampleOf(metrics, 'kafka_server_replicamanager_partitioncount'), 2)
  equal(sampleOf(metrics, 'kafka_server_replicamanager_underreplicatedpartitions'), 0)
  equal(sampleOf(metrics, 'kafka_controller_kafkacontroller_activebrokercount'), 1)
  equal(sampleOf(metrics, 'kafka_network_requestmetrics_totaltimems_count', { request: 'Produce' }), 2)
  equal(
    sampleOf(metrics, 'kafka_network_requestmetrics_errors_total', {
      request: 'Produce',
      error: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    1,
  )
  equal(sampleOf(metrics, 'kafka_network_requestchannel_requestqueuesize'), 0)
  ok(sampleOf(metrics, 'process_resident_memory_bytes') > 1e6)
})

test('the lag of a group shows under the names of kafka_exporter', async (t) => {
  const broker = await TestBroker.start(t, { ...HTTP, 'offsets.topic.num.partitions': '1' })
  await broker.createTopics({ events: 2 })
  const client = await broker.connect()
  for (const partition of [0, 0, 0, 1]) await produceTo(client, { topic: 'events', partition }, batch([{ value: 'a' }]))
  const offsets = [
    { partitionIndex: 0, committedOffset: 1, committedMetadata: '' },
    { partitionIndex: 1, committedOffset: 1, committedMetadata: '' },
  ]
  await committed(client, { groupId: 'g', topics: [{ name: 'events', partitions: offsets }] })
  const metrics = await metricsOf(broker)
  const labels = { consumergroup: 'g', topic: 'events' }
  equal(sampleOf(metrics, 'kafka_consumergroup_current_offset', { ...labels, partition: '0' }), 1)
  equal(sampleOf(metrics, 'kafka_consumergroup_lag', { ...labels, partition: '0' }), 2)
  equal(sampleOf(metrics, 'kafka_consumergroup_lag', { ...labels, partition: '1' }), 0)
  equal(sampleOf(metrics, 'kafka_consumergroup_lag_sum', labels), 2)
  equal(sampleOf(metrics, 'kafka_consumergroup_members', { consumergroup: 'g' }), 0)
})

test('the stages of a request add up to its whole time, and waiting is what a fetch did', async (t) => {
  const broker = await TestBroker.start(t, HTTP)
  await broker.createTopics({ events: 1 })
  const client = await broker.connect()
  await client.request(FETCH, 12, fetchOf([{ topic: 'events' }], { minBytes: 1, maxWaitMs: 1000 }))
  const metrics = await metricsOf(broker)
  const sum = (stage: string) =>
    sampleOf(metrics, `kafka_network_requestmetrics_${stage}timems_sum`, { request: 'Fetch' })
  const stages = ['requestqueue', 'local', 'remote', 'responsequeue', 'responsesend'].map(sum)
  const total = sum('total')
  ok(Math.abs(stages.reduce((a, b) => a + b, 0) - total) < 0.01, `${stages} make ${total}`)
  ok(sum('remote') >= 980, `${sum('remote')} ms`)
  ok(sum('remote') > total / 2, `${stages}`)
})

test('every row of the list can be read, has help, and a name of its own that a dashboard may query', async (t) => {
  const broker = await TestBroker.start(t, HTTP)
  const metrics = await metricsOf(broker)
  equal(new Set(METRICS_TABLE.map(({ name }) => name)).size, METRICS_TABLE.length)
  for (const { name, kind, help } of METRICS_TABLE) {
    match(name, /^[a-z][a-z0-9_]*$/)
    match(help, /^[A-Z0-9].*\.$/, name)
    if (kind === 'counter') match(name, /_total$/)
    const shown = metrics.get(name)
    if (shown !== undefined) equal(shown.type, kind)
  }
  ok(metrics.size > METRICS_TABLE.length / 2)
})

test('live while it answers, ready when it is unfenced with all folders and coordinators', async (t) => {
  const broker = await TestBroker.start(t, HTTP)
  const live = await fetch(urlOf(broker, '/health/live'))
  deepEqual([live.status, await live.json()], [200, { status: 'ok', reasons: [], phase: 'running' }])
  const ready = await fetch(urlOf(broker, '/health/ready'))
  equal(ready.status, 200)
  const body = (await ready.json()) as { status: string; nodeId: number; coordinators: Record<string, unknown> }
  deepEqual([body.status, body.nodeId], ['ok', broker.running.nodeId])
  ok('__consumer_offsets' in body.coordinators)
})

test('other paths, methods and nonsense are refused, and the broker does not mind', async (t) => {
  const broker = await TestBroker.start(t, HTTP)
  const statuses = await Promise.all([
    fetch(urlOf(broker, '/nothing')).then(({ status }) => status),
    fetch(urlOf(broker, '/constructor')).then(({ status }) => status),
    fetch(urlOf(broker, '/metrics'), { method: 'POST', body: 'x'.repeat(100_000) }).then(({ status }) => status),
    fetch(urlOf(broker, '/metrics'), { method: 'HEAD' }).then(async (head) => [head.status, await head.text()]),
  ])
  deepEqual(statuses, [404, 404, 405, [200, '']])
  const closed = new Promise<string>((resolve) => {
    const socket = connect(broker.running.http!.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.write('\x00\x00\x00\x10not http at all\r\n\r\n')
  })
  match(await closed, /^HTTP\/1\.1 400 /)
  equal((await fetch(urlOf(broker, '/health/live'))).status, 200)
})

test('a stop closes connections that are kept alive', async (t) => {
  const broker = await TestBroker.start(t, HTTP)
  const { port } = broker.running.http!
  const closed = new Promise<void>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/health/live', headers: { connection: 'keep-alive' } })
    sent.on('response', (response) => response.resume())
    sent.on('socket', (socket) => socket.on('close', () => resolve()))
    sent.on('error', reject)
    sent.end()
  })
  equal((await fetch(urlOf(broker, '/health/ready'))).status, 200)
  await broker.stop()
  await closed
  await rejects(fetch(`http://127.0.0.1:${port}/health/live`))
})

const subject = { phase: () => 'starting' as const, broker: () => null }

/** The real world, where a port is taken. */
function withTakenPort(env: Env, taken: number, code = 'EADDRINUSE'): Env {
  return {
    ...env,
    http: {
      listen: (address, answer) =>
        address.port === taken
          ? Promise.reject(new NetworkError(code, `${taken} cannot be had`))
          : env.http!.listen(address, answer),
    },
  }
}

function configOf(settings: Record<string, string>) {
  const parsed = parseServerProperties('', 'test', Object.entries(settings))
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.problems))
  return parsed.config
}

test('without a setting a second broker takes another port; an address that was set has to be free', async (t) => {
  const { env } = await TestBroker.start(t)
  const busy = withTakenPort(env, 9404)
  const listener = await startHttpListener(busy, configOf({}), subject)
  ok(listener !== null && listener.port !== 9404 && listener.port > 0)
  const starting = await fetch(`http://127.0.0.1:${listener.port}/health/ready`)
  deepEqual(
    [starting.status, await starting.json()],
    [503, { status: 'not ok', reasons: ['the broker is starting'], phase: 'starting' }],
  )
  equal((await fetch(`http://127.0.0.1:${listener.port}/metrics`)).status, 503)
  await listener.close()
  equal(await startHttpListener(withTakenPort(env, 9404, 'EACCES'), configOf({}), subject), null)
  const set = { 'ottla.http.listener': 'http://localhost:9404' }
  await rejects(startHttpListener(busy, configOf(set), subject), { code: 'EADDRINUSE' })
  await rejects(
    startBroker(busy, configOf({ ...set, listeners: 'PLAINTEXT://localhost:0', 'log.dirs': '/nowhere/at/all' })),
    { code: 'EADDRINUSE' },
  )
  equal(await startHttpListener(env, configOf({ 'ottla.http.listener': '' }), subject), null)
})

test('an address that is none is refused with the other settings', () => {
  const parsed = parseServerProperties('', 'test', [['ottla.http.listener', 'localhost:9404']])
  equal(parsed.kind, 'refused')
})
