/** The target of a share group: worked out anew when the group is ahead of it, at most once per `share.assignment.interval.ms`. */
import type { PartitionsByTopic, SubscribedTopic } from '../assignor/assignor.ts'
import { simpleAssignor } from '../assignor/simple.ts'
import { modernKey } from '../turn.ts'
import type { ShareDraft } from './share-draft.ts'
import { isSameAssignment, type ShareMember } from './share-member.ts'

/** What members may get of a topic: the assignor counts from 0, these are the partitions that it means. */
interface AssignableTopic extends SubscribedTopic {
  readonly partitions: readonly number[]
}

/** Brings the target up to the group's epoch, now or when the interval is over. */
export function updateTarget(draft: ShareDraft): void {
  const { turn, groupId, state } = draft
  if (state.epoch <= state.targetEpoch) return
  const intervalMs = turn.groupConfig(groupId)['share.assignment.interval.ms']
  const sinceMs = turn.now.wallMs - state.targetTimestampMs
  const members = draft.members()
  // A clock that went back does not hold a group up; and there is nobody to wait for a member that is alone.
  if (members.length > 1 && state.targetTimestampMs > 0 && sinceMs >= 0 && sinceMs < intervalMs) {
    turn.setTimer({ kind: 'modern', name: 'assignment', groupId, memberId: null, epoch: 0 }, intervalMs - sinceMs)
    return
  }
  turn.cancelTimer(modernKey({ name: 'assignment', groupId, memberId: null }))
  assign(draft, members)
}

function assign(draft: ShareDraft, members: readonly ShareMember[]): void {
  const topics = assignableTopics(draft)
  const byId = new Map(topics.map((topic) => [topic.topicId, topic]))
  const assignment = simpleAssignor.assign({
    members: members.map(({ memberId, rackId, topicNames }) => ({
      memberId,
      instanceId: null,
      rack: rackId,
      topicIds: new Set(topicNames.flatMap((name) => draft.turn.topics.idOf(name) ?? [])),
      assigned: indexesOf(draft.target(memberId), byId),
    })),
    topics,
  })
  for (const { memberId } of members) {
    const target = partitionsOf(assignment.get(memberId) ?? new Map<string, number[]>(), byId)
    if (!draft.hasTarget(memberId) || !isSameAssignment(target, draft.target(memberId)))
      draft.setTarget(memberId, target)
  }
  // To have shared out nothing is no reason to wait with the first that there is.
  draft.setTargetEpoch(draft.state.epoch, topics.length === 0 ? 0 : draft.turn.now.wallMs)
}

/** Topics that somebody subscribes to, with the partitions whose share state is there. */
function assignableTopics(draft: ShareDraft): AssignableTopic[] {
  return [...draft.topicNames()].flatMap((name): AssignableTopic[] => {
    const topic = draft.turn.topics.byName(name)
    const initialized = topic === undefined ? undefined : draft.partitions.initialized.get(topic.topicId)
    if (topic === undefined || initialized === undefined) return []
    const partitions = [...initialized.partitions].filter((each) => each < topic.partitionCount).sort((a, b) => a - b)
    if (partitions.length === 0) return []
    return [{ topicId: topic.topicId, partitionCount: partitions.length, racks: null, partitions }]
  })
}

function indexesOf(assigned: PartitionsByTopic, topics: ReadonlyMap<string, AssignableTopic>): PartitionsByTopic {
  return new Map(
    [...assigned].map(([topicId, partitions]) => {
      const known = topics.get(topicId)?.partitions ?? []
      return [topicId, partitions.map((partition) => known.indexOf(partition)).filter((index) => index >= 0)]
    }),
  )
}

function partitionsOf(indexes: PartitionsByTopic, topics: ReadonlyMap<string, AssignableTopic>): PartitionsByTopic {
  return new Map(
    [...indexes].map(([topicId, each]) => [topicId, each.map((index) => topics.get(topicId)!.partitions[index]!)]),
  )
}
