/** Reads of the committed state: groups listed and described. */
import { ErrorCode, type Init, type ListGroupsResponse } from '@ottla/protocol'
import { describeClassicGroup, type GroupDescription } from './classic/describe.ts'
import type { Group } from './group.ts'
import type { GroupShard } from './group-shard.ts'

export type GroupListing = NonNullable<Init<typeof ListGroupsResponse>['groups']>[number]

/** Empty sets: no restriction. Names in lower case, as clients spell them in many ways. */
export interface GroupFilter {
  readonly states: ReadonlySet<string>
  readonly types: ReadonlySet<string>
}

export function listGroups(shard: GroupShard, offset: number, { states, types }: GroupFilter): GroupListing[] {
  const listed: GroupListing[] = []
  for (const group of shard.groups.valuesAt(offset)) {
    const listing = listingOf(group, offset)
    if (states.size > 0 && !states.has(listing.groupState.toLowerCase())) continue
    if (types.size > 0 && !types.has(listing.groupType)) continue
    listed.push(listing)
  }
  return listed
}

function listingOf(group: Group, offset: number) {
  const { groupId } = group
  if (group.kind === 'classic') {
    const { phase, protocolType } = group.stateAt(offset)
    return { groupId, protocolType: protocolType ?? '', groupState: phase, groupType: 'classic' }
  }
  return { groupId, protocolType: group.protocolType, groupState: group.stateAt(offset), groupType: group.type }
}

/** A group that is not there is Dead; since version 6 that is an error. */
export function describeGroup(
  shard: GroupShard,
  offset: number,
  { groupId, knowsNotFound }: { readonly groupId: string; readonly knowsNotFound: 'yes' | 'no' },
): GroupDescription {
  const group = shard.groups.getAt(groupId, offset)
  if (group?.kind === 'classic') return describeClassicGroup(group, offset)
  if (knowsNotFound === 'no') return { errorCode: ErrorCode.NONE, groupId, groupState: 'Dead' }
  const errorMessage = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, groupState: 'Dead' }
}
