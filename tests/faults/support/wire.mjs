/** A client that shows every error code, over the packages of this repository. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { compile, root } from '../../../scripts/lib/workspace.mjs'
import { expect } from '../../clients/tools/report.mjs'
import { until } from './cases.mjs'
import { request } from './raw.mjs'

async function load(name, file = 'index.js') {
  return await import(pathToFileURL(join(root, 'packages', name, 'dist', file)).href)
}

const needed = ['env', 'net', 'protocol']
if (needed.some((name) => !existsSync(join(root, 'packages', name, 'dist', 'index.js')))) compile(needed)
const protocol = await load('protocol')
const { ClientConnection } = await load('net')
const { nodeEnv } = await load('env', 'node/index.js')
const env = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })

const pair = (name) => ({ request: protocol[`${name}Request`], response: protocol[`${name}Response`] })
const PRODUCE = pair('Produce')
const FETCH = pair('Fetch')
const METADATA = pair('Metadata')
const CREATE_TOPICS = pair('CreateTopics')
const LIST_OFFSETS = pair('ListOffsets')
const FIND_COORDINATOR = pair('FindCoordinator')
const OFFSET_COMMIT = pair('OffsetCommit')
const OFFSET_FETCH = pair('OffsetFetch')
const INIT_PRODUCER_ID = pair('InitProducerId')
const DESCRIBE_LOG_DIRS = pair('DescribeLogDirs')
const LATEST = -1

export function errorName(code) {
  return protocol.errorOf(code).name
}

export function isRetriable(code) {
  return protocol.errorOf(code).retriable
}

/** A batch of records with these values. */
export function batchOf(values, options = {}) {
  const builder = new protocol.BatchBuilder({ timestamp: Date.now(), ...options })
  for (const value of values) builder.append({ value: Buffer.from(value) })
  return builder.build()
}

/** A batch of one record whose value has `mib` MiB of zeros, packed by gzip to a thousandth. */
export function bombBatch(mib) {
  const value = mib * 2 ** 20
  const inner = Buffer.concat([Buffer.from([0, 0, 0, 1]), varint(value)])
  const head = Buffer.concat([varint(inner.length + value + 1), inner])
  const piece = 300 * 2 ** 20
  const zeros = gzipSync(Buffer.alloc(piece), { level: 9 })
  const pieces = Array.from({ length: Math.floor(value / piece) }, () => zeros)
  const rest = gzipSync(Buffer.alloc((value % piece) + 1))
  const packed = Buffer.concat([gzipSync(head), ...pieces, rest])
  const batch = Buffer.concat([batchOf(['']).subarray(0, 61), packed])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt16BE(1, 21)
  return seal(batch)
}

/** Gives the batch the checksum of what it holds. */
export function seal(batch) {
  batch.writeUInt32BE(protocol.crc32c(batch, 21, batch.length), 17)
  return batch
}

