/** Sends records of a typed topic, and waits until the broker has them. */
import { jsonCodec, Kafka, stringCodec, topic } from '@ottla/client'

interface Order {
  readonly item: string
  readonly count: number
}

const orders = topic('example-produce', { key: stringCodec, value: jsonCodec<Order>() })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: orders.name, partitionCount: 3 }])

const producer = kafka.producer()
for (const customer of ['ada', 'grace', 'ada']) {
  const { partition, offset } = await producer.send({ topic: orders, key: customer, value: { item: 'tea', count: 2 } })
  console.log(`order of ${customer}: partition ${partition}, offset ${offset}`)
}
