/**
 * Type 22 of __consumer_offsets. The tasks that a member of a streams group holds now. Value version 0, always flexible.
 */

import { array, int8, int32, string, struct } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const StreamsGroupCurrentMemberAssignmentKey = coordinatorKey(
  { key: 22, name: 'StreamsGroupCurrentMemberAssignmentKey', versions: '0' },
  () => ({
    groupId: string(),
    memberId: string(),
  }),
)
export type StreamsGroupCurrentMemberAssignmentKey = Value<typeof StreamsGroupCurrentMemberAssignmentKey>

const TaskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: '0+', tag: 0 }),
})

export const StreamsGroupCurrentMemberAssignmentValue = coordinatorValue(
  { key: 22, name: 'StreamsGroupCurrentMemberAssignmentValue', versions: '0', flexible: '0+' },
  () => ({
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: array(TaskIds),
    standbyTasks: array(TaskIds),
    warmupTasks: array(TaskIds),
    activeTasksPendingRevocation: array(TaskIds),
    standbyTasksPendingRevocation: array(TaskIds),
    warmupTasksPendingRevocation: array(TaskIds),
  }),
)
export type StreamsGroupCurrentMemberAssignmentValue = Value<typeof StreamsGroupCurrentMemberAssignmentValue>
