/** Reads a partition as a consumer does, and checks each answer by itself. */
import {
  baseOffset,
  batchesIn,
  checkBatch,
  FetchRequest,
  FetchResponse,
  nextOffset,
  partitionLeaderEpoch,
  readRecords,
  type Value,
} from '@ottla/protocol'
import type { ReadRecord } from './history.ts'
import type { ModelClient } from './model-client.ts'
import type { ModelPartition } from './model-topic.ts'
import { expectNoError, Violation } from './retry.ts'

export interface ReadBatch {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly leaderEpoch: number
  readonly records: readonly ReadRecord[]
}

/** One answer. */
export interface Fetched {
  readonly batches: readonly ReadBatch[]
  readonly logStartOffset: number
  readonly highWatermark: number
}

export interface FetchFrom {
  readonly offset: number
  readonly maxBytes: number
  readonly maxWaitMs: number
}

const FETCH = { request: FetchRequest, response: FetchResponse }
const TOPIC_ID_VERSION = 13
/** From here on zstd batches are sent. */
const ZSTD_VERSION = 10

type Partition = Value<typeof FetchResponse>['responses'][number]['partitions'][number]

/** One Fetch. Throws TryAgain, Violation, or WireError. */
export async function fetchOnce(client: ModelClient, from: ModelPartition, at: FetchFrom): Promise<Fetched> {
  const { topic, partition } = from
  const answer = await client.call(
    FETCH,
    (version) => ({
      maxWaitMs: at.maxWaitMs,
      minBytes: 1,
      maxBytes: Math.max(at.maxBytes, 1),
      topics: [
        {
          ...(version >= TOPIC_ID_VERSION ? { topicId: topic.id } : { topic: topic.name }),
          partitions: [{ partition, fetchOffset: at.offset, partitionMaxBytes: at.maxBytes }],
        },
      ],
    }),
    ZSTD_VERSION,
  )
  expectNoError(answer.errorCode, 'Fetch')
  const found = answer.responses[0]?.partitions[0]
  if (found?.partitionIndex !== partition) throw new Violation('a fetch answer without its partition')
  expectNoError(found.errorCode, `Fetch of ${topic.name}-${partition} from ${at.offset}`)
  const { logStartOffset, highWatermark } = found
  if (logStartOffset < 0 || logStartOffset > highWatermark) {
    throw new Violation(`log start ${logStartOffset} above high watermark ${highWatermark}`)
  }
  return { batches: readBatches(found, at.offset), logStartOffset, highWatermark }
}

/** The whole batches of an answer, from the one that holds `offset` on. */
function readBatches({ records, highWatermark }: Partition, offset: number): ReadBatch[] {
  const batches: ReadBatch[] = []
  if (records === null) return batches
  let expected = -1
  for (const pos of batchesIn(records)) {
    const fault = checkBatch(records, pos, records.length)
    if (fault !== null) throw new Violation(`a batch was sent with ${fault.kind}`)
    const base = baseOffset(records, pos)
    const next = nextOffset(records, pos)
    if (expected < 0 ? base > offset || next <= offset : base !== expected) {
      throw new Violation(`asked for offset ${offset}, got a batch of ${base} to ${next}, ${expected} before it`)
    }
    if (next > highWatermark)
      throw new Violation(`offset ${next - 1} is at or above the high watermark ${highWatermark}`)
    expected = next
    batches.push({
      baseOffset: base,
      nextOffset: next,
      leaderEpoch: partitionLeaderEpoch(records, pos),
      records: Array.from(readRecords(records, pos), ({ offset, key, value, timestamp }) => ({
        offset,
        key,
        value,
        timestampMs: timestamp,
      })),
    })
  }
  if (batches.length === 0 && records.length > 0) throw new Violation('no whole batch in an answer with bytes')
  return batches
}

/** A log from its start to its end. */
export interface ScannedLog {
  readonly batches: readonly ReadBatch[]
  readonly logStartOffset: number
  readonly endOffset: number
}

/** Reads from `offset` to the high watermark, in steps of random size. Throws as {@link fetchOnce}. */
export async function scanLog(client: ModelClient, from: ModelPartition, offset: number): Promise<ScannedLog> {
  const batches: ReadBatch[] = []
  let logStartOffset = offset
  let endOffset = offset
  for (let next = offset; ; ) {
    const maxBytes = client.random.pick([1, 5000, 50_000, 1 << 20, 1 << 20, 1 << 20])
    const fetched = await fetchOnce(client, from, { offset: next, maxBytes, maxWaitMs: 0 })
    logStartOffset = Math.max(logStartOffset, fetched.logStartOffset)
    endOffset = fetched.highWatermark
    batches.push(...fetched.batches)
    next = fetched.batches.at(-1)?.nextOffset ?? next
    if (next >= endOffset) return { batches, logStartOffset, endOffset }
    if (fetched.batches.length === 0) throw new Violation(`nothing at offset ${next}, below the end ${endOffset}`)
  }
}
