/** Requests and answers of the data path, as bytes and as objects. */
import {
  codecOf,
  encodeMessage,
  FetchRequest,
  FetchResponse,
  MetadataRequest,
  MetadataResponse,
  ProduceRequest,
  ProduceResponse,
  Reader,
  RequestHeader,
  Writer,
} from '@ottla/protocol'
import { batches } from '../../load/batches.mjs'

const TOPIC = 'payments.transactions'
const indexes = (count) => Array.from({ length: count }, (_, index) => index)
const [records] = batches({ count: 1, recordBytes: 100, batchBytes: 16_384, timestamp: 1 }).batches

const produced = {
  responses: [
    { name: TOPIC, partitionResponses: indexes(6).map((index) => ({ index, baseOffset: 1_000_000 + index })) },
  ],
}
const produce = {
  acks: -1,
  timeoutMs: 30_000,
  topicData: [{ name: TOPIC, partitionData: indexes(6).map((index) => ({ index, records })) }],
}
const fetch = {
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 50 << 20,
  topics: [
    {
      topic: TOPIC,
      partitions: indexes(6).map((partition) => ({ partition, fetchOffset: 1e6, partitionMaxBytes: 1 << 20 })),
    },
  ],
}
const fetched = {
  responses: [
    {
      topic: TOPIC,
      partitions: indexes(6).map((partitionIndex) => ({ partitionIndex, highWatermark: 1e6, records: [records] })),
    },
  ],
}
const metadata = {
  brokers: indexes(3).map((nodeId) => ({ nodeId, host: `broker-${nodeId}.kafka.internal`, port: 9092 })),
  clusterId: 'kVUYqsCGTWuPQhI3Jyvzqg',
  controllerId: 1,
  topics: indexes(100).map((at) => ({
    name: `${TOPIC}.${at}`,
    partitions: indexes(6).map((partitionIndex) => ({
      partitionIndex,
      leaderId: 1,
      replicaNodes: [1, 2, 3],
      isrNodes: [1, 2, 3],
    })),
  })),
}
const header = { requestApiKey: 0, requestApiVersion: 9, correlationId: 7, clientId: 'producer-1' }

function encoding(schema, version, value) {
  const codec = codecOf(schema, version)
  return {
    run() {
      const writer = new Writer()
      codec.encode(writer, value)
      return writer.finish()
    },
  }
}

function decoding(schema, version, value) {
  const codec = codecOf(schema, version)
  const bytes = encodeMessage(schema, version, value)
  return { run: () => codec.decode(new Reader(bytes)) }
}

export const codec = () => ({
  'encode request header v2': encoding(RequestHeader, 2, header),
  'decode request header v2': decoding(RequestHeader, 2, header),
  'encode Produce request v9, 6 partitions': encoding(ProduceRequest, 9, produce),
  'decode Produce request v9, 6 partitions': decoding(ProduceRequest, 9, produce),
  'encode Produce response v9, 6 partitions': encoding(ProduceResponse, 9, produced),
  'decode Produce response v9, 6 partitions': decoding(ProduceResponse, 9, produced),
  'encode Fetch request v12, 6 partitions': encoding(FetchRequest, 12, fetch),
  'decode Fetch request v12, 6 partitions': decoding(FetchRequest, 12, fetch),
  'encode Fetch response v12, 6 partitions': encoding(FetchResponse, 12, fetched),
  'decode Fetch response v12, 6 partitions': decoding(FetchResponse, 12, fetched),
  'encode Metadata response v12, 100 topics': encoding(MetadataResponse, 12, metadata),
  'decode Metadata response v12, 100 topics': decoding(MetadataResponse, 12, metadata),
  'decode Metadata request v12, 10 topics': decoding(MetadataRequest, 12, {
    topics: indexes(10).map((at) => ({ name: `${TOPIC}.${at}` })),
  }),
})
