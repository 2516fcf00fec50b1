/** The work of a group's leader: from the members' subscriptions to an assignment for each. */
import type { JoinGroupResponse, Value } from '@ottla/protocol'
import type { CallContext, Cluster } from '../../cluster/cluster.ts'
import { KafkaError } from '../../errors.ts'
import type { TopicMetadata } from '../../metadata/cluster-metadata.ts'
import type { AssignableTopic, Assignor } from '../assignors/assignor.ts'
import { decodeMember, encodeAssignment } from './consumer-protocol.ts'

/** What the leader decided, and on what grounds: when they change, the group has to be assigned anew. */
export interface LeadersDecision {
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
  /** Partitions by topic that any member subscribes to. */
  readonly partitionCounts: ReadonlyMap<string, number>
}

export async function decideAssignments(
  cluster: Cluster,
  joined: Value<typeof JoinGroupResponse>,
  options: { readonly assignors: readonly Assignor[]; readonly context: CallContext },
): Promise<LeadersDecision> {
  const assignor = options.assignors.find(({ name }) => name === joined.protocolName)
  if (assignor === undefined) {
    throw new KafkaError(
      'INCONSISTENT_GROUP_PROTOCOL',
      `the group chose the assignor ${joined.protocolName}, unknown here`,
    )
  }
  const members = joined.members.map(decodeMember)
  const names = [...new Set(members.flatMap(({ topics }) => topics))]
  await cluster.metadata.load(names, options.context)
  const topics = names
    .map((name) => cluster.metadata.topic(name))
    .filter((topic) => topic !== undefined)
    .map((topic) => assignable(topic, cluster))
  const assignments = assignor.assign(topics, members)
  return {
    assignments: [...assignments].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    })),
    partitionCounts: new Map(topics.map(({ name, partitionCount }) => [name, partitionCount])),
  }
}

function assignable(topic: TopicMetadata, cluster: Cluster): AssignableTopic {
  const { brokers } = cluster.metadata.current
  const racks = topic.partitions.map(({ replicas }) =>
    replicas.map((id) => brokers.get(id)?.rack ?? null).filter((rack) => rack !== null),
  )
  return {
    name: topic.name,
    partitionCount: topic.partitions.length,
    racks: racks.some((ofPartition) => ofPartition.length > 0) ? racks : null,
  }
}
