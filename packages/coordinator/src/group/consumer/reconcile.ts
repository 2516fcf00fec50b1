/**
 * How a member gets from what it has to its target (KIP-848). A partition goes to its next owner only when the one before has confirmed,
 * by a heartbeat without it, that it is given up:
 *
 * ```
 *             a newer target takes something away           confirmed
 *   stable ───────────────────────────────────► unrevoked ───────────► (epoch of the target) stable, or
 *     │  ▲                                                             unreleased while others hold what it is to get
 *     │  └──────────── the others gave up ────────────────────────────┘
 *     └── nothing is taken away: at once in the epoch of the target
 * ```
 *
 * A member that has to give something up stays in its epoch until it has: so heartbeats tell who is how far.
 */
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import { type ConsumerMember, isReconciledTo, NOTHING, type OwnedPartitions } from './consumer-member.ts'

export interface Reconciliation {
  readonly targetEpoch: number
  readonly target: PartitionsByTopic
  /** Topics that the member is subscribed to: others are taken away although they may be in a target of before. */
  readonly isSubscribed: (topicId: string) => boolean
  /** Epoch of the member that has the partition or has not given it up yet; -1: it is free. */
  readonly ownerEpoch: (topicId: string, partition: number) => number
  /** What the member says it has; null: it does not say. */
  readonly owned: PartitionsByTopic | null
}

/** The member as it is to be; the same object when nothing changes. `fenced`: in an unknown state without saying what it has. */
export function reconcile(member: ConsumerMember, to: Reconciliation): ConsumerMember | 'fenced' {
  switch (member.state) {
    case 'stable':
      if (!isReconciledTo(member, to.targetEpoch)) return nextAssignment(member, member.memberEpoch, to)
      return withoutUnsubscribed(member, to)
    case 'unrevoked':
      if (to.owned === null || holdsAny(to.owned, member.pendingRevocation)) return member
      return nextAssignment(member, member.memberEpoch + 1, to)
    case 'unreleased':
      return nextAssignment(member, member.memberEpoch, to)
    case 'unknown':
      return to.owned === null ? 'fenced' : nextAssignment(member, to.targetEpoch, to)
  }
}

function holdsAny(owned: PartitionsByTopic, pending: OwnedPartitions): boolean {
  for (const [topicId, partitions] of owned) {
    const ofTopic = pending.get(topicId)
    if (ofTopic !== undefined && partitions.some((partition) => ofTopic.has(partition))) return true
  }
  return false
}

/** Splits what the member has, and is to have, into what it keeps, gives up and gets. */
class Split {
  readonly kept = new Map<string, Map<number, number>>()
  readonly revoked = new Map<string, Map<number, number>>()
  readonly added = new Map<string, number[]>()
  hasUnreleased = false

  constructor({ assigned }: ConsumerMember, { target, isSubscribed, ownerEpoch }: Reconciliation) {
    for (const topicId of new Set([...assigned.keys(), ...target.keys()])) {
      const wanted = isSubscribed(topicId) ? new Set(target.get(topicId)) : new Set<number>()
      const has = assigned.get(topicId)
      for (const [partition, epoch] of has ?? [])
        put(wanted.has(partition) ? this.kept : this.revoked, topicId, partition, epoch)
      for (const partition of wanted) {
        if (has?.has(partition) === true) continue
        if (ownerEpoch(topicId, partition) !== -1) this.hasUnreleased = true
        else this.added.set(topicId, [...(this.added.get(topicId) ?? []), partition])
      }
    }
  }

  /** What is kept and got, each topic's partitions in order. */
  assignedIn(epoch: number): OwnedPartitions {
    for (const [topicId, partitions] of this.added) {
      const all = new Map(this.kept.get(topicId))
      for (const partition of partitions) all.set(partition, epoch)
      this.kept.set(topicId, new Map([...all].sort(([a], [b]) => a - b)))
    }
    return this.kept
  }
}

function put(to: Map<string, Map<number, number>>, topicId: string, partition: number, epoch: number): void {
  let ofTopic = to.get(topicId)
  if (ofTopic === undefined) to.set(topicId, (ofTopic = new Map()))
  ofTopic.set(partition, epoch)
}

function nextAssignment(member: ConsumerMember, memberEpoch: number, to: Reconciliation): ConsumerMember {
  const split = new Split(member, to)
  if (split.revoked.size > 0 && (to.owned === null || holdsAny(to.owned, split.revoked))) {
    return {
      ...member,
      state: 'unrevoked',
      previousMemberEpoch: member.memberEpoch,
      memberEpoch,
      assigned: split.kept,
      pendingRevocation: split.revoked,
    }
  }
  const next: ConsumerMember = {
    ...member,
    state: split.hasUnreleased ? 'unreleased' : 'stable',
    previousMemberEpoch: member.memberEpoch,
    memberEpoch: to.targetEpoch,
    assigned: split.assignedIn(to.targetEpoch),
    pendingRevocation: NOTHING,
  }
  // A member that waits and gets nothing new is as it was: nothing is written at each of its heartbeats.
  const isSame =
    member.state === next.state &&
    member.memberEpoch === next.memberEpoch &&
    split.added.size === 0 &&
    split.revoked.size === 0
  return isSame ? member : next
}

/** The target has not caught up with a change of subscription: what is wanted no more is given up at once. */
function withoutUnsubscribed(member: ConsumerMember, to: Reconciliation): ConsumerMember {
  const kept = new Map<string, ReadonlyMap<number, number>>()
  const revoked = new Map<string, ReadonlyMap<number, number>>()
  for (const [topicId, partitions] of member.assigned)
    (to.isSubscribed(topicId) ? kept : revoked).set(topicId, partitions)
  if (revoked.size === 0) return member
  if (to.owned !== null && !holdsAny(to.owned, revoked)) return { ...member, assigned: kept }
  return {
    ...member,
    state: 'unrevoked',
    previousMemberEpoch: member.memberEpoch,
    assigned: kept,
    pendingRevocation: revoked,
  }
}
