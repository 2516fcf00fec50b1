/** StreamsGroupDescribe: a streams group as it is committed. */
import type { Init, StreamsGroupDescribeResponse } from '@ottla/protocol'
import type { GroupTopics } from '../../ports.ts'
import type { InternalTopic } from './configure-topics.ts'
import { STICKY } from './sticky-assignor.ts'
import type { MemberOffsets, StreamsGroup } from './streams-group.ts'
import { type StreamsMember, tagList } from './streams-member.ts'
import { NO_TASKS, type Tasks, taskIdsOf } from './tasks.ts'
import type { Subtopology, TopicInfo, Topology } from './topology.ts'

export type StreamsDescription = NonNullable<Init<typeof StreamsGroupDescribeResponse>['groups']>[number]

type DescribedTopology = NonNullable<StreamsDescription['topology']>

/** Nobody told the broker what the topology looks like in words (KIP-1331), as nobody is asked to. */
const DESCRIPTION_NOT_REQUESTED = 0
const DESCRIPTION_NOT_STORED = 1

export interface DescribeOptions {
  readonly offset: number
  readonly topics: GroupTopics
  readonly description: 'wanted' | 'not wanted'
}

export function describeStreamsGroup(
  group: StreamsGroup,
  { offset, topics, description }: DescribeOptions,
): StreamsDescription {
  const { groupId, soft } = group
  const { groupEpoch, assignmentEpoch, topology } = group.dataAt(offset)
  const members = [...group.members.valuesAt(offset)].map((member) =>
    describeMember(member, group.targets.getAt(member.memberId, offset), soft.memberOffsets.get(member.memberId)),
  )
  return {
    groupId,
    groupState: group.stateAt(offset),
    groupEpoch,
    assignmentEpoch,
    topology: topology === null ? null : describeTopology(group, topology, topics),
    members,
    topologyDescriptionStatus: description === 'wanted' ? DESCRIPTION_NOT_STORED : DESCRIPTION_NOT_REQUESTED,
    assignorName: STICKY,
  }
}

/** Internal topics with the partitions that they have, once that is decided. */
function describeTopology(group: StreamsGroup, topology: Topology, topics: GroupTopics): DescribedTopology {
  const { configured } = group.configured.of(topology, topics)
  const decided = new Map<string, InternalTopic>()
  if (configured.kind === 'ready')
    for (const { repartitionSourceTopics, changelogTopics } of configured.subtopologies.values())
      for (const topic of [...repartitionSourceTopics, ...changelogTopics]) decided.set(topic.name, topic)
  const describeTopic = ({ name, partitions, replicationFactor, topicConfigs }: TopicInfo) => ({
    name,
    partitions: decided.get(name)?.partitionCount ?? partitions,
    replicationFactor,
    topicConfigs,
  })
  const subtopologies = topology.subtopologies.map((subtopology: Subtopology) => ({
    subtopologyId: subtopology.subtopologyId,
    sourceTopics: [...subtopology.sourceTopics].sort(),
    repartitionSinkTopics: [...subtopology.repartitionSinkTopics].sort(),
    stateChangelogTopics: subtopology.stateChangelogTopics.map(describeTopic),
    repartitionSourceTopics: subtopology.repartitionSourceTopics.map(describeTopic),
  }))
  return { epoch: topology.epoch, subtopologies }
}

function describeMember(member: StreamsMember, target: Tasks | undefined, offsets: MemberOffsets | undefined) {
  const { userEndpoint } = member
  return {
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topologyEpoch: member.topologyEpoch,
    processId: member.processId,
    userEndpoint: userEndpoint === null ? null : { host: userEndpoint.host, port: userEndpoint.port },
    clientTags: tagList(member.clientTags),
    taskOffsets: offsetList(offsets?.offsets),
    taskEndOffsets: offsetList(offsets?.endOffsets),
    assignment: describeTasks(member.assigned),
    targetAssignment: describeTasks(target ?? NO_TASKS),
  }
}

function describeTasks({ active, standby, warmup }: Tasks) {
  return { activeTasks: taskIdsOf(active), standbyTasks: taskIdsOf(standby), warmupTasks: taskIdsOf(warmup) }
}

function offsetList(offsets: ReadonlyMap<string, ReadonlyMap<number, number>> = new Map()) {
  return [...offsets].flatMap(([subtopologyId, partitions]) =>
    [...partitions].map(([partition, offset]) => ({ subtopologyId, partition, offset })),
  )
}
