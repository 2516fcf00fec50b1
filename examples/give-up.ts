/** Every call that waits takes an AbortSignal: it rejects with the signal's reason, and goes on when it is called again. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const words = topic('example-give-up', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: words.name, partitionCount: 1 }])
const consumer = kafka.consumer({ groupId: 'impatient', value: words.value, autoOffsetReset: 'earliest' })
consumer.subscribe([words.name])
try {
  await consumer.poll({ timeoutMs: 60_000, signal: AbortSignal.timeout(100) })
} catch (error) {
  console.log(`given up: ${(error as Error).name}`)
}

await kafka.producer().send({ topic: words, value: 'there after all' }, { signal: AbortSignal.timeout(10_000) })
const [record] = await consumer.poll({ timeoutMs: 60_000 })
console.log(record?.value)
