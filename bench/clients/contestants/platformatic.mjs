/** Without idempotence, which leaves one request in flight there. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = join(process.env.BENCH_CONTESTANTS, 'javascript', 'node_modules', '@platformatic', 'kafka')
const { CompressionAlgorithms, Consumer, Producer, ProduceAcks } = await import(
  pathToFileURL(join(folder, 'dist', 'index.js')).href
)

export const label = `@platformatic/kafka ${createRequire(join(folder, 'noop.js'))('./package.json').version}`
export const lanes = 5

export async function openProducer({ bootstrap, topic, compression }) {
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [bootstrap],
    acks: ProduceAcks.ALL,
    compression: compression === 'lz4' ? CompressionAlgorithms.LZ4 : CompressionAlgorithms.NONE,
  })
  return {
    send: (value) => producer.send({ messages: [{ topic, value }], acks: ProduceAcks.ALL }),
    sendMany: (values) => producer.send({ messages: values.map((value) => ({ topic, value })), acks: ProduceAcks.ALL }),
    close: () => producer.close(),
  }
}

export async function openConsumer({ bootstrap, topic, group }, tally) {
  const consumer = new Consumer({
    clientId: 'bench',
    bootstrapBrokers: [bootstrap],
    groupId: group,
    autocommit: false,
    maxBytesPerPartition: 1_048_576,
    maxWaitTime: 500,
    minBytes: 1,
  })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
  stream.on('data', ({ value }) => tally(1, value.length))
  stream.on('error', () => {})
  return { close: () => consumer.close(true) }
}
