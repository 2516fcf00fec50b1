/** Questions about partitions that their leaders answer. */
import { ErrorCode } from '@ottla/protocol'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { BrokerError } from '../errors.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'
import { failed, type Outcome } from './outcome.ts'

interface AskedTopic {
  readonly name: string
  readonly partitions: number[]
}

/** Outcomes by partition key. `broker`: is asked for all, in place of the leaders. */
export async function atLeader<T>(
  cluster: Cluster,
  asked: { readonly partitions: readonly TopicPartition[]; readonly broker?: number; readonly context: CallContext },
  ask: (brokerId: number, topics: AskedTopic[]) => Promise<readonly (readonly [string, Outcome<T>])[]>,
): Promise<Map<string, Outcome<T>>> {
  const outcomes = new Map<string, Outcome<T>>()
  const byBroker = new Map<number, TopicPartition[]>()
  const { partitions, broker, context } = asked
  if (broker === undefined) await cluster.metadata.load([...new Set(partitions.map(({ topic }) => topic))], context)
  for (const { topic, partition } of partitions) {
    const id = broker ?? cluster.metadata.leader(topic, partition)?.node.id
    if (id === undefined) {
      const isKnown = cluster.metadata.partition(topic, partition) !== undefined
      const code = isKnown ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      outcomes.set(partitionKey(topic, partition), failed(new BrokerError(code, null, { topic, partition })))
    } else byBroker.set(id, [...(byBroker.get(id) ?? []), { topic, partition }])
  }
  const answers = [...byBroker].map(([id, ofBroker]) => ask(id, asTopics(ofBroker)))
  for (const answer of await Promise.all(answers)) for (const [key, outcome] of answer) outcomes.set(key, outcome)
  return outcomes
}

/** Partitions by topic, as requests name them. */
export function asTopics(partitions: readonly TopicPartition[]): AskedTopic[] {
  return [...byTopic(partitions)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition }) => partition),
  }))
}
