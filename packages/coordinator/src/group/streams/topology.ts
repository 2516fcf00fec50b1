/** What an application tells of its topology when it joins: kept as the record has it. */
import type { StreamsGroupHeartbeatRequest, StreamsGroupTopologyValue } from '@ottla/protocol'
import { compareText } from '../assignor/assignor.ts'

export type Topology = StreamsGroupTopologyValue
export type Subtopology = Topology['subtopologies'][number]
export type TopicInfo = Subtopology['stateChangelogTopics'][number]

export type RequestedTopology = NonNullable<StreamsGroupHeartbeatRequest['topology']>

/** Subtopologies in the order of their ids, whatever the order in which a client has them. */
export function topologyOf({ epoch, subtopologies }: RequestedTopology | Topology): Topology {
  const ordered = subtopologies.map((subtopology) => ({
    subtopologyId: subtopology.subtopologyId,
    sourceTopics: subtopology.sourceTopics,
    sourceTopicRegex: subtopology.sourceTopicRegex,
    stateChangelogTopics: subtopology.stateChangelogTopics.map(topicInfoOf),
    repartitionSinkTopics: subtopology.repartitionSinkTopics,
    repartitionSourceTopics: subtopology.repartitionSourceTopics.map(topicInfoOf),
    copartitionGroups: subtopology.copartitionGroups.map(
      ({ sourceTopics, sourceTopicRegex, repartitionSourceTopics }) => ({
        sourceTopics,
        sourceTopicRegex,
        repartitionSourceTopics,
      }),
    ),
  }))
  ordered.sort((a, b) => compareText(a.subtopologyId, b.subtopologyId))
  return { epoch, subtopologies: ordered }
}

function topicInfoOf(topic: TopicInfo): TopicInfo {
  const { name, partitions, replicationFactor, topicConfigs } = topic
  return { name, partitions, replicationFactor, topicConfigs: topicConfigs.map(({ key, value }) => ({ key, value })) }
}

/** Both made by {@link topologyOf}, so that their fields and subtopologies have one order. */
export function sameTopology(a: Topology, b: Topology): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Names of all topics that tasks read: those of the user, and those that are made for them. */
export function requiredTopics({ subtopologies }: Topology): Set<string> {
  const names = new Set<string>()
  for (const { sourceTopics, repartitionSourceTopics, stateChangelogTopics } of subtopologies) {
    for (const name of sourceTopics) names.add(name)
    for (const { name } of repartitionSourceTopics) names.add(name)
    for (const { name } of stateChangelogTopics) names.add(name)
  }
  return names
}

/** The subtopology whose tasks read the topic, and commit its offsets. */
export function subtopologyReading({ subtopologies }: Topology, topic: string): Subtopology | undefined {
  return subtopologies.find(
    ({ sourceTopics, repartitionSourceTopics }) =>
      sourceTopics.includes(topic) || repartitionSourceTopics.some(({ name }) => name === topic),
  )
}

export function isStateful({ stateChangelogTopics }: Pick<Subtopology, 'stateChangelogTopics'>): boolean {
  return stateChangelogTopics.length > 0
}

/** Names of all topics that a topology speaks of. */
export function streamsTopicNames({ subtopologies }: RequestedTopology): string[] {
  const names = subtopologies.flatMap((subtopology) => [
    ...subtopology.sourceTopics,
    ...subtopology.repartitionSinkTopics,
    ...subtopology.repartitionSourceTopics.map(({ name }) => name),
    ...subtopology.stateChangelogTopics.map(({ name }) => name),
  ])
  return [...new Set(names)]
}
