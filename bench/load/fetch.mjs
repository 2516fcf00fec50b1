/**
 * Reads topics as fast as answers come, in fetch sessions as clients do; batches are counted, not unpacked. At the end of a
 * topic it begins anew.
 */
import { API_KEYS, batchesIn, ErrorCode, nextOffset, recordCount } from '@ottla/protocol'
import { answerOf, frameOf, Wire } from './wire.mjs'

const VERSION = 12
const PARTITION_BYTES = 1 << 20
const RESPONSE_BYTES = 50 << 20

/** One reader of all partitions, on a connection of its own. */
class Reader {
  #wire
  #topic
  #positions
  #ends
  #session = 0
  #epoch = 0
  #dirty
  records = 0
  bytes = 0
  requests = 0

  constructor(wire, topic, ends) {
    this.#wire = wire
    this.#topic = topic
    this.#ends = ends
    this.#positions = ends.map(() => 0)
    this.#dirty = new Set(ends.keys())
  }

  /** Reads until `isOver()`. */
  run(isOver) {
    return new Promise((resolve) => {
      this.#wire.onAnswer = (answer) => {
        this.#take(answer)
        if (isOver()) resolve()
        else this.#send()
      }
      this.#send()
    })
  }

  #send() {
    const partitions = [...this.#dirty].map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: this.#positions[partition],
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
    this.#wire.send(frameOf(API_KEYS.Fetch, VERSION, body))
  }

  #take(answer) {
    const { errorCode, sessionId, responses } = answerOf(API_KEYS.Fetch, VERSION, answer)
    if (errorCode !== ErrorCode.NONE) throw new Error(`fetch: error ${errorCode}`)
    this.#session = sessionId
    this.#epoch += 1
    this.requests += 1
    for (const { partitions } of responses) for (const partition of partitions) this.#takePartition(partition)
  }

  #takePartition({ partitionIndex, errorCode, records }) {
    if (errorCode !== ErrorCode.NONE) throw new Error(`fetch of partition ${partitionIndex}: error ${errorCode}`)
    if (records === null || records.length === 0) return
    this.bytes += records.length
    let next = this.#positions[partitionIndex]
    for (const pos of batchesIn(records)) {
      next = nextOffset(records, pos)
      this.records += recordCount(records, pos)
    }
    this.#positions[partitionIndex] = next >= this.#ends[partitionIndex] ? 0 : next
    this.#dirty.add(partitionIndex)
  }
}

async function endOffsets(wire, topic, partitions) {
  const { topics } = await wire.ask(API_KEYS.ListOffsets, 5, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [
      {
        name: topic,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          currentLeaderEpoch: -1,
          timestamp: -1,
        })),
      },
    ],
  })
  return [...topics[0].partitions].sort((a, b) => a.partitionIndex - b.partitionIndex).map(({ offset }) => offset)
}

/** load: { bootstrap, topic, partitions, readers, durationMs } or with `records` for each reader instead of the time. */
export async function fetch(load) {
  const readers = await Promise.all(
    Array.from({ length: load.readers }, async () => {
      const wire = await Wire.open(load.bootstrap)
      return { wire, reader: new Reader(wire, load.topic, await endOffsets(wire, load.topic, load.partitions)) }
    }),
  )
  const began = performance.now()
  await Promise.all(
    readers.map(({ reader }) =>
      reader.run(() =>
        load.records === undefined ? performance.now() - began >= load.durationMs : reader.records >= load.records,
      ),
    ),
  )
  const seconds = (performance.now() - began) / 1000
  for (const { wire } of readers) wire.close()
  const sum = (key) => readers.reduce((total, { reader }) => total + reader[key], 0)
  return { records: sum('records'), bytes: sum('bytes'), requests: sum('requests'), seconds }
}
