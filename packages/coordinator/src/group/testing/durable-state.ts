import { ZERO_UUID } from '@ottla/protocol'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { metadataOf } from '../classic/protocols.ts'
import type { GroupShard } from '../group-shard.ts'

/** All of a shard that its log says, in a form to compare. Groups that are on the way to their next record are left out. */
export function durableState(shard: GroupShard): { groups: Record<string, unknown>; offsets: Record<string, unknown> } {
  const groups: Record<string, unknown> = {}
  const offsets: Record<string, unknown> = {}
  for (const group of [...shard.groups.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))) {
    if (group.kind === 'classic' && isSettled(group)) groups[group.groupId] = settledState(group)
    const topics = [...shard.offsets.topics(group.groupId)]
    for (const [topic, partitions] of topics) {
      for (const [partition, { recordOffset, offset, metadata, topicId }] of partitions)
        offsets[`${group.groupId}/${topic}/${partition}`] = [recordOffset, offset, metadata, topicId === ZERO_UUID]
    }
  }
  return { groups, offsets }
}

export function isSettled(group: ClassicGroup): boolean {
  const { phase, hasRecord } = group.state
  return hasRecord && (phase === 'Stable' || phase === 'Empty') && group.pendingCount === 0
}

function settledState(group: ClassicGroup): unknown {
  const { phase, phaseSinceMs, generationId, protocolType, protocolName, leaderId, subscribedTopics } = group.state
  const members = [...group.members.values()].map((member) => [
    member.memberId,
    member.groupInstanceId,
    member.clientId,
    member.clientHost,
    member.sessionTimeoutMs,
    member.rebalanceTimeoutMs,
    metadataOf(member, protocolName).toString('hex'),
    member.assignment.toString('hex'),
  ])
  return {
    phase,
    phaseSinceMs,
    generationId,
    protocolType,
    protocolName,
    leaderId,
    topics: subscribedTopics === null ? null : [...subscribedTopics].sort(),
    members: members.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1)),
    statics: [...group.staticEntries()].sort(),
  }
}
