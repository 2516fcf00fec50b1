/**
 * What a streams client of the classic protocol says of itself when it joins. Versions 1–11, never flexible.
 */

import { array, bytes, int8, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

const TaskId = struct({
  topicGroupId: int32({ versions: '1-6' }),
  partition: int32({ versions: '1-6' }),
})

const PartitionToOffsetSum = struct({
  partition: int32({ versions: '7-9' }),
  offsetSum: int64({ versions: '7-9' }),
})

const TaskOffsetSum = struct({
  topicGroupId: int32({ versions: '7+' }),
  partition: int32({ versions: '10+' }),
  offsetSum: int64({ versions: '10+' }),
  namedTopology: string({ versions: '10+', nullable: '0+' }),
  partitionToOffsetSum: array(PartitionToOffsetSum, { versions: '7-9' }),
})

const ClientTag = struct({
  key: bytes({ versions: '11+' }),
  value: bytes({ versions: '11+' }),
})

export const SubscriptionInfoData = data({ name: 'SubscriptionInfoData', versions: '1-11' }, () => ({
  version: int32(),
  latestSupportedVersion: int32({ versions: '3+', default: -1 }),
  processId: uuid(),
  prevTasks: array(TaskId, { versions: '1-6' }),
  standbyTasks: array(TaskId, { versions: '1-6' }),
  userEndPoint: bytes({ versions: '2+' }),
  taskOffsetSums: array(TaskOffsetSum, { versions: '7+' }),
  uniqueField: int8({ versions: '8+' }),
  errorCode: int32({ versions: '9+' }),
  clientTags: array(ClientTag, { versions: '11+' }),
}))
export type SubscriptionInfoData = Value<typeof SubscriptionInfoData>
