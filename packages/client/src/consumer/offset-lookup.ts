/** Offsets of partitions as their leaders know them, for a consumer's own calls. */
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { type FoundOffset, listOffsets, type OffsetQuery } from '../cluster/list-offsets.ts'
import { KafkaError } from '../errors.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'

export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

/** One for each query, in their order; the offset is -1 where no record is that new. Rejects with the first error that does not pass. */
export async function lookUpOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  context: CallContext & { readonly isReadCommitted: boolean },
): Promise<FoundOffset[]> {
  if (queries.length === 0) return []
  const found = await listOffsets(cluster, queries, context)
  return queries.map(({ topic, partition }) => {
    const result = found.get(partitionKey(topic, partition))!
    if (result instanceof KafkaError) throw result
    return result
  })
}
