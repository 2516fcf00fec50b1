/** Java's RoundRobinAssignor: all partitions in a row, dealt out to the members in turn. */
import { type Assignor, compareMembers, compareText, emptyAssignment } from './assignor.ts'

export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  assign(topics, members) {
    const assignment = emptyAssignment(members)
    const sorted = [...members].sort(compareMembers)
    const subscribed = new Map(members.map(({ memberId, topics: names }) => [memberId, new Set(names)]))
    const byName = [...topics].sort((a, b) => compareText(a.name, b.name))
    let turn = 0
    for (const { name: topic, partitionCount } of byName) {
      if (!members.some((member) => subscribed.get(member.memberId)!.has(topic))) continue
      for (let partition = 0; partition < partitionCount; partition += 1) {
        while (!subscribed.get(sorted[turn % sorted.length]!.memberId)!.has(topic)) turn += 1
        assignment.get(sorted[turn % sorted.length]!.memberId)!.push({ topic, partition })
        turn += 1
      }
    }
    return assignment
  },
}
