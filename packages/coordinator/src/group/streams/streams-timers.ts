/** What becomes of a streams group by time alone. */
import type { GroupShard } from '../group-shard.ts'
import type { ModernTimer } from '../modern/modern-group.ts'
import type { Turn } from '../turn.ts'
import { MemberState } from './reconcile.ts'
import { StreamsDraft } from './streams-draft.ts'
import type { StreamsGroup } from './streams-group.ts'
import { updateTarget } from './target-assignment.ts'

export function fireStreams(
  group: StreamsGroup,
  { name, memberId, epoch }: ModernTimer,
  turn: Turn,
  _shard: GroupShard,
): void {
  const draft = new StreamsDraft(group, turn)
  if (name === 'gathering') gathered(draft)
  else if (memberId !== null) {
    const member = group.members.get(memberId)
    if (member === undefined) return
    if (name === 'session') fence(draft, memberId, 'its session timed out')
    // It has moved on since, and has another time to keep.
    else if (member.memberEpoch === epoch) fence(draft, memberId, 'it did not give up its tasks in time')
  }
  draft.finish()
}

/** Those who were members when the log was written have one session's time to be heard of, and those who have tasks to give up as long as they had. */
export function loadedStreams(group: StreamsGroup, turn: Turn): void {
  const draft = new StreamsDraft(group, turn)
  const afterMs = turn.groupConfig(group.groupId)['streams.session.timeout.ms']
  for (const { memberId, memberEpoch, state, rebalanceTimeoutMs } of group.members.values()) {
    draft.setTimer('session', memberId, { afterMs })
    if (state === MemberState.UNREVOKED_TASKS)
      draft.setTimer('rebalance', memberId, { epoch: memberEpoch, afterMs: rebalanceTimeoutMs })
  }
  draft.finish()
}

/** The group goes on without the member: who is left is assigned its tasks with the next heartbeat. */
export function fence(draft: StreamsDraft, memberId: string, reason: string): void {
  draft.turn.log('a member is out of its streams group', { groupId: draft.groupId, memberId, reason })
  draft.remove(memberId)
  draft.bumpEpoch({})
}

/** The members that came in the first moments are assigned their tasks together. */
function gathered(draft: StreamsDraft): void {
  draft.setSoft({ isGathering: false })
  const { groupEpoch, assignmentEpoch } = draft.state
  if (draft.memberCount > 0 && groupEpoch > assignmentEpoch) updateTarget(draft)
}
