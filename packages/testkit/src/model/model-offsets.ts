/** Questions about offsets: by time, by leader epoch, and the deletion of records. */
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '@ottla/protocol'
import type { ModelClient } from './model-client.ts'
import type { ModelPartition } from './model-topic.ts'
import { expectNoError, Violation } from './retry.ts'

export const LATEST = -1
export const EARLIEST = -2
export const MAX_TIMESTAMP = -3

export interface OffsetAtTime {
  readonly offset: number
  readonly timestampMs: number
}

const LIST = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const EPOCH = { request: OffsetForLeaderEpochRequest, response: OffsetForLeaderEpochResponse }
const DELETE = { request: DeleteRecordsRequest, response: DeleteRecordsResponse }
/** First version that gives one offset with its time, and first that knows the largest timestamp. */
const ONE_OFFSET_VERSION = 1
const MAX_TIMESTAMP_VERSION = 7
const CONSUMER = -1

/** Throws TryAgain, Violation, or WireError. */
export async function listOffset(client: ModelClient, of: ModelPartition, timestamp: number): Promise<OffsetAtTime> {
  const topics = [{ name: of.topic.name, partitions: [{ partitionIndex: of.partition, timestamp }] }]
  const atLeast = timestamp === MAX_TIMESTAMP ? MAX_TIMESTAMP_VERSION : ONE_OFFSET_VERSION
  const answer = await client.call(LIST, () => ({ replicaId: CONSUMER, topics }), atLeast)
  const found = answer.topics[0]?.partitions[0]
  if (found === undefined) throw new Violation('an answer to ListOffsets without its partition')
  expectNoError(found.errorCode, 'ListOffsets')
  return { offset: found.offset, timestampMs: found.timestamp }
}

/** Where the epoch ended. */
export async function endOffsetOfEpoch(
  client: ModelClient,
  of: ModelPartition,
  leaderEpoch: number,
): Promise<{ readonly leaderEpoch: number; readonly endOffset: number }> {
  const topics = [{ topic: of.topic.name, partitions: [{ partition: of.partition, leaderEpoch }] }]
  const answer = await client.call(EPOCH, () => ({ replicaId: CONSUMER, topics }))
  const found = answer.topics[0]?.partitions[0]
  if (found === undefined) throw new Violation('an answer to OffsetForLeaderEpoch without its partition')
  expectNoError(found.errorCode, 'OffsetForLeaderEpoch')
  return found
}

/** Gives the log start offset that the broker told. */
export async function deleteRecords(client: ModelClient, of: ModelPartition, offset: number): Promise<number> {
  const topics = [{ name: of.topic.name, partitions: [{ partitionIndex: of.partition, offset }] }]
  const answer = await client.call(DELETE, () => ({ topics, timeoutMs: 10_000 }))
  const found = answer.topics[0]?.partitions[0]
  if (found === undefined) throw new Violation('an answer to DeleteRecords without its partition')
  expectNoError(found.errorCode, 'DeleteRecords')
  return found.lowWatermark
}
