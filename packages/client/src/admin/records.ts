/** Deleting the oldest records of partitions. */
import { ErrorCode } from '@ottla/protocol'
import { DELETE_RECORDS } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { BrokerError, KafkaError } from '../errors.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'
import { failed, type Outcome, outcomeOf } from './outcome.ts'

export interface RecordsToDelete extends TopicPartition {
  /** Records before this offset go; -1: all. */
  readonly beforeOffset: number
}

/** The new first offsets, by partition key. */
export async function deleteRecords(
  cluster: Cluster,
  records: readonly RecordsToDelete[],
  context: CallContext,
): Promise<Map<string, Outcome<number>>> {
  const outcomes = new Map<string, Outcome<number>>()
  await cluster.metadata.load([...new Set(records.map(({ topic }) => topic))], context)
  const byLeader = new Map<number, RecordsToDelete[]>()
  for (const item of records) {
    const { topic, partition } = item
    const leader = cluster.metadata.leader(topic, partition)
    if (leader === undefined) {
      const isKnown = cluster.metadata.partition(topic, partition) !== undefined
      const code = isKnown ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      outcomes.set(partitionKey(topic, partition), failed(new BrokerError(code, null, { topic, partition })))
    } else byLeader.set(leader.node.id, [...(byLeader.get(leader.node.id) ?? []), item])
  }
  await Promise.all([...byLeader].map(([id, ofLeader]) => deleteAtLeader(cluster, { id, ofLeader, outcomes }, context)))
  return outcomes
}

async function deleteAtLeader(
  cluster: Cluster,
  to: { id: number; ofLeader: readonly RecordsToDelete[]; outcomes: Map<string, Outcome<number>> },
  context: CallContext,
): Promise<void> {
  try {
    const answer = await cluster.call(
      {
        target: { kind: 'broker', id: to.id },
        api: DELETE_RECORDS,
        init: {
          topics: [...byTopic(to.ofLeader)].map(([name, partitions]) => ({
            name,
            partitions: partitions.map(({ partition, beforeOffset }) => ({
              partitionIndex: partition,
              offset: beforeOffset,
            })),
          })),
          timeoutMs: context.deadline.wholeMs,
        },
        what: 'delete records',
      },
      context,
    )
    for (const { name: topic, partitions } of answer.topics) {
      for (const result of partitions) {
        const partition = result.partitionIndex
        const outcome = outcomeOf(result, { topic, partition }, () => result.lowWatermark)
        to.outcomes.set(partitionKey(topic, partition), outcome)
      }
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    for (const { topic, partition } of to.ofLeader) to.outcomes.set(partitionKey(topic, partition), failed(error))
  }
}
