import { ErrorCode } from '@ottla/protocol'
import { coordinatorErrorCode } from './coordinator-error.ts'
import type { Asked } from './group-requests.ts'
import type { Route } from './membership.ts'
import type { GroupDecision } from './turn.ts'

/** Has a request about a group decided where the group is. Gives what the decision replies, once it is committed, or why there is no reply. */
export async function ask<V>(
  route: Route,
  groupId: string,
  decide: (asked: Asked) => GroupDecision,
): Promise<{ readonly value: V } | { readonly errorCode: number }> {
  const found = route(groupId)
  if ('errorCode' in found) return found
  try {
    return { value: await found.partition.submit<V>(decide) }
  } catch (error) {
    return { errorCode: coordinatorErrorCode(error, ErrorCode.UNKNOWN_SERVER_ERROR) }
  }
}
