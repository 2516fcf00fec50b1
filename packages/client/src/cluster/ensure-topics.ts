/** Topics that a role needs for itself: made when they are not there. */
import { createTopics, type NewTopic } from '../admin/topics.ts'
import type { TopicMetadata } from '../metadata/cluster-metadata.ts'
import type { CallContext, Cluster } from './cluster.ts'

/** Resolves with what is known of each, when all are there. Rejects with BrokerError when one cannot be made, TimeoutError. */
export async function ensureTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  context: CallContext,
): Promise<TopicMetadata[]> {
  const names = topics.map(({ name }) => name)
  const answer = await cluster.metadata.load(names, { ...context, allowAutoCreate: false })
  const known = new Set(answer.topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name))
  const missing = topics.filter(({ name }) => !known.has(name))
  if (missing.length > 0) {
    const outcomes = await createTopics(cluster, missing, context)
    for (const outcome of outcomes.values()) {
      // Another one of us was faster.
      if (outcome.kind === 'failed' && outcome.error.code !== 'TOPIC_ALREADY_EXISTS') throw outcome.error
    }
  }
  return await Promise.all(names.map((name) => cluster.metadata.loadTopic(name, context)))
}
