/** How a consumer is, for a health check; and events, for an alarm. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const words = topic('example-health', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: words.name, partitionCount: 2 }])
await kafka.producer().sendAll(['a', 'b', 'c'].map((value) => ({ topic: words, value, partition: 0 })))

const consumer = kafka.consumer({
  groupId: 'healthy',
  value: words.value,
  autoOffsetReset: 'earliest',
  maxPollRecords: 1,
})
consumer.on('assigned', ({ partitions }) => console.log(`assigned: ${partitions.length} partitions`))
consumer.on('stalled', ({ kind, sinceMs }) => console.log(`${kind} stands still for ${sinceMs} ms`))
consumer.on('error', ({ error, kind }) => {
  if (kind === 'thrown') console.log(`it ends with: ${error.message}`)
})
console.log(consumer.health().state)

consumer.subscribe([words.name])
let records = await consumer.poll({ timeoutMs: 10_000 })
while (records.length === 0) records = await consumer.poll({ timeoutMs: 10_000 })
const { state, isHealthy, totalLag, sinceLastPollMs } = consumer.health()
console.log({ state, isHealthy, totalLag, hasPolled: sinceLastPollMs !== null })

await consumer.close()
console.log(consumer.health().state)
