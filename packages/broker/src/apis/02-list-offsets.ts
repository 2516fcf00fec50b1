/**
 * ListOffsets (key 2), versions 0 to 11.
 *
 * Looks up offsets by time, and the named ones: end (-1), start (-2), largest timestamp (-3), local start (-4), end of what is
 * tiered (-5), next to tier (-6); nothing is tiered here. Until the high watermark has reached the start of the leader's epoch, the
 * end is not known: OFFSET_NOT_AVAILABLE (LEADER_NOT_AVAILABLE below version 5). Version 0 answers with a list of one.
 */
import type { OffsetAndTimestamp } from '@ottla/log'
import { ErrorCode, type Init, ListOffsetsRequest, ListOffsetsResponse, type Value } from '@ottla/protocol'
import type { Isolation, Replica } from '../replica/replica.ts'
import { whenReady } from '../replica/when-ready.ts'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

type Topic = Value<typeof ListOffsetsRequest>['topics'][number]
type Partition = Topic['partitions'][number]
type TopicAnswer = NonNullable<Init<typeof ListOffsetsResponse>['topics']>[number]
type Answer = NonNullable<TopicAnswer['partitions']>[number]

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6

/** First version that may ask for each of the later named offsets. Other negative times name nothing. */
const FIRST_VERSION = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])

const NOT_FOUND: OffsetAndTimestamp = { offset: -1, timestampMs: -1, leaderEpoch: -1 }

export const listOffsets = defineApi({
  key: 2,
  request: ListOffsetsRequest,
  response: ListOffsetsResponse,
  async handle(context, request) {
    const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
    const isRepeated = repeatedPartitions(request.topics)
    const topics = request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        onlyFirst(partitions).map((partition) =>
          isRepeated(name, partition.partitionIndex)
            ? failed(partition, ErrorCode.INVALID_REQUEST)
            : lookUp(context, name, { partition, isolation }),
        ),
      ),
    }))
    return { topics: await Promise.all(topics) }
  },
})

interface Question {
  readonly partition: Partition
  readonly isolation: Isolation
}

async function lookUp(context: RequestContext, topic: string, question: Question): Promise<Answer> {
  const { partition } = question
  const firstVersion =
    FIRST_VERSION.get(partition.timestamp) ?? (partition.timestamp < 0 ? Number.POSITIVE_INFINITY : 0)
  if (context.apiVersion < firstVersion) {
    return failed(partition, ErrorCode.UNSUPPORTED_VERSION)
  }
  const { replica, error } = context.broker.replicas.find(topic, partition.partitionIndex)
  if (replica === undefined) return failed(partition, error)
  if (!replica.isReady) await whenReady(replica)
  const leaderError = replica.leaderError(partition.currentLeaderEpoch)
  if (leaderError !== ErrorCode.NONE) return failed(partition, leaderError)
  try {
    const found = await resolve(replica, question)
    return found === null ? failed(partition, notAvailable(context)) : answer(context, partition, found)
  } catch (cause) {
    context.broker.logger.warn('offset lookup failed', { topic, partition: partition.partitionIndex, error: cause })
    return failed(partition, ErrorCode.KAFKA_STORAGE_ERROR)
  }
}

/** Null: cannot be known yet. */
async function resolve(replica: Replica, { partition, isolation }: Question): Promise<OffsetAndTimestamp | null> {
  const { log } = replica
  const end = replica.visibleEnd(isolation)
  const isEndKnown = replica.highWatermark >= replica.leaderEpochStart
  switch (partition.timestamp) {
    case LATEST:
      return isEndKnown ? { offset: end, timestampMs: -1, leaderEpoch: replica.leaderEpoch } : null
    case EARLIEST:
    case EARLIEST_LOCAL: {
      const offset = log.logStartOffset
      return { offset, timestampMs: -1, leaderEpoch: log.epochForOffset(offset) }
    }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOT_FOUND
    default: {
      const found =
        partition.timestamp === MAX_TIMESTAMP
          ? await log.offsetOfMaxTimestamp()
          : await log.offsetForTimestamp(partition.timestamp)
      if (found.offset >= 0 && found.offset < end) return found
      return isEndKnown ? NOT_FOUND : null
    }
  }
}

function notAvailable(context: RequestContext): number {
  return context.apiVersion >= 5 ? ErrorCode.OFFSET_NOT_AVAILABLE : ErrorCode.LEADER_NOT_AVAILABLE
}

function answer(context: RequestContext, { partitionIndex }: Partition, found: OffsetAndTimestamp): Answer {
  const { offset, timestampMs: timestamp, leaderEpoch } = found
  if (context.apiVersion === 0) return { partitionIndex, oldStyleOffsets: offset < 0 ? [] : [offset] }
  if (context.apiVersion < 4) return { partitionIndex, offset, timestamp }
  return { partitionIndex, offset, timestamp, leaderEpoch }
}

function failed({ partitionIndex }: Partition, errorCode: number): Answer {
  return { partitionIndex, errorCode }
}

/** A partition is answered once, however often it is named. */
function onlyFirst(partitions: readonly Partition[]): Partition[] {
  return [...new Map(partitions.map((partition) => [partition.partitionIndex, partition])).values()]
}

/** Tells the partitions that the request names more than once. */
function repeatedPartitions(topics: readonly Topic[]): (topic: string, partition: number) => boolean {
  const seen = new Map<string, number>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
  }
  return (topic, partition) => (seen.get(`${topic}/${partition}`) ?? 0) > 1
}
