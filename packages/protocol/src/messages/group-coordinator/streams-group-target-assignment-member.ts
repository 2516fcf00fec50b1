/**
 * Type 21 of __consumer_offsets. The target tasks of one member of a streams group. Value version 0, always flexible.
 */

import { array, int32, string, struct } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const StreamsGroupTargetAssignmentMemberKey = coordinatorKey(
  { key: 21, name: 'StreamsGroupTargetAssignmentMemberKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type StreamsGroupTargetAssignmentMemberKey = Value<typeof StreamsGroupTargetAssignmentMemberKey>

const TaskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
})

export const StreamsGroupTargetAssignmentMemberValue = coordinatorValue(
  { key: 21, name: 'StreamsGroupTargetAssignmentMemberValue', versions: '0', flexible: '0+' },
  () => ({
    activeTasks: array(TaskIds),
    standbyTasks: array(TaskIds),
    warmupTasks: array(TaskIds),
  }),
)
export type StreamsGroupTargetAssignmentMemberValue = Value<typeof StreamsGroupTargetAssignmentMemberValue>
