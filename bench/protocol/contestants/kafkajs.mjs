/** kafkajs, by the modules its own client goes through. Encoding and decoding are asynchronous there. */
import { createRequire } from 'node:module'
import {
  batches,
  crcInputs,
  GROUP,
  hundred,
  indexes,
  MEMBER,
  murmurInputs,
  responses,
  TIMESTAMP,
  TOPIC,
  thousand,
  topicNames,
  varints,
} from '../inputs.mjs'

const require = createRequire(import.meta.url)
const source = (path) => require(`kafkajs/src/${path}`)
const { CompressionTypes } = require('kafkajs')
const Encoder = source('protocol/encoder')
const Decoder = source('protocol/decoder')
const Record = source('protocol/recordBatch/record/v0')
const { RecordBatch } = source('protocol/recordBatch/v0')
const readBatch = source('protocol/recordBatch/v0/decoder')
const crc32c = source('protocol/recordBatch/crc32C')
const murmur2 = source('producer/partitioners/default/murmur2')
const produce = source('protocol/requests/produce/v7/request')
const fetch = source('protocol/requests/fetch/v11/request')
const metadata = source('protocol/requests/metadata/v6/request')
const heartbeat = source('protocol/requests/heartbeat/v3/request')
const offsetCommit = source('protocol/requests/offsetCommit/v5/request')
const produced = source('protocol/requests/produce/v7/response')
const fetched = source('protocol/requests/fetch/v11/response')
const described = source('protocol/requests/metadata/v6/response')
const beaten = source('protocol/requests/heartbeat/v3/response')
const committed = source('protocol/requests/offsetFetch/v4/response')

const ten = topicNames(10)

/** kafkajs takes headers as an object, and timestamps with each message. */
const messagesOf = (records) =>
  records.map(({ key, value, headers }) => ({ key, value, headers: Object.fromEntries(headers), timestamp: TIMESTAMP }))
const hundredMessages = messagesOf(hundred)
const thousandMessages = messagesOf(thousand)

async function build(messages, compression = CompressionTypes.None) {
  const records = messages.map((message, offsetDelta) => Record({ ...message, offsetDelta, timestampDelta: 0 }))
  const batch = await RecordBatch({
    compression,
    records,
    firstTimestamp: TIMESTAMP,
    maxTimestamp: TIMESTAMP,
    lastOffsetDelta: records.length - 1,
  })
  return batch.buffer
}

const sizeOf = (records) =>
  records.reduce((sum, { key, value, headers }) => sum + key.length + value.length + Object.keys(headers).length, 0)

const read = async (buffer) => sizeOf((await readBatch(new Decoder(buffer))).records)
const encode = async (request) => (await request.encode()).buffer

export function cases() {
  const encoder = new Encoder()
  for (const value of varints) encoder.writeVarInt(value)
  const encodedVarints = Buffer.from(encoder.buffer)
  return {
    'encode Produce v7, 100 records of 100 B': async () => {
      const partitions = [{ partition: 0, firstSequence: undefined, messages: hundredMessages }]
      return (await encode(produce({ acks: -1, timeout: 30_000, topicData: [{ topic: TOPIC, partitions }] }))).length
    },
    'encode Fetch v11, 10 partitions': async () => {
      const partitions = indexes(10).map((partition) => ({ partition, fetchOffset: '1000000', maxBytes: 1_048_576 }))
      return (
        await encode(
          fetch({
            replicaId: -1,
            maxWaitTime: 500,
            minBytes: 1,
            maxBytes: 52_428_800,
            topics: [{ topic: TOPIC, partitions }],
          }),
        )
      ).length
    },
    'encode Metadata v6, 10 topics': async () =>
      (await encode(metadata({ topics: ten, allowAutoTopicCreation: false }))).length,
    'encode Heartbeat v3': async () =>
      (await encode(heartbeat({ groupId: GROUP, groupGenerationId: 7, memberId: MEMBER, groupInstanceId: null })))
        .length,
    'encode OffsetCommit v5, 20 partitions': async () => {
      const partitions = indexes(20).map((partition) => ({ partition, offset: '1000000', metadata: '' }))
      const topics = [{ topic: TOPIC, partitions }]
      return (await encode(offsetCommit({ groupId: GROUP, groupGenerationId: 7, memberId: MEMBER, topics }))).length
    },
    'decode Produce v7, 6 partitions': async () =>
      (await produced.decode(responses.produceV7)).topics[0].partitions.length,
    'decode Fetch v11, 100 records of 100 B': async () =>
      sizeOf((await fetched.decode(responses.fetchV11)).responses[0].partitions[0].messages),
    'decode Metadata v6, 100 topics of 6 partitions': async () =>
      (await described.decode(responses.metadataV6)).topicMetadata.length,
    'decode Heartbeat v3': async () => (await beaten.decode(responses.heartbeatV3)).errorCode,
    'decode OffsetFetch v4, 20 partitions': async () =>
      (await committed.decode(responses.offsetFetchV4)).responses[0].partitions.length,
    'build a batch, 100 records of 100 B': async () => (await build(hundredMessages)).length,
    'build a batch, 1000 records of 1 KB': async () => (await build(thousandMessages)).length,
    'build a batch, gzip': async () => (await build(hundredMessages, CompressionTypes.GZIP)) && 1,
    'read a batch, 100 records of 100 B': () => read(batches.hundred),
    'read a batch, 1000 records of 1 KB': () => read(batches.thousand),
    'read a batch, gzip': () => read(batches.gzip),
    'build a batch of 1 MB, gzip': async () => (await build(thousandMessages, CompressionTypes.GZIP)) && 1,
    'read a batch of 1 MB, gzip': () => read(batches.largeGzip),
    ...Object.fromEntries(Object.entries(crcInputs).map(([name, input]) => [name, () => crc32c(input)])),
    ...Object.fromEntries(Object.entries(murmurInputs).map(([name, input]) => [name, () => murmur2(input)])),
    'write 1000 varints': () => {
      const target = new Encoder()
      for (const value of varints) target.writeVarInt(value)
      return target.size()
    },
    'read 1000 varints': () => {
      const decoder = new Decoder(encodedVarints)
      let sum = 0
      for (let i = 0; i < varints.length; i++) sum += decoder.readVarInt()
      return sum
    },
  }
}
