/**
 * A static member that came back without its member id: it takes its own place under a new id, and whoever still speaks
 * under the old one is fenced (KIP-345). In a stable group nothing else happens when the generation would be the same.
 */
import { ErrorCode } from '@ottla/protocol'
import type { ReplyToken } from '@ottla/runtime'
import { assert } from '@ottla/stdx'
import { sessionKey } from '../turn.ts'
import { joinError, joinedUnder, joinedWithoutAssignment, syncError } from './answers.ts'
import type { ClassicDraft } from './classic-draft.ts'
import type { ClassicMember } from './classic-group.ts'
import { groupRecord } from './group-state-record.ts'
import type { Join } from './join.ts'
import { selectProtocol, subscribedTopicsOf } from './protocols.ts'
import { completeJoinUnlessInitial, keepAlive, prepareRebalance } from './rebalance.ts'

export interface Replacement {
  readonly oldMemberId: string
  readonly memberId: string
  readonly token: ReplyToken
}

export function rejoinStaticMember(
  draft: ClassicDraft,
  join: Join,
  { oldMemberId, memberId, token }: Replacement,
): void {
  assert(draft.phase !== 'Empty', 'a group with a static member is not empty')
  const leaderBefore = draft.state.leaderId
  draft.answerJoin(oldMemberId, joinError(ErrorCode.FENCED_INSTANCE_ID, oldMemberId))
  draft.answerSync(oldMemberId, syncError(ErrorCode.FENCED_INSTANCE_ID))
  draft.turn.cancelTimer(sessionKey(draft.groupId, oldMemberId))
  const { protocols, sessionTimeoutMs, rebalanceTimeoutMs, clientId, clientHost } = join
  const offer = { protocols, sessionTimeoutMs, rebalanceTimeoutMs, clientId, clientHost }
  const old = draft.member(oldMemberId) as ClassicMember
  draft.replace(oldMemberId, { ...old, ...offer, memberId })
  keepAlive(draft, memberId)

  if (draft.phase === 'Stable' && staysOnProtocol(draft)) {
    const { protocolType, protocolName } = draft.state
    // It may have come back with another subscription: what is loaded from the record written here must know no other topics.
    draft.set({ subscribedTopics: subscribedTopicsOf(draft.members(), protocolType, protocolName) })
    draft.turn.write(groupRecord(draft))
    draft.answer(
      token,
      join.maySkipAssignment ? joinedWithoutAssignment(draft, memberId) : joinedUnder(draft, memberId, leaderBefore),
    )
    return
  }
  draft.put({ ...(draft.member(memberId) as ClassicMember), awaitingJoin: token })
  // After the join phase too: the leader may be assigning to the old id, which would leave the new one without.
  if (draft.phase === 'PreparingRebalance') completeJoinUnlessInitial(draft)
  else prepareRebalance(draft, `static member ${join.groupInstanceId} came back as ${memberId}`)
}

function staysOnProtocol(draft: ClassicDraft): boolean {
  return selectProtocol(draft.members(), draft.state.protocolCounts) === draft.state.protocolName
}
