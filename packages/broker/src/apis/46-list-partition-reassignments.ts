/**
 * ListPartitionReassignments (key 46), version 0.
 *
 * Partitions whose replicas are being changed, of the topics asked for or of all.
 */
import type { TopicImage } from '@ottla/metadata'
import { ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const listPartitionReassignments = defineApi({
  key: 46,
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
  handle({ broker: { image } }, request) {
    const wanted =
      request.topics?.map(({ name, partitionIndexes }) =>
        underWay(image.topics.byName(name), new Set(partitionIndexes)),
      ) ?? Array.from(image.topics.all(), (topic) => underWay(topic, null))
    return { errorMessage: null, topics: wanted.filter(({ partitions }) => partitions.length > 0) }
  },
})

function underWay(topic: TopicImage | undefined, wanted: ReadonlySet<number> | null) {
  const partitions = [...(topic?.partitions.entries() ?? [])]
    .filter(([id]) => wanted?.has(id) ?? true)
    .filter(([, { addingReplicas, removingReplicas }]) => addingReplicas.length + removingReplicas.length > 0)
    .map(([partitionIndex, { replicas, addingReplicas, removingReplicas }]) => ({
      partitionIndex,
      replicas,
      addingReplicas,
      removingReplicas,
    }))
  return { name: topic?.name ?? '', partitions }
}
