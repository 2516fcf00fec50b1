/**
 * 69 ConsumerGroupDescribe, versions 0–1, always flexible. Describes consumer groups and their members.
 *
 * - 1: kinds of members
 */

import { array, bool, int8, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ConsumerGroupDescribeRequest = request(
  { key: 69, name: 'ConsumerGroupDescribeRequest', versions: '0-1', flexible: '0+' },
  () => ({
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  }),
)
export type ConsumerGroupDescribeRequest = Value<typeof ConsumerGroupDescribeRequest>

const TopicPartitions = struct({
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
})

const Assignment = struct({
  topicPartitions: array(TopicPartitions),
})

export const ConsumerGroupDescribeResponse = response(
  { key: 69, name: 'ConsumerGroupDescribeResponse', versions: '0-1', flexible: '0+' },
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
        assignorName: string(),
        members: array(
          struct({
            memberId: string(),
            instanceId: string({ nullable: '0+', default: null }),
            rackId: string({ nullable: '0+', default: null }),
            memberEpoch: int32(),
            clientId: string(),
            clientHost: string(),
            subscribedTopicNames: array(string()),
            subscribedTopicRegex: string({ nullable: '0+', default: null }),
            assignment: Assignment,
            targetAssignment: Assignment,
            memberType: int8({ versions: '1+', default: -1, ignorable: true }),
          }),
        ),
        authorizedOperations: int32({ default: -2147483648 }),
      }),
    ),
  }),
)
export type ConsumerGroupDescribeResponse = Value<typeof ConsumerGroupDescribeResponse>
