/** Members that leave, or are not heard of for too long. */
import { modernKey, type Turn } from '../turn.ts'
import { ShareDraft } from './share-draft.ts'
import type { ShareGroup } from './share-group.ts'

export function setSession(groupId: string, memberId: string, turn: Turn): void {
  const timeoutMs = turn.groupConfig(groupId)['share.session.timeout.ms']
  turn.setTimer({ kind: 'modern', name: 'session', groupId, memberId, epoch: 0 }, timeoutMs)
}

/** No heartbeat came in time. */
export function expireMember(group: ShareGroup, memberId: string, turn: Turn): void {
  if (!group.members.has(memberId)) return
  turn.log('a member of a share group was not heard of for too long and is out', { groupId: group.groupId, memberId })
  removeMember(group, memberId, turn)
}

/** The others get its share at their next heartbeats. */
export function removeMember(group: ShareGroup, memberId: string, turn: Turn): void {
  const draft = new ShareDraft(group, turn)
  draft.remove(memberId)
  draft.bumpEpoch()
  turn.cancelTimer(modernKey({ name: 'session', groupId: group.groupId, memberId }))
  draft.finish()
}
