/**
 * Reads topics as fast as answers come, in fetch sessions as clients do; batches are counted by their headers, and nothing else is
 * looked at. At the end of a topic a reader begins anew, unless it follows those who write.
 */
import { connect } from 'node:net'
import { API_KEYS } from '@ottla/protocol'
import { FETCH_VERSION, FetchAnswers } from './fetch-answers.mjs'
import { frameOf, Wire } from './wire.mjs'

const PARTITION_BYTES = 1 << 20
const RESPONSE_BYTES = 50 << 20
/** Room for one read from a socket: what is larger no longer fits into the caches of a core. */
const READ_BYTES = 256 << 10
const room = Buffer.allocUnsafeSlow(READ_BYTES)

/** A connection whose bytes are read into the same memory again and again: they are looked at before the next ones come. */
function openStream(bootstrap, onBytes) {
  const [host, port] = bootstrap.split(':')
  return new Promise((resolve, reject) => {
    const onread = {
      buffer: room,
      callback: (count, bytes) => {
        onBytes(bytes, count)
        return true
      },
    }
    const socket = connect({ host, port: Number(port), noDelay: true, onread })
    socket.once('error', reject)
    socket.once('connect', () => resolve(socket))
  })
}

/** One reader of some partitions, on a connection of its own. */
class Reader {
  #socket
  #topic
  #positions
  #ends
  #session = 0
  #epoch = 0
  #dirty
  #isOver = () => false
  #resolve
  #answers = new FetchAnswers({
    onBatch: (partition, nextOffset, records, bytes) => this.#takeBatch(partition, nextOffset, records, bytes),
    onAnswer: (session) => this.#takeAnswer(session),
  })
  records = 0
  bytes = 0
  requests = 0

  /** places: { partition, from, end }, where `end` is the offset behind which it begins anew, and from is where it begins. */
  static async open({ bootstrap, topic }, places) {
    const reader = new Reader(topic, places)
    reader.#socket = await openStream(bootstrap, (bytes, count) => reader.#answers.take(bytes, count))
    return reader
  }

  constructor(topic, places) {
    this.#topic = topic
    this.#positions = new Map(places.map(({ partition, from }) => [partition, from]))
    this.#ends = new Map(places.map(({ partition, end }) => [partition, end]))
    this.#dirty = new Set(this.#positions.keys())
  }

  /** Reads until `isOver()`. */
  run(isOver) {
    this.#isOver = isOver
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#send()
    })
  }

  close() {
    this.#socket.destroy()
  }

  #send() {
    const partitions = [...this.#dirty].map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: this.#positions.get(partition),
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: PARTITION_BYTES,
    }))
    this.#dirty.clear()
    const body = {
      replicaId: -1,
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: RESPONSE_BYTES,
      isolationLevel: 0,
      sessionId: this.#session,
      sessionEpoch: this.#epoch,
      topics: partitions.length === 0 ? [] : [{ topic: this.#topic, partitions }],
      forgottenTopicsData: [],
      rackId: '',
    }
    this.#socket.write(frameOf(API_KEYS.Fetch, FETCH_VERSION, body))
  }

  #takeBatch(partition, nextOffset, records, bytes) {
    this.records += records
    this.bytes += bytes
    this.#positions.set(partition, nextOffset >= this.#ends.get(partition) ? 0 : nextOffset)
    this.#dirty.add(partition)
  }

  #takeAnswer(session) {
    this.#session = session
    this.#epoch += 1
    this.requests += 1
    if (this.#isOver()) this.#resolve()
    else this.#send()
  }
}

async function endOffsets({ bootstrap, topic, partitions }) {
  const wire = await Wire.open(bootstrap)
  const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: -1,
    timestamp: -1,
  }))
  const body = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions: asked }] }
  const { topics } = await wire.ask(API_KEYS.ListOffsets, 5, body)
  wire.close()
  return [...topics[0].partitions].sort((a, b) => a.partitionIndex - b.partitionIndex).map(({ offset }) => offset)
}

/** The readers of one group: each partition has one of them, and none is without. */
function shared(places, consumers) {
  const count = Math.min(consumers, places.length)
  return Array.from({ length: count }, (_, at) => places.filter((_, index) => index % count === at))
}

/**
 * load: { bootstrap, topic, partitions, groups, consumers (of each group), durationMs } or with `records` for each group instead of the time.
 * `isFollowing`: from the end of the topic on, whatever is written meanwhile. Bytes are those of records of `recordBytes` before compression.
 */
export async function fetch(load) {
  const { groups = 1, consumers = 1, isFollowing = false } = load
  const offsets = await endOffsets(load)
  const places = offsets.map((end, partition) =>
    isFollowing ? { partition, from: end, end: Number.POSITIVE_INFINITY } : { partition, from: 0, end },
  )
  const members = await Promise.all(
    Array.from({ length: groups }, () => Promise.all(shared(places, consumers).map((held) => Reader.open(load, held)))),
  )
  const sum = (readers, key) => readers.reduce((total, reader) => total + reader[key], 0)
  const began = performance.now()
  await Promise.all(
    members.flatMap((group) =>
      group.map((reader) =>
        reader.run(() =>
          load.records === undefined
            ? performance.now() - began >= load.durationMs
            : sum(group, 'records') >= load.records,
        ),
      ),
    ),
  )
  const seconds = (performance.now() - began) / 1000
  const readers = members.flat()
  for (const reader of readers) reader.close()
  const records = sum(readers, 'records')
  const bytes = records * load.recordBytes
  return { records, bytes, receivedBytes: sum(readers, 'bytes'), requests: sum(readers, 'requests'), seconds }
}
