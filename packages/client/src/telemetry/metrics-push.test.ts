import { match, ok } from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { ConfigResourceType } from '../admin/configs.ts'
import { Kafka } from '../kafka.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

interface World {
  readonly bootstrap: string
  /** Has clients push these metrics. */
  ask(metrics: string): Promise<void>
  /** Waits until the broker's page has what is looked for. */
  shown(pattern: RegExp): Promise<string>
}

async function world(body: (world: World) => Promise<void>): Promise<void> {
  const http = `http://127.0.0.1:${await freePort()}`
  await using broker = await createBroker({ settings: { 'ottla.http.listener': http } })
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap })
  await admin.admin().createTopics([{ name: 'words', partitionCount: 1 }])
  await body({
    bootstrap: broker.bootstrap,
    ask: async (metrics) => {
      const set = (name: string, value: string) => ({ kind: 'set', name, value }) as const
      const changes = [set('metrics', metrics), set('interval.ms', '100'), set('match', 'client_id=told')]
      const resource = { type: ConfigResourceType.clientMetrics, name: 'tests' }
      await admin.admin().incrementalAlterConfigs([{ resource, changes }])
    },
    shown: async (pattern) => {
      for (;;) {
        const text = await (await fetch(`${http}/metrics`)).text()
        if (pattern.test(text)) return text
      }
    },
  })
}

test('brokers that ask for metrics get them, packed, and the last ones at the end', () =>
  world(async ({ bootstrap, ask, shown }) => {
    await ask('*')
    const kafka = new Kafka({ bootstrapServers: bootstrap, clientId: 'told', pushMetrics: true })
    const producer = kafka.producer()
    await producer.send({ topic: 'words', value: Buffer.from('a') })
    const sent = (count: number) =>
      new RegExp(`client_id="told",.*metric="org.apache.kafka.producer.record.send.total",attributes=""} ${count}\n`)
    const text = await shown(sent(1))
    match(text, /metric="org.apache.kafka.producer.request.latency.max",attributes="request=Produce"} \d/)
    match(text, /metric="org.apache.kafka.producer.topic.record.send.total",attributes="topic=words"} 1\n/)
    await producer.sendAll([{ topic: 'words', value: Buffer.from('b') }])
    await kafka.close()
    await shown(sent(2))
  }))

test('only what is asked for is sent', () =>
  world(async ({ bootstrap, ask, shown }) => {
    await ask('org.apache.kafka.consumer.fetch.manager.fetch')
    await using kafka = new Kafka({ bootstrapServers: bootstrap, clientId: 'told', pushMetrics: true })
    const reader = kafka.consumer()
    reader.assign([{ topic: 'words', partition: 0, from: 0 }])
    await reader.poll({ timeoutMs: 10 })
    const text = await shown(/metric="org.apache.kafka.consumer.fetch.manager.fetch.total"/)
    ok(!/metric="org.apache.kafka.(?!consumer.fetch.manager.fetch)/.test(text))
  }))

test('a client that nobody asks pushes nothing, and ends at once', () =>
  world(async ({ bootstrap, shown }) => {
    const kafka = new Kafka({ bootstrapServers: bootstrap, clientId: 'other', pushMetrics: true })
    await shown(/ottla_client_metrics_instances 1\n/)
    await kafka.close()
    await shown(/ottla_client_metrics_pushes_total 0\n/)
  }))
