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

/** Takes all effect at once, except for being stored; `told` is called once, when that is done too. In the order of the request. */
export function acknowledgeAll(
  shares: ShareService,
  session: ShareSession,
  { topics, isRenewAck }: Acknowledgements,
  told: (acknowledged: readonly AcknowledgedPartition[]) => void,
): void {
  const rules = { isRenewAck, isRenewEnabled: shares.settings(session.groupId).isRenewEnabled }
  const acknowledged: AcknowledgedPartition[] = []
  let count = 0
  // One more than there are, until all were looked at.
  let open = 1
  const decided = (): void => {
    open -= 1
    if (open === 0) told(acknowledged)
  }
  for (const { topicId, partitions } of topics) {
    for (const { partitionIndex, acknowledgementBatches: batches } of partitions) {
      const of = { topicId, partition: partitionIndex }
      const problem = acknowledgementProblem(batches, rules)
      if (problem !== null) {
        acknowledged[count++] = { of, error: ErrorCode.INVALID_REQUEST, message: problem }
        continue
      }
      const at = count++
      open += 1
      shares.acknowledge(session, { of, batches }, ({ error, message }) => {
        acknowledged[at] = { of, error, message }
        decided()
      })
    }
  }
  decided()
}
