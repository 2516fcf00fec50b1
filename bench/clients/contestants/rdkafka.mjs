import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.env.BENCH_CONTESTANTS, 'native', 'noop.js'))
const { KafkaConsumer, librdkafkaVersion, Producer } = require('node-rdkafka')

export const label = `node-rdkafka ${require('node-rdkafka/package.json').version} (librdkafka ${librdkafkaVersion})`
/** It fills its batches itself, the better the more waits. */
export const lanes = 20

const connected = (client) =>
  new Promise((resolve, reject) => client.connect({}, (error) => (error ? reject(error) : resolve(client))))

export async function openProducer({ bootstrap, topic, compression, lingerMs, batchBytes, pollMs }) {
  const producer = new Producer(
    {
      'metadata.broker.list': bootstrap,
      'enable.idempotence': true,
      'compression.codec': compression,
      'linger.ms': lingerMs,
      'batch.size': batchBytes,
      'batch.num.messages': 100_000,
      'queue.buffering.max.messages': 1_000_000,
      'socket.nagle.disable': true,
      dr_cb: true,
    },
    { acks: -1 },
  )
  await connected(producer)
  producer.on('delivery-report', (error, { opaque }) => {
    if (error) opaque.reject(error)
    else if (--opaque.left === 0) opaque.resolve()
  })
  let isPolling = false
  let waiting = 0
  // A timer of 1 ms is all that the binding offers; where one record's way is timed, every turn of the loop polls.
  const pollNow = () => {
    producer.poll()
    if (waiting > 0) setImmediate(pollNow)
    else isPolling = false
  }
  if (pollMs > 0) producer.setPollInterval(pollMs)
  const sendMany = (values) =>
    new Promise((resolve, reject) => {
      const call = { left: values.length, resolve, reject }
      for (const value of values) producer.produce(topic, null, value, null, null, call)
      if (pollMs > 0 || isPolling) return
      isPolling = true
      setImmediate(pollNow)
    })
  return {
    async send(value) {
      waiting += 1
      await sendMany([value])
      waiting -= 1
    },
    sendMany,
    close: () => new Promise((resolve) => producer.disconnect(5000, resolve)),
  }
}

export async function openConsumer({ bootstrap, topic, group }, tally) {
  const consumer = new KafkaConsumer(
    {
      'metadata.broker.list': bootstrap,
      'group.id': group,
      'enable.auto.commit': false,
      'fetch.message.max.bytes': 1_048_576,
      'fetch.wait.max.ms': 500,
      // With their defaults (100,000 messages, a pause of a second) the consumer stands still most of the time.
      'queued.min.messages': 1_000_000,
      'fetch.queue.backoff.ms': 5,
      'check.crcs': true,
      'socket.nagle.disable': true,
    },
    { 'auto.offset.reset': 'earliest' },
  )
  await connected(consumer)
  consumer.subscribe([topic])
  consumer.setDefaultConsumeTimeout(100)
  let isOver = false
  const take = () => {
    consumer.consume(1000, (error, messages) => {
      if (isOver) return
      if (!error) {
        let bytes = 0
        for (const { value } of messages) bytes += value.length
        tally(messages.length, bytes)
      }
      setImmediate(take)
    })
  }
  take()
  return {
    close: () => {
      isOver = true
      return new Promise((resolve) => consumer.disconnect(resolve))
    },
  }
}
