/**
 * Java's CooperativeStickyAssignor (KIP-429): `sticky`, but a partition that somebody still has goes to nobody in this
 * generation. Its owner gives it up, the group rebalances again, and then it moves; all others are consumed throughout.
 */
import type { Assignor, GroupMember } from './assignor.ts'
import { assignSticky } from './sticky-assignor.ts'
import { type Claim, stickyGroup, toAssignment } from './sticky-group.ts'
import { decodeGeneration, encodeGeneration, readable } from './sticky-user-data.ts'

const NO_GENERATION = -1

export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  isCooperative: true,
  userData: ({ generation }) => encodeGeneration(generation),
  assign(topics, members) {
    const group = stickyGroup(topics, members, claimOf)
    const assignment = toAssignment(group, assignSticky(group))
    const claimants = new Map<string, string[]>()
    for (const { memberId, ownedPartitions } of members) {
      for (const { topic, partition } of ownedPartitions) {
        const key = `${partition}:${topic}`
        const ofPartition = claimants.get(key)
        if (ofPartition === undefined) claimants.set(key, [memberId])
        else ofPartition.push(memberId)
      }
    }
    // A member that says it has the partition gets it even if another says so too: of two, one has not heard that it lost it.
    for (const [memberId, partitions] of assignment) {
      const free = partitions.filter(({ topic, partition }) => {
        const owners = claimants.get(`${partition}:${topic}`)
        return owners === undefined || owners.includes(memberId)
      })
      assignment.set(memberId, free)
    }
    return assignment
  },
}

function claimOf({ ownedPartitions, generation, userData }: GroupMember): Claim {
  if (generation !== NO_GENERATION || userData === null) return { partitions: ownedPartitions, generation }
  return { partitions: ownedPartitions, generation: readable(() => decodeGeneration(userData)) ?? NO_GENERATION }
}
