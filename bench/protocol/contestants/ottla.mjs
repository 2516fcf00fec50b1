/** Ottla's protocol package, as it was built. */
import {
  BatchBuilder,
  CompressionType,
  codecOf,
  crc32c,
  FetchRequest,
  FetchResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  MetadataRequest,
  MetadataResponse,
  murmur2,
  OffsetCommitRequest,
  OffsetFetchResponse,
  ProduceRequest,
  ProduceResponse,
  Reader,
  readRecords,
  readVarint,
  Writer,
  writeVarint,
} from '@ottla/protocol'
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

const ten = topicNames(10)

function encode(codec, value) {
  const writer = new Writer()
  codec.encode(writer, value)
  return writer.toBuffer()
}

const decode = (codec, buffer) => codec.decode(new Reader(buffer))

const messagesOf = (records) =>
  records.map(({ key, value, headers }) => ({
    key,
    value,
    timestamp: TIMESTAMP,
    headers: headers.map(([name, content]) => ({ key: name, value: content })),
  }))
const hundredMessages = messagesOf(hundred)
const thousandMessages = messagesOf(thousand)

function build(messages, compression = CompressionType.none) {
  const builder = new BatchBuilder({ compression })
  for (const message of messages) builder.append(message)
  return builder.build()
}

function read(buffer) {
  let sum = 0
  for (const { key, value, headers } of readRecords(buffer)) sum += key.length + value.length + headers.length
  return sum
}

export function cases() {
  const produce = codecOf(ProduceRequest, 7)
  const fetch = codecOf(FetchRequest, 11)
  const metadata = codecOf(MetadataRequest, 6)
  const heartbeat = codecOf(HeartbeatRequest, 3)
  const offsetCommit = codecOf(OffsetCommitRequest, 5)
  const produced = codecOf(ProduceResponse, 7)
  const fetched = codecOf(FetchResponse, 11)
  const described = codecOf(MetadataResponse, 6)
  const beaten = codecOf(HeartbeatResponse, 3)
  const committed = codecOf(OffsetFetchResponse, 4)
  const scratch = Buffer.alloc(varints.length * 5)
  let written = 0
  for (const value of varints) written = writeVarint(scratch, written, value)
  const encodedVarints = Buffer.from(scratch.subarray(0, written))
  return {
    'encode Produce v7, 100 records of 100 B': () =>
      encode(produce, {
        transactionalId: null,
        acks: -1,
        timeoutMs: 30_000,
        topicData: [{ name: TOPIC, partitionData: [{ index: 0, records: build(hundredMessages) }] }],
      }).length,
    'encode Fetch v11, 10 partitions': () =>
      encode(fetch, {
        replicaId: -1,
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 52_428_800,
        isolationLevel: 1,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [
          {
            topic: TOPIC,
            partitions: indexes(10).map((partition) => ({
              partition,
              currentLeaderEpoch: -1,
              fetchOffset: 1_000_000,
              logStartOffset: -1,
              partitionMaxBytes: 1_048_576,
            })),
          },
        ],
        forgottenTopicsData: [],
        rackId: '',
      }).length,
    'encode Metadata v6, 10 topics': () =>
      encode(metadata, { topics: ten.map((name) => ({ name })), allowAutoTopicCreation: false }).length,
    'encode Heartbeat v3': () =>
      encode(heartbeat, { groupId: GROUP, generationId: 7, memberId: MEMBER, groupInstanceId: null }).length,
    'encode OffsetCommit v5, 20 partitions': () =>
      encode(offsetCommit, {
        groupId: GROUP,
        generationIdOrMemberEpoch: 7,
        memberId: MEMBER,
        topics: [
          {
            name: TOPIC,
            partitions: indexes(20).map((partitionIndex) => ({
              partitionIndex,
              committedOffset: 1_000_000,
              committedMetadata: '',
            })),
          },
        ],
      }).length,
    'decode Produce v7, 6 partitions': () =>
      decode(produced, responses.produceV7).responses[0].partitionResponses.length,
    'decode Fetch v11, 100 records of 100 B': () =>
      read(decode(fetched, responses.fetchV11).responses[0].partitions[0].records),
    'decode Metadata v6, 100 topics of 6 partitions': () => decode(described, responses.metadataV6).topics.length,
    'decode Heartbeat v3': () => decode(beaten, responses.heartbeatV3).errorCode,
    'decode OffsetFetch v4, 20 partitions': () =>
      decode(committed, responses.offsetFetchV4).topics[0].partitions.length,
    'build a batch, 100 records of 100 B': () => build(hundredMessages).length,
    'build a batch, 1000 records of 1 KB': () => build(thousandMessages).length,
    'build a batch, gzip': () => build(hundredMessages, CompressionType.gzip) && 1,
    'build a batch, snappy': () => build(hundredMessages, CompressionType.snappy) && 1,
    'build a batch, lz4': () => build(hundredMessages, CompressionType.lz4) && 1,
    'build a batch, zstd': () => build(hundredMessages, CompressionType.zstd) && 1,
    'read a batch, 100 records of 100 B': () => read(batches.hundred),
    'read a batch, 1000 records of 1 KB': () => read(batches.thousand),
    'read a batch, gzip': () => read(batches.gzip),
    'read a batch, snappy': () => read(batches.snappy),
    'read a batch, lz4': () => read(batches.lz4),
    'read a batch, zstd': () => read(batches.zstd),
    'build a batch of 1 MB, gzip': () => build(thousandMessages, CompressionType.gzip) && 1,
    'build a batch of 1 MB, snappy': () => build(thousandMessages, CompressionType.snappy) && 1,
    'build a batch of 1 MB, lz4': () => build(thousandMessages, CompressionType.lz4) && 1,
    'build a batch of 1 MB, zstd': () => build(thousandMessages, CompressionType.zstd) && 1,
    'read a batch of 1 MB, gzip': () => read(batches.largeGzip),
    'read a batch of 1 MB, snappy': () => read(batches.largeSnappy),
    'read a batch of 1 MB, lz4': () => read(batches.largeLz4),
    'read a batch of 1 MB, zstd': () => read(batches.largeZstd),
    ...Object.fromEntries(Object.entries(crcInputs).map(([name, input]) => [name, () => crc32c(input)])),
    ...Object.fromEntries(Object.entries(murmurInputs).map(([name, input]) => [name, () => murmur2(input)])),
    'write 1000 varints': () => {
      const buffer = Buffer.allocUnsafe(varints.length * 5)
      let position = 0
      for (const value of varints) position = writeVarint(buffer, position, value)
      return position
    },
    'read 1000 varints': () => {
      const cursor = { buffer: encodedVarints, position: 0, end: encodedVarints.length }
      let sum = 0
      for (let i = 0; i < varints.length; i++) sum += readVarint(cursor)
      return sum
    },
  }
}
