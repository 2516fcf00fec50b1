/** Asks a service for a price, and waits for its answer: a record there, a record back, found by a correlation id. */
import { jsonCodec, Kafka, ReplyError, topic } from '@ottla/client'

interface PriceRequest {
  readonly item: string
}

interface Price {
  readonly item: string
  readonly cents: number
}

const requests = topic('example-price-requests', { value: jsonCodec<PriceRequest>() })
const replies = topic('example-price-replies', { value: jsonCodec<Price>() })
const cents = new Map([
  ['tea', 350],
  ['cake', 420],
])

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: requests.name, partitionCount: 3 }])

// The service. Several processes with one groupId share the requests.
kafka.serve(
  requests,
  ({ value }) => {
    const item = value?.item ?? ''
    const price = cents.get(item)
    if (price === undefined) throw new RangeError(`there is no ${item}`)
    return { item, cents: price }
  },
  { groupId: 'example-prices', reply: replies.value },
)

// Who asks.
const requester = kafka.requester({ replyTopic: replies, timeoutMs: 10_000 })
const answers = await Promise.all(['tea', 'cake'].map((item) => requester.request(requests, { value: { item } })))
for (const { value } of answers) console.log(`${value?.item} costs ${value?.cents} cents`)

try {
  await requester.request(requests, { value: { item: 'coffee' } })
} catch (error) {
  if (error instanceof ReplyError) console.log(`${error.remoteName}: ${error.message}`)
}
