/**
 * Type 4 of __consumer_offsets. The partitions of subscribed topics. No longer written; a hash in the group record took its
 * place. Value version 0, always flexible.
 */

import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ConsumerGroupPartitionMetadataKey = coordinatorKey(
  { key: 4, name: 'ConsumerGroupPartitionMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type ConsumerGroupPartitionMetadataKey = Value<typeof ConsumerGroupPartitionMetadataKey>

export const ConsumerGroupPartitionMetadataValue = coordinatorValue(
  { key: 4, name: 'ConsumerGroupPartitionMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    topics: array(
      struct({
        topicId: uuid(),
        topicName: string(),
        numPartitions: int32(),
        partitionMetadata: array(
          struct({
            partition: int32(),
            racks: array(string()),
          }),
        ),
      }),
    ),
  }),
)
export type ConsumerGroupPartitionMetadataValue = Value<typeof ConsumerGroupPartitionMetadataValue>
