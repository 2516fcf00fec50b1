/**
 * ShareGroupHeartbeat: members join, stay, change their subscriptions and leave by one request. There is no revocation: a member has what
 * its target says from the heartbeat on in which it hears of it.
 */
import { ErrorCode } from '@ottla/protocol'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import type { Asked } from '../group-requests.ts'
import type { GroupDecision, Turn } from '../turn.ts'
import { removeMember, setSession } from './expire.ts'
import { type Initialization, initializeMissing, isAssignmentPending } from './initialize.ts'
import { ShareDraft } from './share-draft.ts'
import { ShareGroup } from './share-group.ts'
import { isSameAssignment, NO_PARTITIONS, type ShareMember } from './share-member.ts'
import { pruned } from './share-partitions.ts'
import { updateTarget } from './target.ts'

export const LEAVE_EPOCH = -1
export const JOIN_EPOCH = 0

export interface ShareHeartbeat {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  /** null: as before. */
  readonly rackId: string | null
  /** null: as before. */
  readonly topicNames: readonly string[] | null
  readonly clientId: string
  readonly clientHost: string
}

export type ShareHeartbeatAnswer =
  | { readonly kind: 'refused'; readonly errorCode: number; readonly errorMessage: string }
  | {
      readonly kind: 'accepted'
      readonly memberEpoch: number
      readonly heartbeatIntervalMs: number
      /** null: as the member knows it. */
      readonly assignment: PartitionsByTopic | null
      /** What the share coordinator is to initialise now. */
      readonly initialization: Initialization | null
    }

/** Replies a {@link ShareHeartbeatAnswer}. */
export function shareHeartbeat({ shard, token, now }: Asked, request: ShareHeartbeat): GroupDecision {
  const turn = shard.turn(now)
  const known = shard.groups.get(request.groupId)
  turn.reply(
    token,
    answer(known, () => new ShareGroup(shard.registry, request.groupId), { request, turn }),
  )
  return turn.decision()
}

type Known = ReturnType<Asked['shard']['groups']['get']>

interface Context {
  readonly request: ShareHeartbeat
  readonly turn: Turn
}

function answer(known: Known, newGroup: () => ShareGroup, context: Context): ShareHeartbeatAnswer {
  const { groupId, memberId, memberEpoch } = context.request
  if (known === undefined && memberEpoch !== JOIN_EPOCH)
    return refuse(ErrorCode.GROUP_ID_NOT_FOUND, `Share group ${groupId} not found.`)
  if (known !== undefined && known.kind !== 'share')
    return refuse(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a share group.`)
  const group = known ?? newGroup()
  const member = group.members.get(memberId)
  if (memberEpoch === LEAVE_EPOCH) return leave(group, member, context)
  const { shareMaxSize } = context.turn.config
  if (member === undefined && group.members.size >= shareMaxSize)
    return refuse(
      ErrorCode.GROUP_MAX_SIZE_REACHED,
      `The share group has reached its maximum capacity of ${shareMaxSize} members.`,
    )
  if (memberEpoch === JOIN_EPOCH) return stay(group, member ?? newMember(context.request), context)
  if (member === undefined) return unknownMember(context.request)
  return epochError(member, memberEpoch) ?? stay(group, member, context)
}

function leave(group: ShareGroup, member: ShareMember | undefined, { request, turn }: Context): ShareHeartbeatAnswer {
  if (member === undefined) return unknownMember(request)
  removeMember(group, member.memberId, turn)
  return {
    kind: 'accepted',
    memberEpoch: LEAVE_EPOCH,
    heartbeatIntervalMs: 0,
    assignment: null,
    initialization: null,
  }
}

function unknownMember({ groupId, memberId }: ShareHeartbeat): ShareHeartbeatAnswer {
  return refuse(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${groupId}.`)
}

/** Whoever has the epoch before missed an answer. */
function epochError({ epoch, previousEpoch }: ShareMember, received: number): ShareHeartbeatAnswer | undefined {
  if (received === epoch || (received < epoch && received === previousEpoch)) return undefined
  const relation = received > epoch ? 'greater' : 'smaller'
  return refuse(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The share group member has a ${relation} member epoch (${received}) than the one known by the group coordinator (${epoch}). The member must abandon all its partitions and rejoin.`,
  )
}

function newMember({ memberId, rackId, clientId, clientHost }: ShareHeartbeat): ShareMember {
  return {
    memberId,
    rackId,
    clientId,
    clientHost,
    topicNames: [],
    epoch: JOIN_EPOCH,
    previousEpoch: JOIN_EPOCH,
    assigned: NO_PARTITIONS,
  }
}

function stay(group: ShareGroup, before: ShareMember, { request, turn }: Context): ShareHeartbeatAnswer {
  const draft = new ShareDraft(group, turn)
  const member = update(before, request)
  const isNew = !group.members.has(member.memberId)
  if (isNew || member !== before) draft.subscribe(member)
  if (isNew) turn.log('a member joins a share group', { groupId: group.groupId, memberId: member.memberId })
  const initialization = catchUp(draft, isNew || !isSameNames(member.topicNames, before.topicNames) ? 'bump' : 'keep')
  updateTarget(draft)
  const target = draft.target(member.memberId)
  const after = member.epoch === draft.state.targetEpoch ? member : draft.assign(member, target)
  setSession(group.groupId, member.memberId, turn)
  draft.finish()
  // Whoever comes with the epoch before did not hear of its assignment.
  const isBehind = request.memberEpoch === JOIN_EPOCH || request.memberEpoch < before.epoch
  const isToBeTold = isBehind || !isSameAssignment(after.assigned, before.assigned)
  return {
    kind: 'accepted',
    memberEpoch: after.epoch,
    heartbeatIntervalMs: turn.groupConfig(group.groupId)['share.heartbeat.interval.ms'],
    assignment: isToBeTold ? after.assigned : null,
    initialization,
  }
}

function update(member: ShareMember, { rackId, topicNames, clientId, clientHost }: ShareHeartbeat): ShareMember {
  const names = topicNames === null ? member.topicNames : [...new Set(topicNames)].sort()
  const isSame =
    isSameNames(names, member.topicNames) &&
    (rackId === null || rackId === member.rackId) &&
    clientId === member.clientId &&
    clientHost === member.clientHost
  return isSame ? member : { ...member, topicNames: names, rackId: rackId ?? member.rackId, clientId, clientHost }
}

/** Takes over what has become of topics and subscriptions. Gives what is to be initialised. */
function catchUp(draft: ShareDraft, epoch: 'bump' | 'keep'): Initialization | null {
  const { version } = draft.turn.topics
  const isUpToDate = draft.notes.topicsVersion === version && epoch === 'keep'
  if (isUpToDate && draft.partitions.initializing.size === 0) return null
  if (!isUpToDate) {
    draft.setPartitions(pruned(draft.partitions, (topicId) => draft.turn.topics.nameOf(topicId) === undefined))
    const hash = draft.metadataHash()
    if (epoch === 'bump' || hash !== draft.state.metadataHash || isAssignmentPending(draft)) draft.bumpEpoch(hash)
    draft.note({ topicsVersion: version })
  }
  return initializeMissing(draft)
}

function isSameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, at) => name === right[at])
}

function refuse(errorCode: number, errorMessage: string): ShareHeartbeatAnswer {
  return { kind: 'refused', errorCode, errorMessage }
}
