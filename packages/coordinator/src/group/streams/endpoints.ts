/** Which partitions are to be asked for where (interactive queries): the topics that the tasks of each member read, by its endpoint. */
import type { Init, StreamsGroupHeartbeatResponse } from '@ottla/protocol'
import { compareText } from '../assignor/assignor.ts'
import type { ConfiguredSubtopology, PartitionCounts } from './configure-topics.ts'
import type { HeldTasks, TaskSet } from './tasks.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export type EndpointPartitions = NonNullable<
  NonNullable<Init<typeof StreamsGroupHeartbeatResponse>['partitionsByUserEndpoint']>
>[number]

export function partitionsOfEndpoint(
  userEndpoint: Endpoint,
  assigned: HeldTasks,
  {
    subtopologies,
    cluster,
  }: {
    readonly subtopologies: ReadonlyMap<string, ConfiguredSubtopology>
    readonly cluster: PartitionCounts
  },
): EndpointPartitions {
  const partitionsOf = (tasks: TaskSet) =>
    [...tasks]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([subtopologyId, partitions]) => {
        const ascending = [...partitions.keys()].sort((a, b) => a - b)
        // Of topics with unlike numbers of partitions a task has those that there are.
        return (subtopologies.get(subtopologyId)?.sourceTopics ?? []).map((topic) => ({
          topic,
          partitions: ascending.filter((partition) => partition < (cluster.partitionCount(topic) ?? 0)),
        }))
      })
  const { host, port } = userEndpoint
  return {
    userEndpoint: { host, port },
    activePartitions: partitionsOf(assigned.active),
    standbyPartitions: partitionsOf(assigned.standby),
  }
}
