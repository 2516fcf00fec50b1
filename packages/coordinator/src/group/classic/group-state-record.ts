import type { GroupRecord } from '../group-record.ts'
import type { ClassicDraft } from './classic-draft.ts'
import type { ClassicMember } from './classic-group.ts'
import { metadataOf } from './protocols.ts'

/** The record that says all of the group that is durable. */
export function groupRecord(draft: ClassicDraft): GroupRecord {
  const { protocolType, generationId, protocolName, leaderId, phaseSinceMs } = draft.state
  return {
    kind: 'group',
    groupId: draft.groupId,
    group: {
      protocolType: protocolType ?? '',
      generation: generationId,
      protocol: protocolName,
      leader: leaderId,
      currentStateTimestamp: phaseSinceMs,
      members: draft.members().map((member) => memberRecord(member, protocolName)),
    },
  }
}

function memberRecord(member: ClassicMember, protocolName: string | null) {
  return {
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, protocolName),
    assignment: member.assignment,
  }
}
