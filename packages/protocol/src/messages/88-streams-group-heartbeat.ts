/**
 * 88 StreamsGroupHeartbeat, versions 0–1, always flexible. The one request of a member of a streams group (KIP-1071).
 */

import { array, bool, int8, int16, int32, int64, string, struct, uint16 } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

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

const TaskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
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

export const StreamsGroupHeartbeatRequest = request(
  { key: 88, name: 'StreamsGroupHeartbeatRequest', versions: '0-1', flexible: '0+' },
  () => ({
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topology: struct(
      {
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
      },
      { nullable: '0+', default: null },
    ),
    activeTasks: array(TaskIds, { nullable: '0+', default: null }),
    standbyTasks: array(TaskIds, { nullable: '0+', default: null }),
    warmupTasks: array(TaskIds, { nullable: '0+', default: null }),
    processId: string({ nullable: '0+', default: null }),
    userEndpoint: struct(Endpoint.fields, { nullable: '0+', default: null }),
    clientTags: array(KeyValue, { nullable: '0+', default: null }),
    taskOffsets: array(TaskOffset, { nullable: '0+', default: null }),
    taskEndOffsets: array(TaskOffset, { nullable: '0+', default: null }),
    shutdownApplication: bool(),
  }),
)
export type StreamsGroupHeartbeatRequest = Value<typeof StreamsGroupHeartbeatRequest>

const Status = struct({
  statusCode: int8(),
  statusDetail: string(),
})

const TopicPartition = struct({
  topic: string(),
  partitions: array(int32()),
})

export const StreamsGroupHeartbeatResponse = response(
  { key: 88, name: 'StreamsGroupHeartbeatResponse', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLagLegacy: int32({ versions: '0' }),
    taskOffsetIntervalMs: int32(),
    acceptableRecoveryLag: int64({ versions: '1+', default: -1, ignorable: true }),
    status: array(Status, { nullable: '0+' }),
    activeTasks: array(TaskIds, { nullable: '0+', default: null }),
    standbyTasks: array(TaskIds, { nullable: '0+', default: null }),
    warmupTasks: array(TaskIds, { nullable: '0+', default: null }),
    topologyDescriptionRequired: bool({ versions: '1+' }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: array(
      struct({
        userEndpoint: Endpoint,
        activePartitions: array(TopicPartition),
        standbyPartitions: array(TopicPartition),
      }),
      { nullable: '0+', default: null },
    ),
  }),
)
export type StreamsGroupHeartbeatResponse = Value<typeof StreamsGroupHeartbeatResponse>
