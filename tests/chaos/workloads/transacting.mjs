/** Transactions over two partitions, every fourth aborted: each is read whole or not at all, as it was told. */
import { expect, newTopic, pause, readTopic } from './reading.mjs'

const topic = 'transactional'
const PER_PARTITION = 3

export function transacting() {
  /** Outcome by number: committed, aborted, unknown. */
  const outcomes = []
  let committed = 0
  let isOver = false
  let kafka
  let running
  let failed = null

  async function run(producer) {
    const aborting = new Error('aborted on purpose')
    while (!isOver) {
      const number = outcomes.length
      outcomes.push('unknown')
      await producer
        .transaction(
          async (transaction) => {
            for (let n = 0; n < PER_PARTITION; n++) {
              for (const partition of [0, 1]) transaction.send({ topic, partition, value: Buffer.from(`${number}`) })
            }
            if (number % 4 === 3) throw aborting
          },
          { attempts: 3 },
        )
        .then(
          () => {
            outcomes[number] = 'committed'
            committed += 1
          },
          (error) => {
            // Only of a commit that was not answered in time nobody knows what became of it.
            outcomes[number] = error.code === 'TIMEOUT' ? 'unknown' : 'aborted'
            if (error.code === 'PRODUCER_FENCED') failed = error
          },
        )
      if (failed !== null) return
      await pause(2)
    }
    await producer.close()
  }

  return {
    title: 'transactions',
    needs: { Produce: 3, Fetch: 4, InitProducerId: 0, AddPartitionsToTxn: 0, EndTxn: 0 },
    progress: () => committed,
    failure: () => failed,
    async start(context) {
      kafka = context.kafka
      await newTopic(kafka, topic, 2)
      running = run(
        context.newClient().transactionalProducer({ transactionalId: 'chaos', transactionTimeoutMs: 30_000 }),
      )
    },
    async finish() {
      isOver = true
      await running
    },
    async verify() {
      const partitions = await readTopic(kafka, topic)
      const counts = partitions.map((records) => {
        const found = new Map()
        let last = -1
        for (const { value } of records) {
          expect(Number(value) >= last, `transaction ${value} comes after ${last}`)
          last = Number(value)
          found.set(last, (found.get(last) ?? 0) + 1)
        }
        return found
      })
      for (const [number, outcome] of outcomes.entries()) {
        const seen = counts.map((found) => found.get(number) ?? 0)
        const isWhole = seen.every((count) => count === PER_PARTITION)
        const isAbsent = seen.every((count) => count === 0)
        if (outcome === 'committed') expect(isWhole, `transaction ${number} was committed, and ${seen} of it are there`)
        else if (outcome === 'aborted')
          expect(isAbsent, `transaction ${number} was aborted, and ${seen} of it are there`)
        else expect(isWhole || isAbsent, `transaction ${number} is torn: ${seen}`)
      }
      const count = (kind) => outcomes.filter((outcome) => outcome === kind).length
      return `${count('committed')} committed, ${count('aborted')} aborted, ${count('unknown')} unknown`
    },
  }
}
