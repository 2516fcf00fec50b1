/**
 * Type 15 of __consumer_offsets. The partitions whose share state is being created, exists, or is being deleted. Value version
 * 0, always flexible.
 */

import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ShareGroupStatePartitionMetadataKey = coordinatorKey(
  { key: 15, name: 'ShareGroupStatePartitionMetadataKey', versions: '0' },
  () => ({
    groupId: string(),
  }),
)
export type ShareGroupStatePartitionMetadataKey = Value<typeof ShareGroupStatePartitionMetadataKey>

const TopicPartitionsInfo = struct({
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
})

const TopicInfo = struct({
  topicId: uuid(),
  topicName: string(),
})

export const ShareGroupStatePartitionMetadataValue = coordinatorValue(
  { key: 15, name: 'ShareGroupStatePartitionMetadataValue', versions: '0', flexible: '0+' },
  () => ({
    initializingTopics: array(TopicPartitionsInfo),
    initializedTopics: array(TopicPartitionsInfo),
    deletingTopics: array(TopicInfo),
  }),
)
export type ShareGroupStatePartitionMetadataValue = Value<typeof ShareGroupStatePartitionMetadataValue>
