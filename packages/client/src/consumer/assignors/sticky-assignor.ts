/**
 * Java's StickyAssignor: as even as can be, and within that with as few moves as can be. Members say in their user data what they had.
 */
import type { Assignor, GroupMember } from './assignor.ts'
import { assignAlike } from './sticky-alike.ts'
import { type Claim, type StickyGroup, stickyGroup, toAssignment } from './sticky-group.ts'
import { assignMixed } from './sticky-mixed.ts'
import { decodeStickyUserData, encodeStickyUserData, readable } from './sticky-user-data.ts'

const NO_GENERATION = -1

export const stickyAssignor: Assignor = {
  name: 'sticky',
  userData: encodeStickyUserData,
  assign(topics, members) {
    const group = stickyGroup(topics, members, claimOf)
    return toAssignment(group, assignSticky(group))
  },
}

/** Partition indexes by member. */
export function assignSticky(group: StickyGroup): number[][] {
  if (group.members.length === 0) return []
  const isAlike = group.topics.every(({ subscribers }) => subscribers.length === group.members.length)
  return isAlike ? assignAlike(group) : assignMixed(group)
}

function claimOf({ userData }: GroupMember): Claim {
  const said = userData === null ? undefined : readable(() => decodeStickyUserData(userData))
  return { partitions: said?.partitions ?? [], generation: said?.generation ?? NO_GENERATION }
}
