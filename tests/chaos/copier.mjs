/** Copies a topic to another in transactions, until it is killed. Prints a dot per record. copier.mjs BOOTSTRAP SOURCE TARGET NAME */
import { Kafka } from '@ottla/client'
import { nodeEnv } from '@ottla/env/node'

const [bootstrapServers, source, target, name] = process.argv.slice(2)
const env = nodeEnv({ logLevel: 'error', timersKeepAlive: true })
const kafka = new Kafka({ bootstrapServers, env, requestTimeoutMs: 10_000 })
const consumer = kafka.consumer({
  groupId: source,
  autoCommit: false,
  autoOffsetReset: 'earliest',
  isolationLevel: 'read_committed',
  maxPollRecords: 20,
  groupProtocol: 'classic',
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 500,
})
consumer.subscribe([source])
const producer = kafka.transactionalProducer({ transactionalId: `copier-${name}`, transactionTimeoutMs: 10_000 })
for (;;) {
  const records = await consumer.poll({ timeoutMs: 1000 })
  if (records.length === 0) continue
  try {
    await producer.transaction(async (transaction) => {
      for (const { partition, value } of records) transaction.send({ topic: target, partition, value })
      await transaction.sendOffsets(consumer)
    })
    process.stdout.write('.'.repeat(records.length))
  } catch (error) {
    // Fenced, or of unknown outcome: who starts anew begins where the last commit is.
    console.error(error.message)
    process.exit(1)
  }
}
