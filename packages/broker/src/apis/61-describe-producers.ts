/**
 * DescribeProducers (key 61), version 0.
 *
 * What the leader of each partition knows of its producers: last epoch and sequence, and where an open transaction begins (KIP-664).
 */
import { DescribeProducersRequest, DescribeProducersResponse, ErrorCode } from '@ottla/protocol'
import { whenReady } from '../replica/when-ready.ts'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

export const describeProducers = defineApi({
  key: 61,
  request: DescribeProducersRequest,
  response: DescribeProducersResponse,
  async handle(context, request) {
    const topics = request.topics.map(async ({ name, partitionIndexes }) => ({
      name,
      partitions: await Promise.all(partitionIndexes.map((partition) => describe(context, name, partition))),
    }))
    return { topics: await Promise.all(topics) }
  },
})

async function describe({ broker }: RequestContext, topic: string, partitionIndex: number) {
  const { replica, error } = broker.replicas.find(topic, partitionIndex)
  if (replica === undefined) return { partitionIndex, errorCode: error }
  if (!replica.isReady) await whenReady(replica)
  const errorCode = replica.leaderError(-1)
  if (errorCode !== ErrorCode.NONE) return { partitionIndex, errorCode }
  const activeProducers = replica.log.activeProducers().map((producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestampMs,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.currentTransactionStartOffset,
  }))
  return { partitionIndex, errorCode, activeProducers }
}
