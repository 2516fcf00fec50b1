/** A topic as a queue of tasks: each goes to one worker, which says what became of it. */
import { ConfigResourceType, Kafka, stringCodec, topic } from '@ottla/client'

const jobs = topic('example-share-tasks', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
const admin = kafka.admin()
await admin.createTopics([{ name: jobs.name, partitionCount: 1 }])
await admin.incrementalAlterConfigs([
  {
    resource: { type: ConfigResourceType.group, name: 'workers' },
    changes: [{ kind: 'set', name: 'share.auto.offset.reset', value: 'earliest' }],
  },
])
await kafka.producer().sendAll(['mail', 'nonsense', 'invoice'].map((value) => ({ topic: jobs, value })))

const workers = kafka.shareConsumer({ groupId: 'workers', value: jobs.value })
workers.subscribe([jobs.name])
let open = 3
for await (const task of workers) {
  const { value } = task.record
  if (value === 'nonsense') {
    console.log('nonsense is rejected: nobody gets it again')
    await task.reject()
    open -= 1
  } else if (value === 'mail' && task.deliveryCount === 1) {
    console.log('mail has to wait')
    void task.release({ delayMs: 500 })
  } else {
    console.log(`${value} is done, delivery ${task.deliveryCount}`)
    await task.ack()
    open -= 1
  }
  if (open === 0) break
}
