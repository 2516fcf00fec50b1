/** Reads again what came since a moment. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const HOUR_MS = 3_600_000
const events = topic('example-replay', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: events.name, partitionCount: 1 }])
const now = Date.now()
for (const hours of [3, 2, 1]) {
  await kafka.producer().send({ topic: events, value: `${hours} hours ago`, timestamp: now - hours * HOUR_MS })
}

const consumer = kafka.consumer({ groupId: 'historians', value: events.value, autoOffsetReset: 'by_duration:PT150M' })
consumer.subscribe([events.name])
const first = await consumer.poll({ timeoutMs: 10_000 })
console.log(`a new group begins with: ${first[0]?.value}`)

const [sought] = await consumer.seekToTimestamp(now - 4 * HOUR_MS)
console.log(`again from offset ${sought?.offset}`)
for await (const { value } of consumer) {
  console.log(value)
  if (value?.startsWith('1')) break
}
