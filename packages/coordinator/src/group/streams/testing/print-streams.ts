/** Records and answers of streams groups in the words of the scripts. */
import type { Init, StreamsGroupDescribeResponse } from '@ottla/protocol'
import type { NewRecord } from '../../../ports.ts'
import { decodeGroupRecord } from '../../group-record-codec.ts'
import { printError, printRecord as printOther } from '../../testing/print.ts'

interface Ids {
  readonly subtopologyId?: string | undefined
  readonly partitions?: readonly number[] | undefined
  readonly assignmentEpochs?: readonly number[] | null | undefined
}

/** `0:0,1;1:2`; partitions with the epochs that they came in, where it is said: `0:0@2`. */
export function printTasks(tasks: readonly Ids[] | null | undefined): string {
  return (tasks ?? [])
    .map(({ subtopologyId, partitions = [], assignmentEpochs }) => {
      const each = partitions.map((partition, index) =>
        assignmentEpochs == null ? partition : `${partition}@${assignmentEpochs[index]}`,
      )
      return `${subtopologyId}:${each.join(',')}`
    })
    .join(';')
}

export function readTasks(text: string): { subtopologyId: string; partitions: number[] }[] {
  if (text === '' || text === '-') return []
  return text.split(';').map((each) => {
    const [subtopologyId = '', partitions = ''] = each.split(':')
    return { subtopologyId, partitions: partitions.split(',').map(Number) }
  })
}

const STATES = ['?', 'stable', 'has to give up', 'waits']

export function printRecord(stored: NewRecord): string {
  const record = decodeGroupRecord({ offset: 0, ...stored })
  switch (record.kind) {
    case 'StreamsGroupMetadata': {
      const { groupId } = record.key
      if (record.value === null) return `group ${groupId} deleted`
      const { epoch, validatedTopologyEpoch, lastAssignmentConfigs } = record.value
      const configs = (lastAssignmentConfigs ?? []).map(({ key, value }) => `${key}=${value}`)
      return `group ${groupId} epoch ${epoch} validated ${validatedTopologyEpoch} ${configs.join(' ')}`
    }
    case 'StreamsGroupTopology': {
      const { groupId } = record.key
      if (record.value === null) return `topology ${groupId} deleted`
      const ids = record.value.subtopologies.map(({ subtopologyId }) => subtopologyId)
      return `topology ${groupId} epoch ${record.value.epoch} of ${ids.join(' ')}`
    }
    case 'StreamsGroupMemberMetadata': {
      const name = `member ${record.key.groupId} ${record.key.memberId}`
      if (record.value === null) return `${name} deleted`
      const { processId, instanceId, rackId, topologyEpoch, userEndpoint, clientTags } = record.value
      const parts = [name, processId, `topology ${topologyEpoch}`]
      if (instanceId !== null) parts.push(`instance ${instanceId}`)
      if (rackId !== null) parts.push(`rack ${rackId}`)
      if (userEndpoint !== null) parts.push(`at ${userEndpoint.host}:${userEndpoint.port}`)
      if (clientTags.length > 0) parts.push(clientTags.map(({ key, value }) => `${key}:${value}`).join('+'))
      return parts.join(' ')
    }
    case 'StreamsGroupTargetAssignmentMetadata': {
      const name = `target epoch ${record.key.groupId}`
      return record.value === null ? `${name} deleted` : `${name} ${record.value.assignmentEpoch}`
    }
    case 'StreamsGroupTargetAssignmentMember': {
      const name = `target ${record.key.groupId} ${record.key.memberId}`
      if (record.value === null) return `${name} deleted`
      const { activeTasks, standbyTasks, warmupTasks } = record.value
      return `${name} ${[activeTasks, standbyTasks, warmupTasks].map(printTasks).join(' | ')}`
    }
    case 'StreamsGroupCurrentMemberAssignment': {
      const name = `current ${record.key.groupId} ${record.key.memberId}`
      if (record.value === null) return `${name} deleted`
      const { memberEpoch, previousMemberEpoch, state, activeTasks, standbyTasks, warmupTasks, ...pending } =
        record.value
      const text = `${name} epoch ${memberEpoch} after ${previousMemberEpoch} ${STATES[state]} ${[activeTasks, standbyTasks, warmupTasks].map(printTasks).join(' | ')}`
      const { activeTasksPendingRevocation: active, standbyTasksPendingRevocation: standby } = pending
      return active.length + standby.length === 0
        ? text
        : `${text} gives up ${[active, standby, pending.warmupTasksPendingRevocation].map(printTasks).join(' | ')}`
    }
    default:
      return printOther(stored)
  }
}

export function printDescription({ groups = [] }: Init<typeof StreamsGroupDescribeResponse>): string {
  return groups
    .map(({ errorCode = 0, errorMessage, groupState, groupEpoch, assignmentEpoch, topology, members = [] }) => {
      if (errorCode !== 0) return `${printError(errorCode)}${errorMessage == null ? '' : ` "${errorMessage}"`}`
      const subtopologies = (topology?.subtopologies ?? []).map(
        ({ subtopologyId, sourceTopics = [], repartitionSourceTopics = [], stateChangelogTopics = [] }) =>
          `\n    ${subtopologyId} reads ${[...sourceTopics, ...repartitionSourceTopics.map(({ name, partitions }) => `${name}/${partitions}`)].join(' ')}` +
          stateChangelogTopics.map(({ name, partitions }) => ` keeps ${name}/${partitions}`).join(''),
      )
      const each = members.map(({ memberId, memberEpoch, assignment, targetAssignment, taskOffsets = [] }) => {
        const tasks = (of: typeof assignment) =>
          [of?.activeTasks, of?.standbyTasks, of?.warmupTasks].map(printTasks).join(' | ')
        const offsets = taskOffsets.map(
          ({ subtopologyId, partition, offset }) => ` ${subtopologyId}-${partition} at ${offset}`,
        )
        return `\n    ${memberId} epoch ${memberEpoch} has ${tasks(assignment)} target ${tasks(targetAssignment)}${offsets.join('')}`
      })
      return `${groupState} epoch ${groupEpoch} target ${assignmentEpoch} topology ${topology?.epoch}${subtopologies.join('')}${each.join('')}`
    })
    .join('; ')
}
