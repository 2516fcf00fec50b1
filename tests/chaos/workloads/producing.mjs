/** One producer, numbered records: what was acknowledged is where it was said to be, once, in the order in which it was sent. */
import { expect, newTopic, pause, readTopic } from './reading.mjs'

const PARTITIONS = 3

export function producing({ isIdempotent }) {
  const topic = isIdempotent ? 'idempotent' : 'repeating'
  const sent = []
  let acknowledged = 0
  let rejected = 0
  let isOver = false
  let kafka
  let running

  async function run(producer) {
    while (!isOver) {
      const batch = Array.from({ length: 50 }, () => {
        const record = { n: sent.length, partition: sent.length % PARTITIONS, offset: null }
        sent.push(record)
        const value = Buffer.from(String(record.n))
        return producer.send({ topic, partition: record.partition, value }).then(
          ({ offset }) => {
            record.offset = offset
            acknowledged += 1
          },
          (error) => {
            record.error = error
            rejected += 1
          },
        )
      })
      // Some wait for their records, some do not.
      if (sent.length % 500 === 0) await Promise.all(batch)
      await pause(5)
    }
    await producer.close()
  }

  return {
    title: isIdempotent ? 'an idempotent producer' : 'a producer without idempotence',
    needs: { Produce: 3, Fetch: 4, ...(isIdempotent ? { InitProducerId: 0 } : {}) },
    progress: () => acknowledged,
    failure: () => null,
    async start(context) {
      kafka = context.kafka
      await newTopic(kafka, topic, PARTITIONS)
      running = run(context.newClient().producer({ isIdempotent, batchBytes: 4096 }))
    },
    async finish() {
      isOver = true
      await running
    },
    async verify() {
      const partitions = await readTopic(kafka, topic)
      let repeated = 0
      for (const [partition, records] of partitions.entries()) {
        const firsts = new Map()
        for (const { offset, value } of records) {
          const n = Number(value)
          if (firsts.has(n)) repeated += 1
          else firsts.set(n, offset)
        }
        const order = [...firsts.keys()]
        expect(
          order.every((n, at) => at === 0 || n > order[at - 1]),
          `partition ${partition}: the order is kept`,
        )
        const byOffset = new Map(records.map(({ offset, value }) => [offset, Number(value)]))
        for (const record of sent.filter((each) => each.partition === partition && each.offset !== null)) {
          expect(firsts.has(record.n), `record ${record.n} was acknowledged and is lost`)
          if (record.offset >= 0)
            expect(byOffset.get(record.offset) === record.n, `record ${record.n} is not at ${record.offset}`)
        }
      }
      if (isIdempotent) expect(repeated === 0, `${repeated} records are doubled`)
      return `${acknowledged} acknowledged, ${rejected} rejected, ${repeated} doubled`
    },
  }
}
