/** @platformatic/kafka, by the modules its own client goes through. It exports one entry only, so they are loaded by path. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
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

const folder = join(fileURLToPath(import.meta.url), '..', '..', 'node_modules', '@platformatic', 'kafka', 'dist')
const source = (path) => import(pathToFileURL(join(folder, path)).href)
const { Writer } = await source('protocol/writer.js')
const { Reader } = await source('protocol/reader.js')
const { createRecordsBatch, readRecordsBatch } = await source('protocol/records.js')
const { crc32c } = await source('protocol/crc32c.js')
const { murmur2 } = await source('protocol/murmur2.js')
const produce = await source('apis/producer/produce-v7.js')
const fetch = await source('apis/consumer/fetch-v11.js')
const metadata = await source('apis/metadata/metadata-v6.js')
const heartbeat = await source('apis/consumer/heartbeat-v3.js')
const offsetCommit = await source('apis/consumer/offset-commit-v5.js')
const offsetFetch = await source('apis/consumer/offset-fetch-v4.js')

const ten = topicNames(10)

/** Headers come as a map of buffers, as its client's serializers leave them, and timestamps as bigint. */
const messagesOf = (records) =>
  records.map(({ key, value, headers }) => ({
    key,
    value,
    headers: new Map(headers.map(([name, content]) => [Buffer.from(name), content])),
    topic: TOPIC,
    partition: 0,
    timestamp: BigInt(TIMESTAMP),
  }))
const hundredMessages = messagesOf(hundred)
const thousandMessages = messagesOf(thousand)

const sizeOf = (records) =>
  records.reduce((sum, { key, value, headers }) => sum + key.length + value.length + headers.length, 0)
const read = (buffer) => sizeOf(readRecordsBatch(Reader.from(buffer)).records)
const build = (messages, compression = 'none') => createRecordsBatch(messages, { compression }).buffer

export function cases() {
  const writer = Writer.create()
  for (const value of varints) writer.appendVarInt(value)
  const encodedVarints = Buffer.from(writer.buffer)
  const parse = ({ parseResponse }, key, version, buffer) => parseResponse(0, key, version, Reader.from(buffer))
  return {
    'encode Produce v7, 100 records of 100 B': () => produce.createRequest(-1, 30_000, hundredMessages).buffer.length,
    'encode Fetch v11, 10 partitions': () => {
      const partitions = indexes(10).map((partition) => ({
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: 1_000_000n,
        partitionMaxBytes: 1_048_576,
      }))
      const topics = [{ topicId: TOPIC, partitions }]
      return fetch.createRequest(500, 1, 52_428_800, 1, 0, -1, topics, [], '').buffer.length
    },
    'encode Metadata v6, 10 topics': () => metadata.createRequest(ten, false).buffer.length,
    'encode Heartbeat v3': () => heartbeat.createRequest(GROUP, 7, MEMBER, null).buffer.length,
    'encode OffsetCommit v5, 20 partitions': () => {
      const partitions = indexes(20).map((partitionIndex) => ({
        partitionIndex,
        committedOffset: 1_000_000n,
        committedMetadata: '',
      }))
      return offsetCommit.createRequest(GROUP, 7, MEMBER, null, [{ name: TOPIC, partitions }]).buffer.length
    },
    'decode Produce v7, 6 partitions': () =>
      parse(produce, 0, 7, responses.produceV7).responses[0].partitionResponses.length,
    'decode Fetch v11, 100 records of 100 B': () =>
      parse(fetch, 1, 11, responses.fetchV11).responses[0].partitions[0].records.reduce(
        (sum, { records }) => sum + sizeOf(records),
        0,
      ),
    'decode Metadata v6, 100 topics of 6 partitions': () => parse(metadata, 3, 6, responses.metadataV6).topics.length,
    'decode Heartbeat v3': () => parse(heartbeat, 12, 3, responses.heartbeatV3).errorCode,
    'decode OffsetFetch v4, 20 partitions': () => {
      const response = parse(offsetFetch, 9, 4, responses.offsetFetchV4)
      return (response.topics ?? response.groups[0].topics)[0].partitions.length
    },
    'build a batch, 100 records of 100 B': () => build(hundredMessages).length,
    'build a batch, 1000 records of 1 KB': () => build(thousandMessages).length,
    'build a batch, gzip': () => build(hundredMessages, 'gzip') && 1,
    'build a batch, snappy': () => build(hundredMessages, 'snappy') && 1,
    'build a batch, lz4': () => build(hundredMessages, 'lz4') && 1,
    'build a batch, zstd': () => build(hundredMessages, 'zstd') && 1,
    'read a batch, 100 records of 100 B': () => read(batches.hundred),
    'read a batch, 1000 records of 1 KB': () => read(batches.thousand),
    'read a batch, gzip': () => read(batches.gzip),
    'read a batch, snappy': () => read(batches.snappy),
    'read a batch, lz4': () => read(batches.lz4),
    'read a batch, zstd': () => read(batches.zstd),
    'build a batch of 1 MB, gzip': () => build(thousandMessages, 'gzip') && 1,
    'build a batch of 1 MB, snappy': () => build(thousandMessages, 'snappy') && 1,
    'build a batch of 1 MB, lz4': () => build(thousandMessages, 'lz4') && 1,
    'build a batch of 1 MB, zstd': () => build(thousandMessages, 'zstd') && 1,
    'read a batch of 1 MB, gzip': () => read(batches.largeGzip),
    'read a batch of 1 MB, snappy': () => read(batches.largeSnappy),
    'read a batch of 1 MB, lz4': () => read(batches.largeLz4),
    'read a batch of 1 MB, zstd': () => read(batches.largeZstd),
    ...Object.fromEntries(Object.entries(crcInputs).map(([name, input]) => [name, () => crc32c(input)])),
    ...Object.fromEntries(Object.entries(murmurInputs).map(([name, input]) => [name, () => murmur2(input)])),
    'write 1000 varints': () => {
      const target = Writer.create()
      for (const value of varints) target.appendVarInt(value)
      return target.buffer.length
    },
    'read 1000 varints': () => {
      const reader = Reader.from(encodedVarints)
      let sum = 0
      for (let i = 0; i < varints.length; i++) sum += reader.readVarInt()
      return sum
    },
  }
}
