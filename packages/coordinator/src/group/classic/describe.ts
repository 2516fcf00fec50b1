import { type DescribeGroupsResponse, ErrorCode, type Init } from '@ottla/protocol'
import type { ClassicGroup } from './classic-group.ts'
import { metadataOf } from './protocols.ts'

export type GroupDescription = NonNullable<Init<typeof DescribeGroupsResponse>['groups']>[number]

/** The group as it was at the offset. Subscriptions are those of a stable group: else they are in flux. Assignments are the last ones. */
export function describeClassicGroup(group: ClassicGroup, offset: number): GroupDescription {
  const { phase, protocolType, protocolName } = group.stateAt(offset)
  const isStable = phase === 'Stable'
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: phase,
    protocolType: protocolType ?? '',
    protocolData: isStable ? (protocolName ?? '') : '',
    members: [...group.members.valuesAt(offset)].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberAssignment: member.assignment,
      ...(isStable ? { memberMetadata: metadataOf(member, protocolName) } : {}),
    })),
  }
}
