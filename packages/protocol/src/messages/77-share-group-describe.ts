/**
 * 77 ShareGroupDescribe, version 1, always flexible. Describes share groups and their members.
 */

import { array, bool, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ShareGroupDescribeRequest = request(
  { key: 77, name: 'ShareGroupDescribeRequest', versions: '1', flexible: '1+' },
  () => ({
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  }),
)
export type ShareGroupDescribeRequest = Value<typeof ShareGroupDescribeRequest>

const TopicPartitions = struct({
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
})

const Assignment = struct({
  topicPartitions: array(TopicPartitions),
})

export const ShareGroupDescribeResponse = response(
  { key: 77, name: 'ShareGroupDescribeResponse', versions: '1', flexible: '1+' },
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
            rackId: string({ nullable: '0+', default: null }),
            memberEpoch: int32(),
            clientId: string(),
            clientHost: string(),
            subscribedTopicNames: array(string()),
            assignment: Assignment,
          }),
        ),
        authorizedOperations: int32({ default: -2147483648 }),
      }),
    ),
  }),
)
export type ShareGroupDescribeResponse = Value<typeof ShareGroupDescribeResponse>
