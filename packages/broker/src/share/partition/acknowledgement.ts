/** What members say of records that they acquired, and what is wrong with how they say it. */
import type { ShareAcknowledgeRequest } from '@ottla/protocol'

/** Of a record: not there after all, done, give it to somebody, never again, still busy with it (KIP-1222). */
export const AcknowledgeType = { GAP: 0, ACCEPT: 1, RELEASE: 2, REJECT: 3, RENEW: 4 } as const

export type AcknowledgementBatch =
  ShareAcknowledgeRequest['topics'][number]['partitions'][number]['acknowledgementBatches'][number]

/** What a request may contain. */
export interface AcknowledgementRules {
  /** It was announced as a renewal. */
  readonly isRenewAck: boolean
  /** The group lets its members renew (share.renew.acknowledge.enable). */
  readonly isRenewEnabled: boolean
}

/** The same is said of all from the first to the last offset, both inclusive. */
export interface Decision {
  readonly first: number
  readonly last: number
  /** One of AcknowledgeType. */
  readonly type: number
}

/** What batches without a problem say of records from an offset on, in order. Neighbours of which the same is said are one, however they were named. */
export function decisionsIn(batches: readonly AcknowledgementBatch[], fromOffset: number): Decision[] {
  const decisions: Decision[] = []
  let before = { first: -1, last: -1, type: -1 }
  for (const { firstOffset, lastOffset, acknowledgeTypes: types } of batches) {
    let first = Math.max(firstOffset, fromOffset)
    while (first <= lastOffset) {
      // One type may stand for all.
      const type = types.length === 1 ? types[0]! : types[first - firstOffset]!
      let last = types.length === 1 ? lastOffset : first
      while (last < lastOffset && types[last + 1 - firstOffset] === type) last += 1
      if (before.type === type && before.last + 1 === first) before.last = last
      else decisions.push((before = { first, last, type }))
      first = last + 1
    }
  }
  return decisions
}

/** Why batches of one partition make no sense; null when they do. */
export function acknowledgementProblem(
  batches: readonly AcknowledgementBatch[],
  rules: AcknowledgementRules,
): string | null {
  let previousLast = -1
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    if (firstOffset > lastOffset) return `The first offset ${firstOffset} is above the last offset ${lastOffset}.`
    if (firstOffset <= previousLast)
      return `The batch at offset ${firstOffset} overlaps the one before, or is out of order.`
    const count = acknowledgeTypes.length
    if (count === 0) return `The batch at offset ${firstOffset} says nothing of its records.`
    if (count > 1 && count !== lastOffset - firstOffset + 1) {
      return `The batch at offset ${firstOffset} has ${count} acknowledge types for ${lastOffset - firstOffset + 1} records.`
    }
    for (const type of acknowledgeTypes) {
      const problem = typeProblem(type, rules)
      if (problem !== null) return problem
    }
    previousLast = lastOffset
  }
  return null
}

function typeProblem(type: number, { isRenewAck, isRenewEnabled }: AcknowledgementRules): string | null {
  if (type < AcknowledgeType.GAP || type > AcknowledgeType.RENEW) return `There is no acknowledge type ${type}.`
  if (type !== AcknowledgeType.RENEW) return null
  if (!isRenewAck) return 'A record is renewed in a request that does not announce it.'
  return isRenewEnabled ? null : 'The group does not let its members renew.'
}
