/**
 * A consumer group becomes a classic one again when the last member of the consumer protocol leaves and members of the classic protocol are
 * left (KIP-848, migration). They keep what they have, and are asked to join for the next generation.
 */
import { SnapshotRegistry } from '@ottla/stdx'
import { ClassicDraft } from '../classic/classic-draft.ts'
import { ClassicGroup, type ClassicMember } from '../classic/classic-group.ts'
import { groupRecord } from '../classic/group-state-record.ts'
import { CONSUMER_PROTOCOL_TYPE, countProtocols, selectProtocol } from '../classic/protocols.ts'
import { keepAlive, prepareRebalance } from '../classic/rebalance.ts'
import { assignmentBytes } from './classic-protocol.ts'
import type { ConsumerDraft } from './consumer-draft.ts'
import type { ConsumerMember } from './consumer-member.ts'

/** True: the group is a classic one now, without those that leave. Call it before anything is written about them. */
export function maybeDowngrade(draft: ConsumerDraft, leaving: ReadonlySet<string>): boolean {
  const staying = draft.members().filter(({ memberId }) => !leaving.has(memberId))
  if (!mayDowngrade(draft, staying)) return false
  const group = becomeClassic(draft, staying)
  prepareRebalance(group, `Downgrade group ${draft.groupId} from consumer to classic.`)
  group.finish()
  return true
}

export function mayDowngrade(draft: ConsumerDraft, staying: readonly ConsumerMember[]): boolean {
  if (staying.length === 0 || staying.some(({ classic }) => classic === null)) return false
  const { consumerMigrationPolicy: policy, maxGroupSize } = draft.turn.config
  const reason =
    policy !== 'downgrade' && policy !== 'bidirectional'
      ? 'the migration policy does not allow it'
      : staying.length > maxGroupSize
        ? 'it has more members than a classic group may have'
        : null
  if (reason !== null)
    draft.turn.log('consumer group of classic members stays what it is', { groupId: draft.groupId, reason })
  return reason === null
}

/** Writes the end of the consumer group and the beginning of the classic one. To be changed further and finished. */
export function becomeClassic(draft: ConsumerDraft, staying: readonly ConsumerMember[]): ClassicDraft {
  const { turn, groupId } = draft
  for (const { memberId } of draft.group.members.values()) draft.cancelTimers(memberId)
  draft.group.delete(turn)
  const members = staying.map((member) => classicMember(draft, member))
  const group = new ClassicDraft(new ClassicGroup(new SnapshotRegistry(), groupId), turn)
  for (const member of members) group.put(member)
  group.set({
    hasRecord: true,
    generationId: draft.epoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: selectProtocol(members, countProtocols(members)),
    leaderId: members[0]?.memberId ?? null,
    subscribedTopics: new Set(staying.flatMap(({ topicNames }) => topicNames)),
  })
  group.enter('Stable')
  turn.write(groupRecord(group))
  for (const { memberId } of members) keepAlive(group, memberId)
  turn.log('consumer group becomes a classic group', { groupId, members: members.length })
  return group
}

function classicMember(draft: ConsumerDraft, member: ConsumerMember): ClassicMember {
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.classic?.sessionTimeoutMs ?? 0,
    protocols: member.classic?.protocols ?? [],
    assignment: assignmentBytes(member, draft.topics),
    isNew: false,
    isPendingSync: false,
    awaitingJoin: null,
    awaitingSync: null,
  }
}
