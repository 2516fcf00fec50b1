/**
 * DescribeTopicPartitions (key 75), version 0.
 *
 * Topics page by page, in the order of their names, from a cursor on (KIP-966). No names means all topics. A page ends at the limit of the
 * request or of max.request.partition.size.limit, whichever is smaller; what comes next stands in the answer's cursor.
 */

import type { PartitionImage, TopicImage } from '@ottla/metadata'
import {
  ApiError,
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  ErrorCode,
  type Init,
} from '@ottla/protocol'
import { TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { INTERNAL_TOPICS } from '../internal-topics.ts'
import type { RequestContext } from '../request-context.ts'
import { unknownTopicError } from '../topic-creation.ts'
import { offlineReplicas } from './03-metadata.ts'
import { defineApi } from './handler.ts'

type TopicAnswer = NonNullable<Init<typeof DescribeTopicPartitionsResponse>['topics']>[number]

interface Cursor {
  readonly topicName: string
  readonly partitionIndex: number
}

export const describeTopicPartitions = defineApi({
  key: 75,
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
  handle(context, request) {
    const { config } = context.broker
    checkCursor(request)
    let room = Math.max(1, Math.min(request.responsePartitionLimit, config.int('max.request.partition.size.limit')))
    const topics: TopicAnswer[] = []
    for (const name of namesFrom(context, request)) {
      const first = request.cursor?.topicName === name ? request.cursor.partitionIndex : 0
      if (room <= 0) return { topics, nextCursor: { topicName: name, partitionIndex: first } }
      const topic = context.broker.image.topics.byName(name)
      if (topic === undefined) {
        topics.push({
          errorCode: unknownTopicError(name),
          name,
          isInternal: INTERNAL_TOPICS.has(name),
          topicAuthorizedOperations: TOPIC_OPERATIONS,
        })
        continue
      }
      const end = Math.min(topic.partitions.length, first + room)
      topics.push(topicAnswer(context, topic, { first, end }))
      room -= end - first
      if (end < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: end } }
    }
    return { topics, nextCursor: null }
  },
  onError: (_context, { topics }, { code }) => ({ topics: topics.map(({ name }) => ({ errorCode: code, name })) }),
})

interface Question {
  readonly topics: readonly { readonly name: string }[]
  readonly cursor: Cursor | null
}

function checkCursor({ topics, cursor }: Question): void {
  if (cursor === null) return
  const isAsked = topics.length === 0 || topics.some(({ name }) => name === cursor.topicName)
  if (cursor.partitionIndex < 0 || !isAsked) throw new ApiError(ErrorCode.INVALID_REQUEST)
}

function namesFrom(context: RequestContext, request: Question): string[] {
  const first = request.cursor?.topicName ?? ''
  if (request.topics.length === 0) return [...context.broker.image.topics.from(first)].map(({ name }) => name)
  return [...new Set(request.topics.map(({ name }) => name))].filter((name) => name >= first).sort()
}

function topicAnswer(context: RequestContext, topic: TopicImage, range: { first: number; end: number }): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: INTERNAL_TOPICS.has(topic.name),
    partitions: topic.partitions
      .slice(range.first, range.end)
      .map((partition, index) => partitionAnswer(context, partition, range.first + index)),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  }
}

function partitionAnswer(context: RequestContext, partition: PartitionImage, partitionIndex: number) {
  return {
    errorCode: partition.leader < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
    lastKnownElr: partition.lastKnownElr,
    offlineReplicas: offlineReplicas(context, partition),
  }
}
