/**
 * `range` (KIP-848): of each topic every subscriber gets a run of neighbouring partitions, the first ones one more when it does not
 * come out even. Members of topics of equal size so get the same numbers of each, which joins by partition number rest on. Nothing
 * is kept for its own sake: who had what plays no part.
 */
import {
  compareText,
  type GroupAssignment,
  type PartitionAssignor,
  partitionTable,
  type SubscribedMember,
  subscribersByTopic,
} from './assignor.ts'

export const rangeAssignor: PartitionAssignor = {
  name: 'range',
  assign(input) {
    const assignment: GroupAssignment = new Map(input.members.map(({ memberId }) => [memberId, new Map()]))
    const members = [...input.members].sort(compareMembers)
    const table = partitionTable(input)
    subscribersByTopic(members, table).forEach((subscribers, position) => {
      const { topicId, partitionCount } = table.topics[position]!
      const quota = Math.floor(partitionCount / subscribers.length)
      const extras = partitionCount % subscribers.length
      let start = 0
      for (let turn = 0; start < partitionCount; turn += 1) {
        const { memberId } = members[subscribers[turn]!]!
        const end = start + quota + (turn < extras ? 1 : 0)
        assignment.get(memberId)!.set(topicId, range(start, end))
        start = end
      }
    })
    return assignment
  },
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i)
}

/** Static members first, by instance id, so that they keep their ranges over restarts; then the others, by member id. */
function compareMembers(a: SubscribedMember, b: SubscribedMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compareText(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compareText(a.memberId, b.memberId)
}
