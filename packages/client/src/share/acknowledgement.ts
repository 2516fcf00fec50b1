/** What becomes of acquired records, and how the wire says it. */
import type { Init, ShareAcknowledgeRequest } from '@ottla/protocol'

/** The numbers of AcknowledgeTypes on the wire. A gap is an offset without a record. */
export const AcknowledgeType = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const
export type AcknowledgeType = (typeof AcknowledgeType)[keyof typeof AcknowledgeType]

export interface Acknowledgement {
  readonly offset: number
  readonly type: AcknowledgeType
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Adds one to those that wait. A request says one thing of each offset, or the broker refuses it whole: a renewal that still waits goes with what comes
 * after or beside it, and whoever asked for it hears the same.
 */
export function addAcknowledgement(waiting: Acknowledgement[], added: Acknowledgement): void {
  const at = waiting.findIndex(({ offset }) => offset === added.offset)
  const before = waiting[at]
  if (before === undefined) {
    waiting.push(added)
    return
  }
  waiting[at] = {
    offset: added.offset,
    type: added.type === AcknowledgeType.renew ? before.type : added.type,
    resolve: () => {
      before.resolve()
      added.resolve()
    },
    reject: (error) => {
      before.reject(error)
      added.reject(error)
    },
  }
}

type AcknowledgedPartition = NonNullable<
  NonNullable<Init<typeof ShareAcknowledgeRequest>['topics']>[number]['partitions']
>[number]
type Batches = NonNullable<AcknowledgedPartition['acknowledgementBatches']>

/** Runs of offsets, ascending; one type for a run in which all are alike. */
export function acknowledgementBatches(acknowledgements: readonly Acknowledgement[]): Batches {
  const sorted = [...acknowledgements].sort((a, b) => a.offset - b.offset)
  const batches: { firstOffset: number; lastOffset: number; acknowledgeTypes: number[] }[] = []
  for (const { offset, type } of sorted) {
    const last = batches.at(-1)
    if (last !== undefined && last.lastOffset + 1 === offset) {
      last.lastOffset = offset
      last.acknowledgeTypes.push(type)
    } else batches.push({ firstOffset: offset, lastOffset: offset, acknowledgeTypes: [type] })
  }
  return batches.map(({ acknowledgeTypes: types, ...range }) => ({
    ...range,
    acknowledgeTypes: types.every((type) => type === types[0]) ? types.slice(0, 1) : types,
  }))
}