function varint(value) {
  const bytes = []
  let rest = value * 2
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

function shortString(text) {
  const bytes = Buffer.alloc(2 + text.length)
  bytes.writeInt16BE(text.length)
  bytes.write(text, 2)
  return bytes
}

function int32(...values) {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeInt32BE(value, 4 * i)
  return bytes
}

/** A Fetch request of version 4 for partition 0, as bytes. */
export function fetchRequest(topic, { correlationId, offset, maxBytes, minBytes }) {
  const place = Buffer.alloc(8)
  place.writeBigInt64BE(BigInt(offset))
  const limits = Buffer.concat([int32(-1, 100, minBytes, maxBytes), Buffer.from([0])])
  const body = [limits, int32(1), shortString(topic), int32(1, 0), place, int32(maxBytes)]
  return request({ key: 1, version: 4, correlationId }, Buffer.concat(body))
}

/** A Produce request of version 7 with acks=all for partition 0, as bytes. `recordsSize` lies about the records. */
export function produceRequest(topic, batch, { correlationId, recordsSize = batch.length }) {
  const head = Buffer.concat([Buffer.from('ffffffff', 'hex'), int32(10_000, 1), shortString(topic)])
  const body = [head, int32(1, 0, recordsSize), batch]
  return request({ key: 0, version: 7, correlationId }, Buffer.concat(body))
}

/** Connects to a broker; closed when the case is over. */
export async function connect(c, port, { host = '127.0.0.1', timeoutMs = 30_000 } = {}) {
  const connection = await ClientConnection.connect({
    env,
    host,
    port,
    clientId: 'faults',
    connectTimeoutMs: timeoutMs,
    requestTimeoutMs: timeoutMs,
    softwareName: 'ottla-faults',
    softwareVersion: '1',
  })
  c.defer(() => connection.close())
  return new Client(connection)
}

export class Client {
  #connection

  constructor(connection) {
    this.#connection = connection
  }

  close() {
    this.#connection.close()
  }

  async #ask(api, version, init, options) {
    return await this.#connection.request(api, this.#connection.versionOf(api, version), init, options)
  }

  /** Error code of creating one topic. */
  async tryCreate(name, { partitions = 1, configs = {}, timeoutMs = 20_000 } = {}) {
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions: partitions, replicationFactor: 1, configs: entries }]
    const response = await this.#ask(CREATE_TOPICS, 7, { topics, timeoutMs })
    return response.topics[0].errorCode
  }

  async create(name, options) {
    const code = await this.tryCreate(name, options)
    expect(code === 0, `creating ${name}: ${errorName(code)}`)
  }

  /** Produces one batch with acks=all; {errorCode, baseOffset}. */
  async produce(topic, values, { partition = 0, batch = batchOf(values), timeoutMs = 15_000 } = {}) {
    const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }]
    const response = await this.#ask(PRODUCE, 12, { acks: -1, timeoutMs, topicData })
    return response.responses[0].partitionResponses[0]
  }

  /** Values from `offset` to the end, each with its offset. */
  async read(topic, { partition = 0, offset = 0 } = {}) {
    const { errorCode, records } = await this.tryRead(topic, { partition, offset })
    expect(errorCode === 0, `reading ${topic}-${partition}: ${errorName(errorCode)}`)
    return records
  }

  async tryRead(topic, { partition = 0, offset = 0 } = {}) {
    const found = []
    for (let next = offset; ; ) {
      const fetchPartition = { partition, fetchOffset: next, partitionMaxBytes: 8 << 20, currentLeaderEpoch: -1 }
      const response = await this.#ask(FETCH, 12, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 16 << 20,
        sessionEpoch: -1,
        topics: [{ topic, partitions: [fetchPartition] }],
      })
      const part = response.responses[0].partitions[0]
      if (part.errorCode !== 0) return { errorCode: part.errorCode, records: found }
      const before = next
      for (const record of recordsOf(part.records)) {
        if (record.offset < next) continue
        found.push({ offset: record.offset, value: record.value })
        next = record.offset + 1
      }
      if (next === before) return { errorCode: 0, records: found, highWatermark: part.highWatermark }
    }
  }

  /** A fetch from the beginning that waits for records. */
  async longPoll(topic, maxWaitMs) {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20, currentLeaderEpoch: -1 }]
    const init = { maxWaitMs, minBytes: 1, maxBytes: 1 << 20, sessionEpoch: -1, topics: [{ topic, partitions }] }
    return await this.#ask(FETCH, 12, init, { timeoutMs: maxWaitMs + 10_000 })
  }

  async endOffset(topic, partition = 0) {
    const partitions = [{ partitionIndex: partition, timestamp: LATEST }]
    const response = await this.#ask(LIST_OFFSETS, 7, { replicaId: -1, topics: [{ name: topic, partitions }] })
    const part = response.topics[0].partitions[0]
    expect(part.errorCode === 0, `end of ${topic}-${partition}: ${errorName(part.errorCode)}`)
    return part.offset
  }

  /** What Metadata says: {brokers, clusterId, topics}. */
  async metadata(names = []) {
    return await this.#ask(METADATA, 12, { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false })
  }

  /** Error code of a commit of a group without members. */
  async commit(group, topic, { partition = 0, offset }) {
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }]
    const response = await this.#ask(OFFSET_COMMIT, 8, { groupId: group, topics: [{ name: topic, partitions }] })
    return response.topics[0].partitions[0].errorCode
  }

  /** {errorCode, offset} of a committed offset. */
  async committed(group, topic, partition = 0) {
    const topics = [{ name: topic, partitionIndexes: [partition] }]
    const response = await this.#ask(OFFSET_FETCH, 8, { groups: [{ groupId: group, topics }] })
    const found = response.groups[0]
    const part = found.topics[0]?.partitions[0]
    return { errorCode: found.errorCode || (part?.errorCode ?? 0), offset: part?.committedOffset ?? -1 }
  }

  /** Has the offsets topic made and waits until the group's coordinator is there. */
  async coordinatorReady(group) {
    await until(async () => {
      const response = await this.#ask(FIND_COORDINATOR, 4, { keyType: 0, coordinatorKeys: [group] })
      return response.coordinators[0].errorCode === 0
    }, `the coordinator of ${group}`)
    await until(async () => (await this.committed(group, 'none')).errorCode === 0, `the offsets of ${group}`)
  }

  /** {producerId, producerEpoch} of a new idempotent producer. */
  async newProducer() {
    const init = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
    const { errorCode, producerId, producerEpoch } = await this.#ask(INIT_PRODUCER_ID, 4, init)
    expect(errorCode === 0, `producer id: ${errorName(errorCode)}`)
    return { producerId, producerEpoch }
  }

  /** {logDir, errorCode} of every data folder. */
  async logDirs() {
    return (await this.#ask(DESCRIBE_LOG_DIRS, 4, { topics: null })).results
  }
}

function* recordsOf(bytes) {
  if (bytes === null) return
  for (let at = 0; at + 61 <= bytes.length; ) {
    const size = 12 + bytes.readInt32BE(at + 8)
    if (at + size > bytes.length) return
    for (const record of protocol.readRecords(bytes, at)) {
      yield { offset: record.offset, value: record.value?.toString() }
    }
    at += size
  }
}
