/**
 * Kafka's tool for transactions: transactions-checks.mjs CLASS_PATH. Starts a broker of its own that takes batches for which nobody
 * asked the coordinator, so that there is a transaction that hangs.
 */
import { BatchBuilder } from '@ottla/protocol'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'
import { command, expect, reporter } from './report.mjs'
import { Wire } from './wire.mjs'

const [classPath] = process.argv.slice(2)
const { run } = reporter('kafka-transactions.sh', '4.3.1')
const broker = await startBroker({ settings: { 'transaction.partition.verification.enable': 'false' } })
const wire = await Wire.open(broker.bootstrap)

async function tool(...args) {
  const words = ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'org.apache.kafka.tools.TransactionsCommand']
  const result = await command('java', [...words, '--bootstrap-server', broker.bootstrap, ...args])
  expect(result.code === 0, `${args.join(' ')}: ${result.stderr}${result.stdout}`)
  return result.stdout
}

async function settled(ask, done) {
  for (;;) {
    const answer = await ask()
    if (done(answer)) return answer
  }
}

const transactionalId = 'held'
await wire.ask('CreateTopics', 7, {
  topics: [{ name: 'events', numPartitions: 2, replicationFactor: 1 }],
  timeoutMs: 10_000,
})
await wire.ask('FindCoordinator', 4, { keyType: 1, coordinatorKeys: [transactionalId] })
const { producerId, producerEpoch } = await settled(
  () => wire.ask('InitProducerId', 5, { transactionalId, transactionTimeoutMs: 60_000 }),
  ({ errorCode }) => errorCode === 0,
)

async function produce(partition, version) {
  const builder = new BatchBuilder({
    producerId,
    producerEpoch,
    baseSequence: 0,
    transactional: true,
    timestamp: Date.now(),
  })
  builder.append({ value: Buffer.from('x') })
  const topicData = [{ name: 'events', partitionData: [{ index: partition, records: builder.build() }] }]
  const answer = await wire.ask('Produce', version, { transactionalId, acks: -1, timeoutMs: 10_000, topicData })
  expect(answer.responses[0].partitionResponses[0].errorCode === 0, 'the batch was refused')
}
await produce(0, 12)

await run('list', async () => {
  const output = await tool('list')
  expect(/held\s+\d+\s+\d+\s+Ongoing/.test(output), output)
  expect(!/held/.test(await tool('list', '--transactional-id-pattern', 'other.*')), 'the pattern matches')
})
await run('describe', async () => {
  const output = await tool('describe', '--transactional-id', transactionalId)
  expect(/Ongoing/.test(output) && /events-0/.test(output), output)
})
await run('describe-producers', async () => {
  const output = await tool('describe-producers', '--topic', 'events', '--partition', '0')
  expect(new RegExp(`${producerId}\\s+${producerEpoch}\\s+-1\\s+0`).test(output), output)
})
await produce(1, 11)
await run('find-hanging', async () => {
  const output = await tool('find-hanging', '--broker-id', '1', '--max-transaction-timeout', '0')
  expect(/events\s+1\s+/.test(output) && !/events\s+0\s+/.test(output), output)
})
await run('abort', async () => {
  await tool('abort', '--topic', 'events', '--partition', '1', '--start-offset', '0')
  const output = await tool('describe-producers', '--topic', 'events', '--partition', '1')
  expect(/None/.test(output), output)
})
wire.close()
await broker.stop()
