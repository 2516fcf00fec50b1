/** Records whose handler fails: tried again at once, again later by way of a retry topic, and laid aside in the end. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const jobs = topic('example-jobs', { key: stringCodec, value: stringCodec })

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: jobs.name, partitionCount: 1 }])
await kafka.producer().sendAll(['good', 'busy', 'broken'].map((value) => ({ topic: jobs, key: value, value })))

const { key, value } = jobs
const consumer = kafka.consumer({ groupId: 'example-workers', autoOffsetReset: 'earliest', key, value })
consumer.subscribe([jobs.name])
const stop = new AbortController()
await consumer.run(
  ({ value }, { round, attempt }) => {
    console.log(`${value}: round ${round}, attempt ${attempt}`)
    if (value === 'broken') throw new TypeError('never')
    if (value === 'busy' && round === 1) throw new Error('try again later')
    if (value === 'busy') stop.abort()
  },
  {
    retry: {
      // Here, while the partition waits: for what passes in a moment.
      attempts: 2,
      backoffMs: 10,
      isRetriable: (error) => !(error instanceof TypeError),
      // Then by way of `example-jobs-retry-500`, while the others go on.
      topics: { delaysMs: [500] },
    },
    // In the end in `example-jobs-dlt`.
    deadLetter: {},
    signal: stop.signal,
  },
)

// A dead letter is a record like any other, with headers that tell what happened to it.
const letters = kafka.consumer({ key: stringCodec, value: stringCodec })
letters.assign([{ topic: 'example-jobs-dlt', partition: 0, from: 'earliest' }])
for await (const { value, headers } of letters) {
  const header = (name: string) => headers.find(({ key }) => key === `kafka_dlt-${name}`)?.value?.toString()
  console.log(`${value} of ${header('original-topic')}: ${header('exception-fqcn')}, ${header('exception-message')}`)
  break
}
