/** A broker whose groups move fast, and consumers of each kind of membership. Holds no tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../codec/codecs.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { cooperativeStickyAssignor } from './assignors/cooperative-sticky-assignor.ts'
import type { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'

export type WordConsumer = Consumer<string, string>
export type WordOptions = ConsumerOptions<string, string>

export const words = topic('words', { key: stringCodec, value: stringCodec })

/** The three ways to be a member. */
export const MEMBERSHIPS: readonly (readonly [name: string, options: WordOptions])[] = [
  ['classic, eager', { groupProtocol: 'classic' }],
  ['classic, cooperative', { groupProtocol: 'classic', assignors: [cooperativeStickyAssignor] }],
  ['consumer', { groupProtocol: 'consumer' }],
]

export interface GroupWorld {
  readonly kafka: Kafka
  readonly bootstrap: string
  write(partition: number, ...values: string[]): Promise<void>
  /** Of the group `g`, with short heartbeats. */
  consumer(options?: WordOptions): WordConsumer
  /** Ends the broker, and gives a function that starts it again where it was. */
  stopBroker(): Promise<() => Promise<void>>
}

const SETTINGS = {
  'group.min.session.timeout.ms': '100',
  'group.consumer.min.session.timeout.ms': '100',
  'group.consumer.min.heartbeat.interval.ms': '20',
  'group.consumer.heartbeat.interval.ms': '50',
  'group.coordinator.rebalance.protocols': 'classic,consumer',
}

/** A topic `words` of two partitions. Sessions are long enough for a machine that stalls, unless a test waits for the end of one. */
export async function groupWorld(
  body: (world: GroupWorld) => Promise<void>,
  { sessionTimeoutMs = 20_000 }: { readonly sessionTimeoutMs?: number } = {},
): Promise<void> {
  const settings = { ...SETTINGS, 'group.consumer.session.timeout.ms': `${sessionTimeoutMs}` }
  const folder = mkdtempSync(join(tmpdir(), 'ottla-groups-'))
  const first = await createBroker({ settings, folder })
  let broker = first
  const kafka = new Kafka({
    bootstrapServers: first.bootstrap,
    retryBackoff: { initialMs: 10, maxMs: 50 },
    reconnectBackoff: { initialMs: 10, maxMs: 50 },
  })
  try {
    await kafka.admin().createTopics([{ name: 'words', partitionCount: 2 }])
    const producer = kafka.producer()
    await body({
      kafka,
      bootstrap: first.bootstrap,
      write: async (partition, ...values) => {
        await producer.sendAll(values.map((value) => ({ topic: words, value, partition })))
      },
      consumer: (options = {}) =>
        kafka.consumer({
          groupId: 'g',
          key: stringCodec,
          value: stringCodec,
          autoOffsetReset: 'earliest',
          heartbeatIntervalMs: 50,
          sessionTimeoutMs,
          ...options,
        }),
      stopBroker: async () => {
        await broker.stop()
        return async () => {
          const listeners = `PLAINTEXT://127.0.0.1:${first.port}`
          broker = await createBroker({ settings: { ...settings, listeners }, folder })
        }
      },
    })
  } finally {
    await kafka.close()
    await broker.stop()
    rmSync(folder, { recursive: true })
  }
}

/** Polls without end, as an application does, until it is stopped. */
export function polling(consumer: WordConsumer): { readonly values: string[]; stop(): Promise<void> } {
  const values: string[] = []
  const stopped = new AbortController()
  const done = (async () => {
    while (!stopped.signal.aborted) for (const { value } of await consumer.poll({ timeoutMs: 20 })) values.push(value!)
  })()
  done.catch(() => {})
  return {
    values,
    stop: async () => {
      stopped.abort()
      await done
    },
  }
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

/** The next event of the name. */
export function nextEvent<Name extends Parameters<WordConsumer['on']>[0]>(consumer: WordConsumer, name: Name) {
  type Event = Parameters<Parameters<typeof consumer.on<Name>>[1]>[0]
  return new Promise<Event>((resolve) => {
    const off = consumer.on(name, (event) => {
      off()
      resolve(event)
    })
  })
}

export function numbersOf(partitions: readonly TopicPartition[]): number[] {
  return partitions.map(({ partition }) => partition).sort()
}
