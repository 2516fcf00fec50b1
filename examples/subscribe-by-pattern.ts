/** Reads all topics whose names match, those that come later too. */
import { Kafka, stringCodec } from '@ottla/client'

await using kafka = new Kafka({
  bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092',
  metadataMaxAgeMs: 500,
})
const admin = kafka.admin()
await admin.createTopics([{ name: 'example-pattern-eu' }, { name: 'example-other' }])
const producer = kafka.producer()
await producer.send({ topic: 'example-pattern-eu', value: Buffer.from('from Europe') })
await producer.send({ topic: 'example-other', value: Buffer.from('of no interest') })

const consumer = kafka.consumer({ groupId: 'matching', value: stringCodec, autoOffsetReset: 'earliest' })
consumer.subscribe(/^example-pattern-/) // { re2: 'example-pattern-.*' } has the brokers match, from Kafka 4.0 on
for await (const { topic, value } of consumer) {
  console.log(`${topic}: ${value}`)
  if (topic.endsWith('asia')) break
  await admin.createTopics([{ name: 'example-pattern-asia' }])
  await producer.send({ topic: 'example-pattern-asia', value: Buffer.from('from Asia') })
}
