import { Kafka } from '../build/client/bundle/index.js'

export const label = 'Ottla'
export const lanes = 5

export async function openProducer({ bootstrap, topic, compression, lingerMs, batchBytes }) {
  const kafka = new Kafka({ bootstrapServers: bootstrap })
  const producer = kafka.producer({ compression, lingerMs, batchBytes })
  return {
    send: (value) => producer.send({ topic, value }),
    sendMany: (values) => producer.sendAll(values.map((value) => ({ topic, value }))),
    async close() {
      await producer.close()
      await kafka.close()
    },
  }
}

export async function openConsumer({ bootstrap, topic, group }, tally) {
  const kafka = new Kafka({ bootstrapServers: bootstrap })
  const consumer = kafka.consumer({ groupId: group, autoOffsetReset: 'earliest', autoCommit: false })
  consumer.subscribe([topic])
  let isOver = false
  const over = (async () => {
    while (!isOver) {
      const records = await consumer.poll({ timeoutMs: 1000 })
      let bytes = 0
      for (const { value } of records) bytes += value.length
      tally(records.length, bytes)
    }
  })()
  return {
    async close() {
      isOver = true
      await over
      await consumer.close()
      await kafka.close()
    },
  }
}
