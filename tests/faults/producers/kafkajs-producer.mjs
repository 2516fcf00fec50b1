/** Produces numbered values until standard input closes; prints each acknowledged value. Not idempotent: it may double. */
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../clients/node/package.json', import.meta.url))
const { Kafka, logLevel } = require('kafkajs')
const kafka = new Kafka({
  brokers: [process.env.BOOTSTRAP],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 200 },
})
const producer = kafka.producer({ allowAutoTopicCreation: false })
await producer.connect()
let stopping = false
process.stdin.on('end', () => (stopping = true)).resume()
for (let number = 0; !stopping; number += 20) {
  const values = Array.from({ length: 20 }, (_, i) => String(number + i))
  await producer.send({ topic: process.env.TOPIC, acks: -1, messages: values.map((value) => ({ value })) }).then(
    () => console.log(values.map((value) => `acked ${value}`).join('\n')),
    () => {},
  )
}
await producer.disconnect()
process.exit(0)
