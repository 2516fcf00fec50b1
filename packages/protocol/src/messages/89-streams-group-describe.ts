/**
 * 89 StreamsGroupDescribe, versions 0–1, always flexible. Describes streams groups, their members and topology.
 */

import { array, bool, int8, int16, int32, int64, string, struct, uint16 } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const StreamsGroupDescribeRequest = request(
  { key: 89, name: 'StreamsGroupDescribeRequest', versions: '0-1', flexible: '0+' },
  () => ({
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
    includeTopologyDescription: bool({ versions: '1+' }),
  }),
)
export type StreamsGroupDescribeRequest = Value<typeof StreamsGroupDescribeRequest>

const KeyValue = struct({
  key: string(),
  value: string(),
})

const TopicInfo = struct({
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(KeyValue),
})

const Endpoint = struct({
  host: string(),
  port: uint16(),
})

const TaskOffset = struct({
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
})

const TaskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
})

const Assignment = struct({
  activeTasks: array(TaskIds),
  standbyTasks: array(TaskIds),
  warmupTasks: array(TaskIds),
})

const TopologyDescriptionNode = struct({
  name: string({ versions: '1+' }),
  nodeType: int8({ versions: '1+' }),
  sourceTopics: array(string(), { versions: '1+' }),
  sinkTopic: string({ versions: '1+', nullable: '0+', default: null }),
  stores: array(string(), { versions: '1+' }),
  successors: array(string(), { versions: '1+' }),
})

const TopologyDescriptionSubtopology = struct({
  subtopologyId: string({ versions: '1+' }),
  nodes: array(TopologyDescriptionNode, { versions: '1+' }),
})

const TopologyDescriptionGlobalStore = struct({
  source: struct(TopologyDescriptionNode.fields, { versions: '1+' }),
  processor: struct(TopologyDescriptionNode.fields, { versions: '1+' }),
})

const TopologyDescription = struct({
  subtopologies: array(TopologyDescriptionSubtopology, { versions: '1+' }),
  globalStores: array(TopologyDescriptionGlobalStore, { versions: '1+' }),
})

export const StreamsGroupDescribeResponse = response(
  { key: 89, name: 'StreamsGroupDescribeResponse', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    groups: array(
      struct({
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        groupId: string(),
        groupState: string(),
        groupEpoch: int32(),
        assignmentEpoch: int32(),
        topology: struct(
          {
            epoch: int32(),
            subtopologies: array(
              struct({
                subtopologyId: string(),
                sourceTopics: array(string()),
                repartitionSinkTopics: array(string()),
                stateChangelogTopics: array(TopicInfo),
                repartitionSourceTopics: array(TopicInfo),
              }),
              { nullable: '0+', default: null },
            ),
          },
          { nullable: '0+', default: null },
        ),
        members: array(
          struct({
            memberId: string(),
            memberEpoch: int32(),
            instanceId: string({ nullable: '0+', default: null }),
            rackId: string({ nullable: '0+', default: null }),
            clientId: string(),
            clientHost: string(),
            topologyEpoch: int32(),
            processId: string(),
            userEndpoint: struct(Endpoint.fields, { nullable: '0+', default: null }),
            clientTags: array(KeyValue),
            taskOffsets: array(TaskOffset),
            taskEndOffsets: array(TaskOffset),
            assignment: Assignment,
            targetAssignment: Assignment,
            isClassic: bool(),
          }),
        ),
        authorizedOperations: int32({ default: -2147483648 }),
        topologyDescription: struct(TopologyDescription.fields, { versions: '1+', nullable: '0+', default: null }),
        topologyDescriptionStatus: int8({ versions: '1+' }),
        assignorName: string({ versions: '1+', nullable: '0+', default: null, ignorable: true }),
      }),
    ),
  }),
)
export type StreamsGroupDescribeResponse = Value<typeof StreamsGroupDescribeResponse>
