/**
 * 75 DescribeTopicPartitions, version 0, always flexible. Describes topics and partitions page by page.
 */

import { array, bool, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeTopicPartitionsRequest = request(
  { key: 75, name: 'DescribeTopicPartitionsRequest', versions: '0', flexible: '0+' },
  () => ({
    topics: array(
      struct({
        name: string(),
      }),
    ),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type DescribeTopicPartitionsRequest = Value<typeof DescribeTopicPartitionsRequest>

export const DescribeTopicPartitionsResponse = response(
  { key: 75, name: 'DescribeTopicPartitionsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    topics: array(
      struct({
        errorCode: int16(),
        name: string({ nullable: '0+' }),
        topicId: uuid(),
        isInternal: bool(),
        partitions: array(
          struct({
            errorCode: int16(),
            partitionIndex: int32(),
            leaderId: int32(),
            leaderEpoch: int32({ default: -1 }),
            replicaNodes: array(int32()),
            isrNodes: array(int32()),
            eligibleLeaderReplicas: array(int32(), { nullable: '0+', default: null }),
            lastKnownElr: array(int32(), { nullable: '0+', default: null }),
            offlineReplicas: array(int32()),
          }),
        ),
        topicAuthorizedOperations: int32({ default: -2147483648 }),
      }),
    ),
    nextCursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: '0+', default: null },
    ),
  }),
)
export type DescribeTopicPartitionsResponse = Value<typeof DescribeTopicPartitionsResponse>
