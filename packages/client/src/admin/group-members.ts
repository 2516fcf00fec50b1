/** Takes members out of groups (KIP-345). */
import { ErrorCode } from '@ottla/protocol'
import { LEAVE_GROUP } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import { describeGroups } from './groups.ts'
import { type Outcome, outcomeOf, unwrap } from './outcome.ts'

/** A member by one of its names. */
export type MemberToRemove = { readonly instanceId: string } | { readonly memberId: string }

export interface RemoveMembersOptions {
  /** Told to the coordinator, for its log. */
  readonly reason?: string | undefined
}

const REASONS_SINCE = 5
const MAX_REASON_CHARS = 255

/** Outcomes by instance id or member id. Null: all members of the group. */
export async function removeMembers(
  cluster: Cluster,
  from: { readonly group: string; readonly members: readonly MemberToRemove[] | null },
  context: CallContext & RemoveMembersOptions,
): Promise<Map<string, Outcome<void>>> {
  const { group } = from
  const members = from.members ?? (await allMembers(cluster, group, context))
  if (members.length === 0) return new Map()
  const reason = context.reason?.slice(0, MAX_REASON_CHARS) ?? 'member was removed by an admin'
  const answer = await cluster.call(
    {
      target: { kind: 'coordinator', group },
      api: LEAVE_GROUP,
      init: (version) => ({
        groupId: group,
        members: members.map((member) => ({
          memberId: 'memberId' in member ? member.memberId : '',
          groupInstanceId: 'instanceId' in member ? member.instanceId : null,
          ...(version >= REASONS_SINCE ? { reason } : {}),
        })),
      }),
      what: `remove members from group ${group}`,
      check: ({ errorCode }) => throwBrokerError(errorCode, null, { group }),
    },
    context,
  )
  return new Map(
    members.map((member, index) => {
      const errorCode = answer.members[index]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
      const name = 'memberId' in member ? member.memberId : member.instanceId
      return [name, outcomeOf({ errorCode }, { group }, () => undefined)]
    }),
  )
}

async function allMembers(cluster: Cluster, group: string, context: CallContext): Promise<MemberToRemove[]> {
  const { members } = unwrap((await describeGroups(cluster, [group], context)).get(group))
  return members.map(({ memberId, instanceId }) => (instanceId === null ? { memberId } : { instanceId }))
}
