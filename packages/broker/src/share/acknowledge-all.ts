/** What one request says of records in many partitions. */
import { ErrorCode } from '@ottla/protocol'
import { type AcknowledgementBatch, acknowledgementProblem } from './partition/acknowledgement.ts'
import type { TopicIdPartition } from './share-partition-key.ts'
import type { ShareService } from './share-service.ts'
import type { ShareSession } from './share-sessions.ts'

export interface AcknowledgedPartition {
  readonly of: TopicIdPartition
  readonly error: number
  readonly message: string
}

export interface Acknowledgements {
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly acknowledgementBatches: readonly AcknowledgementBatch[]
    }[]
  }[]
  readonly isRenewAck: boolean
}

/** Takes all effect at once, except for being stored; resolves when that is done too. In the order of the request. */
export function acknowledgeAll(
  shares: ShareService,
  session: ShareSession,
  { topics, isRenewAck }: Acknowledgements,
): Promise<AcknowledgedPartition[]> {
  const rules = { isRenewAck, isRenewEnabled: shares.settings(session.groupId).isRenewEnabled }
  const decided = topics.flatMap(({ topicId, partitions }) =>
    partitions.map(async ({ partitionIndex: partition, acknowledgementBatches }): Promise<AcknowledgedPartition> => {
      const of = { topicId, partition }
      const problem = acknowledgementProblem(acknowledgementBatches, rules)
      if (problem !== null) return { of, error: ErrorCode.INVALID_REQUEST, message: problem }
      return { of, ...(await shares.acknowledge(session, of, acknowledgementBatches)) }
    }),
  )
  return Promise.all(decided)
}
