/**
 * Heartbeat: the member lives. While members gather for the next generation it is told to join; after that, and until it
 * has its assignment, a heartbeat is in order.
 */
import { ErrorCode } from '@ottla/protocol'
import type { Turn } from '../turn.ts'
import type { ClassicGroup, ClassicMember } from './classic-group.ts'
import { memberError } from './validate.ts'

export interface Heartbeat {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Works on the group itself and not on a draft: of all decisions this is the frequent one, and it changes a timer alone. */
export function decideHeartbeat(group: ClassicGroup, heartbeat: Heartbeat, turn: Turn): number {
  const error = memberError(membersOf(group), heartbeat)
  if (error !== ErrorCode.NONE) return error
  if (heartbeat.generationId !== group.state.generationId) return ErrorCode.ILLEGAL_GENERATION
  const { sessionTimeoutMs } = group.members.get(heartbeat.memberId) as ClassicMember
  turn.setTimer({ kind: 'session', groupId: group.groupId, memberId: heartbeat.memberId }, sessionTimeoutMs)
  return group.state.phase === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** The group as the checks of members want it. */
export function membersOf(group: ClassicGroup): Parameters<typeof memberError>[0] {
  return {
    has: (memberId) => group.members.has(memberId),
    staticMemberId: (groupInstanceId) => group.staticMemberId(groupInstanceId),
  }
}
