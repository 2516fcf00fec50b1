/**
 * OffsetForLeaderEpoch (key 23), versions 0 to 4.
 *
 * Where an epoch ended in the leader's log (KIP-101, KIP-320): consumers and followers learn from it that their log went another
 * way. Version 2 fences by the client's leader epoch. Unknown epochs are answered with -1.
 */
import { ErrorCode, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from '@ottla/protocol'
import { whenReady } from '../replica/when-ready.ts'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

interface Question {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly leaderEpoch: number
}

export const offsetForLeaderEpoch = defineApi({
  key: 23,
  request: OffsetForLeaderEpochRequest,
  response: OffsetForLeaderEpochResponse,
  async handle(context, request) {
    const topics = request.topics.map(async ({ topic, partitions }) => ({
      topic,
      partitions: await Promise.all(partitions.map((question) => epochEnd(context, topic, question))),
    }))
    return { topics: await Promise.all(topics) }
  },
})

async function epochEnd(context: RequestContext, topic: string, question: Question) {
  const { partition } = question
  const { replica, error } = context.broker.replicas.find(topic, partition)
  if (replica === undefined) return { partition, errorCode: error }
  if (!replica.isReady) await whenReady(replica)
  const errorCode = replica.leaderError(question.currentLeaderEpoch)
  if (errorCode !== ErrorCode.NONE) return { partition, errorCode }
  const { epoch, endOffset } = replica.log.endOffsetForEpoch(question.leaderEpoch)
  return { partition, errorCode, leaderEpoch: epoch, endOffset }
}
