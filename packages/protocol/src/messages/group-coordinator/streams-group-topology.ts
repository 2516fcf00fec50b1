/**
 * Type 23 of __consumer_offsets. The topology of a streams group. Value version 0, always flexible.
 */

import { array, int16, int32, string, struct } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const StreamsGroupTopologyKey = coordinatorKey(
  { key: 23, name: 'StreamsGroupTopologyKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type StreamsGroupTopologyKey = Value<typeof StreamsGroupTopologyKey>

const TopicConfig = struct({
  key: string(),
  value: string(),
})

const TopicInfo = struct({
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(TopicConfig),
})

export const StreamsGroupTopologyValue = coordinatorValue(
  { key: 23, name: 'StreamsGroupTopologyValue', versions: '0', flexible: '0+' },
  () => ({
    epoch: int32(),
    subtopologies: array(
      struct({
        subtopologyId: string(),
        sourceTopics: array(string()),
        sourceTopicRegex: array(string()),
        stateChangelogTopics: array(TopicInfo),
        repartitionSinkTopics: array(string()),
        repartitionSourceTopics: array(TopicInfo),
        copartitionGroups: array(
          struct({
            sourceTopics: array(int16()),
            sourceTopicRegex: array(int16()),
            repartitionSourceTopics: array(int16()),
          }),
        ),
      }),
    ),
  }),
)
export type StreamsGroupTopologyValue = Value<typeof StreamsGroupTopologyValue>
