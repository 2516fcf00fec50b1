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

/**
 * So many partitions are looked up at a time. Logs that are not open are opened for it, in turns; a request may name ten thousand, and
 * all waiting at once they would hold the loop while each of them is made to wait.
 */
const AT_ONCE = 256

export const listOffsets = defineApi({
  key: 2,
  request: ListOffsetsRequest,
  response: ListOffsetsResponse,
  async handle(context, request) {
    const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
    const named = timesNamed(request.topics)
    const topics = request.topics.map(({ name }) => ({ name, partitions: [] as Answer[] }))
    const questions = request.topics.flatMap(({ name, partitions }, at) =>
      onlyFirst(partitions).map((partition) => ({ topic: name, at, partition, isolation }) as const),
    )
    for (let from = 0; from < questions.length; from += AT_ONCE) {
      const asked = questions.slice(from, from + AT_ONCE)
      const answers = await Promise.all(
        asked.map((question) =>
          named.get(question.topic)!.get(question.partition.partitionIndex)! > 1
            ? failed(question.partition, ErrorCode.INVALID_REQUEST)
            : lookUp(context, question),
        ),
      )
      for (const [index, { at }] of asked.entries()) topics[at]!.partitions.push(answers[index]!)
    }
    return { topics }
  },
})

interface Question {
  readonly topic: string
  readonly partition: Partition
  readonly isolation: Isolation
}

function lookUp(context: RequestContext, question: Question): Answer | Promise<Answer> {
  const { topic, partition } = question
  const firstVersion =
    FIRST_VERSION.get(partition.timestamp) ?? (partition.timestamp < 0 ? Number.POSITIVE_INFINITY : 0)
  if (context.apiVersion < firstVersion) {
    return failed(partition, ErrorCode.UNSUPPORTED_VERSION)
  }
  const { replica, error } = context.broker.replicas.find(topic, partition.partitionIndex)
  if (replica === undefined) return failed(partition, error)
  if (replica.isReady) return lookUpReady(context, replica, question)
  return whenReady(replica).then(() => lookUpReady(context, replica, question))
}

function lookUpReady(context: RequestContext, replica: Replica, question: Question): Answer | Promise<Answer> {
  const { partition } = question
  const leaderError = replica.leaderError(partition.currentLeaderEpoch)
  if (leaderError !== ErrorCode.NONE) return failed(partition, leaderError)
  const isByTime = partition.timestamp >= 0 || partition.timestamp === MAX_TIMESTAMP
  return isByTime ? byTime(context, replica, question) : found(context, partition, named(replica, question))
}

/** One of the offsets that have names. Null: cannot be known yet. */
function named(replica: Replica, { partition, isolation }: Question): OffsetAndTimestamp | null {
  switch (partition.timestamp) {
    case LATEST:
      return isEndKnown(replica)
        ? { offset: replica.visibleEnd(isolation), timestampMs: -1, leaderEpoch: replica.leaderEpoch }
        : null
    case EARLIEST:
    case EARLIEST_LOCAL: {
      const offset = replica.log.logStartOffset
      return { offset, timestampMs: -1, leaderEpoch: replica.log.epochForOffset(offset) }
    }
    default:
      return NOT_FOUND
  }
}

async function byTime(context: RequestContext, replica: Replica, question: Question): Promise<Answer> {
  const { topic, partition, isolation } = question
  const { log } = replica
  const end = replica.visibleEnd(isolation)
  const wasEndKnown = isEndKnown(replica)
  try {
    const at =
      partition.timestamp === MAX_TIMESTAMP
        ? await log.offsetOfMaxTimestamp()
        : await log.offsetForTimestamp(partition.timestamp)
    if (at.offset >= 0 && at.offset < end) return found(context, partition, at)
    return found(context, partition, wasEndKnown ? NOT_FOUND : null)
  } catch (cause) {
    context.broker.logger.warn('offset lookup failed', { topic, partition: partition.partitionIndex, error: cause })
    return failed(partition, ErrorCode.KAFKA_STORAGE_ERROR)
  }
}

function isEndKnown(replica: Replica): boolean {
  return replica.highWatermark >= replica.leaderEpochStart
}

function found(context: RequestContext, partition: Partition, at: OffsetAndTimestamp | null): Answer {
  return at === null ? failed(partition, notAvailable(context)) : answer(context, partition, at)
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

/** How often the request names each partition, by topic. */
function timesNamed(topics: readonly Topic[]): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const times = new Map<string, Map<number, number>>()
  for (const { name, partitions } of topics) {
    let ofTopic = times.get(name)
    if (ofTopic === undefined) times.set(name, (ofTopic = new Map()))
    for (const { partitionIndex } of partitions) ofTopic.set(partitionIndex, (ofTopic.get(partitionIndex) ?? 0) + 1)
  }
  return times
}
