/** Topics of which only the ids are known: the coordinator tells them so. */
import { METADATA } from '../../apis.ts'
import type { CallContext, Cluster } from '../../cluster/cluster.ts'

/** Brings them into the metadata cache, as far as they are there. */
export async function loadTopicsById(cluster: Cluster, ids: readonly string[], context: CallContext): Promise<void> {
  const answer = await cluster.call(
    {
      target: { kind: 'any' },
      api: METADATA,
      init: { topics: ids.map((topicId) => ({ topicId, name: null })), allowAutoTopicCreation: false },
      what: 'find topics by their ids',
    },
    context,
  )
  const names = answer.topics.flatMap(({ errorCode, name }) => (errorCode === 0 && name !== null ? [name] : []))
  if (names.length > 0) await cluster.metadata.load(names, context)
}
