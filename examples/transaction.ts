/** Reads, computes and writes in transactions: each result is written once, with the offsets of what it came from. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const words = topic('example-words', { key: stringCodec, value: stringCodec })
const loud = topic('example-loud', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([words, loud].map(({ name }) => ({ name, partitionCount: 1 })))
await kafka.producer().sendAll(['one', 'two'].map((value) => ({ topic: words, value })))

const consumer = kafka.consumer({
  groupId: 'shouters',
  value: words.value,
  autoOffsetReset: 'earliest',
  autoCommit: false,
  isolationLevel: 'read_committed',
})
consumer.subscribe([words.name])
const producer = kafka.transactionalProducer({ transactionalId: 'shouter-1' })
for (let done = 0; done < 2; ) {
  const records = await consumer.poll({ timeoutMs: 1000 })
  if (records.length === 0) continue
  await producer.transaction(async (transaction) => {
    for (const { value } of records) void transaction.send({ topic: loud, value: value!.toUpperCase() })
    await transaction.sendOffsets(consumer)
  })
  done += records.length
}

const nothing = producer.transaction(async (transaction) => {
  await transaction.send({ topic: loud, value: 'never seen' })
  throw new Error('the transaction is aborted')
})
await nothing.catch((error: Error) => console.log(error.message))

const reader = kafka.consumer({ value: loud.value, isolationLevel: 'read_committed' })
reader.assign([{ topic: loud.name, partition: 0, from: 'earliest' }])
for await (const { value } of reader) {
  console.log(value)
  if (value === 'TWO') break
}
