/** Reads a partition as a consumer with isolation.level=read_committed does. */
import {
  baseOffset,
  batchesIn,
  FetchRequest,
  FetchResponse,
  isControl,
  isTransactional,
  nextOffset,
  producerId,
  readRecords,
} from '@ottla/protocol'
import type { ModelClient } from '../model/model-client.ts'
import type { ModelPartition } from '../model/model-topic.ts'
import { expectNoError, Violation } from '../model/retry.ts'

const FETCH = { request: FetchRequest, response: FetchResponse }
const TOPIC_ID_VERSION = 13
/** From here on zstd batches are sent, and transactions told of. */
const MIN_VERSION = 10
const READ_COMMITTED = 1

export interface CommittedRead {
  readonly values: readonly string[]
  readonly nextOffset: number
  readonly lastStableOffset: number
  readonly highWatermark: number
}

/** One Fetch. Throws TryAgain, Violation, or WireError. */
export async function fetchCommitted(
  client: ModelClient,
  { topic, partition }: ModelPartition,
  { offset, maxWaitMs, maxBytes }: { offset: number; maxWaitMs: number; maxBytes: number },
): Promise<CommittedRead> {
  const answer = await client.call(
    FETCH,
    (version) => ({
      maxWaitMs,
      minBytes: 1,
      maxBytes,
      isolationLevel: READ_COMMITTED,
      topics: [
        {
          ...(version >= TOPIC_ID_VERSION ? { topicId: topic.id } : { topic: topic.name }),
          partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: maxBytes }],
        },
      ],
    }),
    MIN_VERSION,
  )
  expectNoError(answer.errorCode, 'Fetch')
  const found = answer.responses[0]?.partitions[0]
  if (found?.partitionIndex !== partition) throw new Violation('a fetch answer without its partition')
  expectNoError(found.errorCode, `Fetch of ${topic.name}-${partition} from ${offset}`)
  const { lastStableOffset, highWatermark, records, abortedTransactions } = found
  if (lastStableOffset > highWatermark)
    throw new Violation(`last stable offset ${lastStableOffset} above ${highWatermark}`)
  if (abortedTransactions === null) throw new Violation('no list of aborted transactions')
  const read = visible(records ?? Buffer.alloc(0), offset, abortedTransactions)
  if (read.nextOffset > Math.max(offset, lastStableOffset)) {
    throw new Violation(`offset ${read.nextOffset - 1} is above the last stable offset ${lastStableOffset}`)
  }
  return { ...read, lastStableOffset, highWatermark }
}

/** As Kafka's consumer does: a transaction is dropped from its first offset to its marker. */
function visible(
  records: Buffer,
  offset: number,
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): { values: string[]; nextOffset: number } {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const dropped = new Set<number>()
  const values: string[] = []
  let end = offset
  for (const pos of batchesIn(records)) {
    end = nextOffset(records, pos)
    while (waiting.length > 0 && waiting[0]!.firstOffset < end) dropped.add(waiting.shift()!.producerId)
    if (isControl(records, pos)) {
      dropped.delete(producerId(records, pos))
      continue
    }
    if (isTransactional(records, pos) && dropped.has(producerId(records, pos))) continue
    for (const record of readRecords(records, pos)) if (record.offset >= offset) values.push(String(record.value))
  }
  if (records.length > 0 && baseOffset(records, 0) > offset) throw new Violation(`offset ${offset} was left out`)
  return { values, nextOffset: end }
}
