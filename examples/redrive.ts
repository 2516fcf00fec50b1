/** Sends dead letters back to where they came from, when what was wrong is mended. */
import { Kafka, stringCodec, topic } from '@ottla/client'

const payments = topic('example-payments', { key: stringCodec, value: stringCodec })
const { key, value } = payments

await using kafka = new Kafka({ bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? 'localhost:9092' })
await kafka.admin().createTopics([{ name: payments.name, partitionCount: 1 }])
await kafka.producer().sendAll(['10 EUR', '20 XYZ', '30 XYZ'].map((amount) => ({ topic: payments, value: amount })))

/** Works on so many records. A currency that is not known makes a dead letter. */
async function work(currencies: readonly string[], count: number): Promise<void> {
  await using consumer = kafka.consumer({ groupId: 'example-payments', autoOffsetReset: 'earliest', key, value })
  consumer.subscribe([payments.name])
  const stop = new AbortController()
  let seen = 0
  await consumer.run(
    ({ value: amount }) => {
      seen += 1
      if (seen === count) stop.abort()
      const isKnown = currencies.some((currency) => amount?.endsWith(currency))
      console.log(`${amount}: ${isKnown ? 'paid' : 'failed'}`)
      if (!isKnown) throw new Error(`what is ${amount}?`)
    },
    { deadLetter: {}, signal: stop.signal },
  )
}

await work(['EUR'], 3)

const from = `${payments.name}-dlt`
const planned = await kafka.redrive({ from, dryRun: true })
console.log(`${planned.redriven} would go back`)
// One first, to see whether it works now; then the rest. Each redrive goes on where the one before ended.
console.log(await kafka.redrive({ from, limit: 1 }))
await work(['EUR', 'XYZ'], 1)
console.log(await kafka.redrive({ from }))
await work(['EUR', 'XYZ'], 1)
