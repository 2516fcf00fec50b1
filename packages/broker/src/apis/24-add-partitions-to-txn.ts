/**
 * AddPartitionsToTxn (key 24), versions 0 to 5.
 *
 * Partitions become part of a transaction, all or none. Versions 0 to 3 come from producers; from 4 on partition leaders ask for several
 * transactions at once, and may only want to know (KIP-890). Versions: 2 PRODUCER_FENCED, 5 TRANSACTION_ABORTABLE.
 */
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, ErrorCode, type Value } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

type Request = Value<typeof AddPartitionsToTxnRequest>
type Topics = Request['v3AndBelowTopics']

const FIRST_VERSION_WITH_MANY = 4

export const addPartitionsToTxn = defineApi({
  key: 24,
  request: AddPartitionsToTxnRequest,
  response: AddPartitionsToTxnResponse,
  async handle(context, request) {
    const { broker, apiVersion } = context
    const { coordinator } = broker.transactions
    if (apiVersion < FIRST_VERSION_WITH_MANY) {
      const refused = refusal(context, request.v3AndBelowTopics)
      return refused === null
        ? coordinator.addPartitionsToTxn(request, { apiVersion })
        : { resultsByTopicV3AndBelow: refused }
    }
    const refusals = request.transactions.map(({ topics }) => refusal(context, topics))
    const transactions = request.transactions.filter((_, at) => refusals[at] === null)
    const added = await coordinator.addPartitionsToTxn({ ...request, transactions }, { apiVersion })
    let next = 0
    const resultsByTransaction = request.transactions.map(({ transactionalId }, at) => {
      const refused = refusals[at]
      return refused ? { transactionalId, topicResults: refused } : (added.resultsByTransaction?.[next++] ?? {})
    })
    return { errorCode: ErrorCode.NONE, resultsByTransaction }
  },
})

/** Null when all partitions are there. Else those that are not are named, and nothing is done about the others. */
function refusal({ broker }: RequestContext, topics: Topics) {
  const isThere = (topic: string, partition: number): boolean =>
    broker.image.topics.partition(topic, partition) !== undefined
  if (topics.every(({ name, partitions }) => partitions.every((partition) => isThere(name, partition)))) return null
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: isThere(name, partitionIndex)
        ? ErrorCode.OPERATION_NOT_ATTEMPTED
        : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    })),
  }))
}
