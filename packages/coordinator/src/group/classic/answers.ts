/** The answers of the classic protocol, as the decisions give them; `group-answers.ts` fits them to the client's version. */
import { ErrorCode, type Init, type JoinGroupResponse, type SyncGroupResponse } from '@ottla/protocol'
import type { ClassicDraft } from './classic-draft.ts'
import { EMPTY_BYTES } from './classic-group.ts'
import { metadataOf } from './protocols.ts'

export type JoinAnswer = Init<typeof JoinGroupResponse>
export type SyncAnswer = Init<typeof SyncGroupResponse>

export function joinError(errorCode: number, memberId: string): JoinAnswer {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  }
}

/** The generation as the member is to see it: the leader is told who takes part. */
export function joined(draft: ClassicDraft, memberId: string): JoinAnswer {
  return {
    ...generationOf(draft, memberId),
    members: draft.isLeader(memberId) ? subscriptionsOf(draft) : [],
  }
}

/** For a static member that came back: the assignments hold, whoever is the leader (KIP-814). */
export function joinedWithoutAssignment(draft: ClassicDraft, memberId: string): JoinAnswer {
  return { ...joined(draft, memberId), skipAssignment: draft.isLeader(memberId) }
}

/** The same, for clients that know no skipping: they are told of another leader, so that they do not assign. */
export function joinedUnder(draft: ClassicDraft, memberId: string, leaderId: string | null): JoinAnswer {
  return { ...generationOf(draft, memberId), leader: leaderId ?? '', members: [] }
}

function generationOf(draft: ClassicDraft, memberId: string): JoinAnswer {
  const { generationId, protocolType, protocolName, leaderId } = draft.state
  return {
    errorCode: ErrorCode.NONE,
    generationId,
    protocolType,
    protocolName,
    leader: leaderId ?? '',
    skipAssignment: false,
    memberId,
  }
}

function subscriptionsOf(draft: ClassicDraft): NonNullable<JoinAnswer['members']> {
  const { protocolName } = draft.state
  return draft.members().map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, protocolName),
  }))
}

export function syncError(errorCode: number): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: EMPTY_BYTES }
}

export function synced(draft: ClassicDraft, assignment: Buffer): SyncAnswer {
  const { protocolType, protocolName } = draft.state
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment }
}
