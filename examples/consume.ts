/** Reads a topic as a member of a group: a record is done when the next one is asked for. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const words = topic('example-consume', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: words.name, partitionCount: 1 }])
await kafka.producer().sendAll(['one', 'two', 'three'].map((value) => ({ topic: words, value })))

const consumer = kafka.consumer({ groupId: 'readers', value: words.value, autoOffsetReset: 'earliest' })
consumer.subscribe([words.name])
for await (const { offset, value } of consumer) {
  console.log(`${offset}: ${value}`)
  if (value === 'three') break
}
await consumer.commit()

// The record in hand was not passed by: the group goes on with it.
const [committed] = await consumer.committed()
console.log(`the group goes on at ${committed?.offset}`)
