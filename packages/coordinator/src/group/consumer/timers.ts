/** The timers of consumer groups. */
import type { GroupShard } from '../group-shard.ts'
import type { ModernTimer } from '../modern/modern-group.ts'
import type { Turn } from '../turn.ts'
import { ConsumerDraft } from './consumer-draft.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { removeMembers } from './leave.ts'
import { updateTarget } from './target.ts'

export function fireConsumerTimer(
  group: ConsumerGroup,
  { name, memberId, epoch }: ModernTimer,
  { turn }: { readonly turn: Turn; readonly shard: GroupShard },
): void {
  const draft = new ConsumerDraft(group, turn)
  if (name === 'assignment') {
    updateTarget(draft)
    return
  }
  const member = memberId === null ? undefined : draft.member(memberId)
  if (member === undefined) return
  // It has gone on to another epoch in time; what it has to give up for that has a time of its own.
  if (name === 'rebalance' && member.memberEpoch !== epoch) return
  turn.log('member is taken out of the group', { groupId: group.groupId, memberId, reason: REASONS[name] ?? name })
  removeMembers(draft, [member])
}

const REASONS: Readonly<Record<string, string>> = {
  session: 'its session ran out',
  rebalance: 'it has not given up its partitions in time',
  join: 'it has not joined again in time',
  sync: 'it has not fetched its assignment in time',
}

/** Those who were members when the log was written have one session's time to be heard of. */
export function watchLoadedMembers(group: ConsumerGroup, turn: Turn): void {
  const draft = new ConsumerDraft(group, turn)
  for (const member of group.members.values()) {
    draft.keepSession(member)
    if (member.state === 'unrevoked') watchRevocation(draft, member)
  }
}

/** From now on the member has its rebalance timeout to give up what it was told to. */
export function watchRevocation(
  { turn, groupId }: ConsumerDraft,
  {
    memberId,
    memberEpoch,
    rebalanceTimeoutMs,
    classic,
  }: { memberId: string; memberEpoch: number; rebalanceTimeoutMs: number; classic: object | null },
): void {
  // Members of the classic protocol are told to join again, and have that time to do it.
  if (classic !== null) return
  turn.setTimer({ kind: 'modern', name: 'rebalance', groupId, memberId, epoch: memberEpoch }, rebalanceTimeoutMs)
}
