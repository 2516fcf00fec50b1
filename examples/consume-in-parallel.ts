/** Works on several records at once, those of one key one after the other. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const orders = topic('example-parallel', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: orders.name, partitionCount: 1 }])
const steps = ['ordered', 'paid', 'sent'].flatMap((value) =>
  ['ada', 'grace'].map((key) => ({ topic: orders, key, value })),
)
await kafka.producer().sendAll(steps)

const consumer = kafka.consumer({ groupId: 'shop', key: orders.key, value: orders.value, autoOffsetReset: 'earliest' })
consumer.subscribe([orders.name])
const history = new Map<string, string[]>()
const enough = new AbortController()
let done = 0
await consumer.run(
  async ({ key, value }) => {
    const steps = history.get(key!) ?? []
    history.set(key!, [...steps, value!])
    done += 1
    if (done === 6) enough.abort()
  },
  { concurrency: 10, order: 'key', signal: enough.signal },
)
for (const [customer, steps] of [...history].sort()) console.log(`${customer}: ${steps.join(', ')}`)
