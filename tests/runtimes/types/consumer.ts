/** A program of a user, to be type-checked against the packages: strict, in every way of resolving modules that there is for packages. */
import {
  type Assignor,
  BrokerError,
  type Codec,
  type ConsumerRecord,
  cooperativeStickyAssignor,
  isRetriable,
  jsonCodec,
  Kafka,
  type KafkaOptions,
  type Partitioner,
  type RecordMetadata,
  stringCodec,
  type Task,
  topic,
  unwrap,
} from '@ottla/client'

interface Order {
  readonly id: string
  readonly amount: number
}

const options: KafkaOptions = {
  bootstrapServers: ['localhost:9092'],
  tls: { ca: 'pem' },
  sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' },
}
const orders = topic('orders', { key: stringCodec, value: jsonCodec<Order>() })
const upper: Codec<string> = { encode: (text) => Buffer.from(text.toUpperCase()), decode: (bytes) => bytes.toString() }
const first: Partitioner = ({ partitionCount }) => (partitionCount > 1 ? 1 : undefined)
const assignors: readonly Assignor[] = [cooperativeStickyAssignor]

export async function program(signal: AbortSignal): Promise<number> {
  const kafka = new Kafka(options)
  const producer = kafka.producer({ compression: 'zstd', partitioner: first })
  const sent: RecordMetadata = await producer.send({ topic: orders, key: 'a', value: { id: 'a', amount: 3 } })
  await producer.send({ topic: 'bytes', value: Buffer.from('b') }, { signal })
  // @ts-expect-error: the value's type follows from the topic
  producer.send({ topic: orders, key: 'a', value: { id: 'a' } }).catch(() => {})
  // @ts-expect-error: a topic that is only named takes bytes
  producer.send({ topic: 'bytes', value: 'text' }).catch(() => {})

  const consumer = kafka.consumer({ groupId: 'g', assignors, key: orders.key, value: orders.value })
  consumer.subscribe(['orders'])
  let sum = 0
  for await (const { value } of consumer.stream({ signal })) sum += value?.amount ?? 0
  const records: ConsumerRecord<string, Order>[] = await consumer.poll({ timeoutMs: 10 })
  const keys: (string | null)[] = records.map(({ key }) => key)
  await consumer.run(async (record, { attempt }) => record.offset + attempt, { concurrency: 4, order: 'key' })

  const transactional = kafka.transactionalProducer({ transactionalId: 't' })
  const length: number = await transactional.transaction(async (transaction) => {
    await transaction.send({ topic: orders, value: null })
    await transaction.sendOffsets(consumer)
    return keys.length
  })
  const workers = kafka.shareConsumer({ groupId: 'w', value: upper })
  await workers.run(async (task: Task<Buffer, string>) => {
    if (task.record.value?.startsWith('A') === true) await task.release()
  })
  const requester = kafka.requester({ replyTopic: topic('replies', { value: jsonCodec<Order>() }) })
  const reply: Order | null = (await requester.request(orders, { value: null }, { timeoutMs: 10 })).value
  const server = kafka.serve(orders, ({ value }) => value?.id ?? null, { groupId: 's', reply: stringCodec, signal })
  await server.close()
  await consumer.run(async () => {}, { retry: { attempts: 3, topics: { delaysMs: [10] } }, deadLetter: {} })
  consumer.on('stalled', ({ kind, sinceMs }) => kind === 'poll' && sinceMs > 0)
  consumer.seek({ topic: 'orders', partition: 0 }, reply?.amount ?? 0)
  const created = await kafka.admin().createTopics([{ name: 'orders', partitionCount: 6 }])
  const partitions: number = unwrap(created.get('orders')).partitionCount
  try {
    await kafka.close()
  } catch (error) {
    if (error instanceof BrokerError) return error.errorCode
    if (isRetriable(error)) return -1
  }
  return sum + sent.offset + length + partitions
}
