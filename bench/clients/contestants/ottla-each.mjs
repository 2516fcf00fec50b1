/** Ottla's client with a call for each record: `send` with its promise, and `for await`. */
import { Kafka } from '../build/client/bundle/index.js'
import { openProducer as openOttla } from './ottla.mjs'

export const label = 'Ottla, record by record'
export const lanes = 5

export async function openProducer(options) {
  const producer = await openOttla(options)
  return { ...producer, sendMany: (values) => Promise.all(values.map((value) => producer.send(value))) }
}

export async function openConsumer({ bootstrap, topic, group }, tally) {
  const kafka = new Kafka({ bootstrapServers: bootstrap })
  const consumer = kafka.consumer({ groupId: group, autoOffsetReset: 'earliest', autoCommit: false })
  consumer.subscribe([topic])
  const over = (async () => {
    for await (const { value } of consumer) tally(1, value.length)
  })()
  return {
    async close() {
      await consumer.close()
      await over
      await kafka.close()
    },
  }
}
