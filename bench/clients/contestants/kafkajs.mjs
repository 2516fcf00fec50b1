/** Without idempotence: it is experimental there, and leaves one request in flight. */
import { createRequire } from 'node:module'
import { join } from 'node:path'

const folder = join(process.env.BENCH_CONTESTANTS, 'javascript', 'noop.js')
const require = createRequire(folder)
const { CompressionTypes, CompressionCodecs, Kafka, logLevel } = require('kafkajs')

export const label = `kafkajs ${require('kafkajs/package.json').version}`
export const lanes = 5

/** The usual plug-in compiles on install; this one is as fast and does not. */
function useLz4() {
  const { compressFrame, decompressFrame } = require('lz4-napi')
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: (encoder) => compressFrame(encoder.buffer),
    decompress: (buffer) => decompressFrame(buffer),
  })
}

const newKafka = (bootstrap) => new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR })

export async function openProducer({ bootstrap, topic, compression }) {
  if (compression === 'lz4') useLz4()
  const producer = newKafka(bootstrap).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const options = { topic, acks: -1, compression: compression === 'lz4' ? CompressionTypes.LZ4 : CompressionTypes.None }
  return {
    send: (value) => producer.send({ ...options, messages: [{ value }] }),
    sendMany: (values) => producer.send({ ...options, messages: values.map((value) => ({ value })) }),
    close: () => producer.disconnect(),
  }
}

export async function openConsumer({ bootstrap, topic, group, compression }, tally) {
  if (compression === 'lz4') useLz4()
  const consumer = newKafka(bootstrap).consumer({
    groupId: group,
    maxBytesPerPartition: 1_048_576,
    maxWaitTimeInMs: 500,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    async eachBatch({ batch }) {
      let bytes = 0
      for (const { value } of batch.messages) bytes += value.length
      tally(batch.messages.length, bytes)
    },
  })
  return { close: () => consumer.disconnect() }
}
