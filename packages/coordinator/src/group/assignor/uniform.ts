/**
 * `uniform` (KIP-848): members have equally many partitions, or one more than others, and keep what they had as far as that
 * allows. Balance comes before stickiness. Members are served in turn, each with a run of what is free. Where members subscribe to different topics, see `uniform-mixed.ts`.
 */
import {
  type AssignorInput,
  type PartitionAssignor,
  partitionTable,
  type SubscribedMember,
  stillAssigned,
  toAssignment,
} from './assignor.ts'
import { assignMixed } from './uniform-mixed.ts'

export const uniformAssignor: PartitionAssignor = {
  name: 'uniform',
  assign(input) {
    return isUniform(input.members) ? assignAlike(input) : assignMixed(input)
  },
}

/** Whether all members subscribe to the same topics. */
function isUniform(members: readonly SubscribedMember[]): boolean {
  const first = members[0]?.topicIds
  if (first === undefined) return true
  return members.every(({ topicIds }) => topicIds.size === first.size && [...topicIds].every((id) => first.has(id)))
}

function assignAlike(input: AssignorInput): ReturnType<PartitionAssignor['assign']> {
  if (input.members.length === 0) return new Map()
  const { members } = input
  const table = partitionTable(input)
  const quota = Math.floor(table.partitionCount / members.length)
  /** How many more members may have one more than the quota. */
  let extras = table.partitionCount % members.length
  const isTaken = new Uint8Array(table.partitionCount)

  const indexesOf = members.map((member) => {
    const free = stillAssigned(member, table).filter((index) => isTaken[index] === 0)
    const hasExtra = free.length > quota && extras > 0
    if (hasExtra) extras -= 1
    const kept = free.slice(0, quota + (hasExtra ? 1 : 0))
    for (const index of kept) isTaken[index] = 1
    return kept
  })

  let next = 0
  const giveTo = (indexes: number[]) => {
    while (isTaken[next] === 1) next += 1
    indexes.push(next)
    next += 1
  }
  // Of those that may have one more, the last ones get it, as in Kafka.
  let without = indexesOf.filter(({ length }) => length <= quota).length
  for (const indexes of indexesOf) {
    if (indexes.length > quota) continue
    const limit = without <= extras ? quota + 1 : quota
    while (indexes.length < limit) giveTo(indexes)
    without -= 1
  }
  return toAssignment(members, indexesOf, table)
}
