/** The target of a consumer group: worked out anew when the group is ahead of it, at most once per `consumer.assignment.interval.ms`. */
import type { PartitionAssignor, PartitionsByTopic, SubscribedMember, SubscribedTopic } from '../assignor/assignor.ts'
import { rangeAssignor } from '../assignor/range.ts'
import { uniformAssignor } from '../assignor/uniform.ts'
import { modernKey } from '../turn.ts'
import type { ConsumerDraft } from './consumer-draft.ts'
import type { ConsumerMember } from './consumer-member.ts'

/** The assignors that there are, by name. Which of them the members may ask for, and the default, are settings. */
export const ASSIGNORS: ReadonlyMap<string, PartitionAssignor> = new Map(
  [uniformAssignor, rangeAssignor].map((assignor) => [assignor.name, assignor]),
)

/** Brings the target up to the group's epoch, now or when the interval is over. */
export function updateTarget(draft: ConsumerDraft): void {
  if (draft.epoch <= draft.targetEpoch) return
  const { turn, groupId } = draft
  const { targetTimestampMs } = draft.group.state
  const intervalMs = turn.groupConfig(groupId)['consumer.assignment.interval.ms']
  const sinceMs = turn.now.wallMs - targetTimestampMs
  // A clock that went back does not hold a group up.
  if (targetTimestampMs > 0 && sinceMs >= 0 && sinceMs < intervalMs) {
    turn.setTimer({ kind: 'modern', name: 'assignment', groupId, memberId: null, epoch: 0 }, intervalMs - sinceMs)
    return
  }
  turn.cancelTimer(modernKey({ name: 'assignment', groupId, memberId: null }))
  assign(draft)
}

function assign(draft: ConsumerDraft): void {
  const members = draft.members()
  const names = draft.topicNames()
  const topics = [...names].flatMap((name): SubscribedTopic | [] => draft.topics.byName(name) ?? [])
  const assignor = ASSIGNORS.get(preferredAssignor(members, draft.turn.config.consumerAssignors)) ?? uniformAssignor
  const targets = assignor.assign({ members: members.map((member) => subscribed(draft, member)), topics })
  for (const { memberId } of members) {
    const target = targets.get(memberId) ?? new Map<string, number[]>()
    if (!draft.hasTarget(memberId) || !isSame(target, draft.target(memberId))) draft.setTarget(memberId, target)
  }
  draft.setTargetEpoch(draft.epoch)
}

/** The assignor that most members ask for; the first that is configured when nobody asks. */
export function preferredAssignor(members: Iterable<ConsumerMember>, configured: readonly string[]): string {
  const votes = new Map<string, number>()
  for (const { serverAssignor } of members)
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1)
  let winner = configured[0] ?? uniformAssignor.name
  let most = 0
  for (const [name, count] of votes) if (count > most) [winner, most] = [name, count]
  return winner
}

function subscribed(draft: ConsumerDraft, member: ConsumerMember): SubscribedMember {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rack: member.rackId,
    topicIds: topicIdsOf(draft, member),
    assigned: draft.target(member.memberId),
  }
}

/** Ids of the topics that the member is subscribed to and that are there. */
export function topicIdsOf(draft: ConsumerDraft, { topicNames, topicRegex }: ConsumerMember): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const names of [topicNames, topicRegex === '' ? [] : (draft.regex(topicRegex)?.topics ?? [])]) {
    for (const name of names) {
      const id = draft.topics.idOf(name)
      if (id !== undefined) ids.add(id)
    }
  }
  return ids
}

function isSame(a: PartitionsByTopic, b: PartitionsByTopic): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.length !== partitions.length) return false
    if (!partitions.every((partition, at) => partition === others[at])) return false
  }
  return true
}
