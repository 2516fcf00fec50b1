/**
 * DeleteRecords (key 21), versions 0 to 2.
 *
 * Moves the log start of partitions forward, to an offset or (with -1) to the high watermark; whole segments below it go. Only where
 * cleanup.policy has delete, else POLICY_VIOLATION; never on the coordinators' topics.
 */
import { DeleteRecordsRequest, DeleteRecordsResponse, ErrorCode } from '@ottla/protocol'
import { INTERNAL_TOPICS } from '../internal-topics.ts'
import type { Replica } from '../replica/replica.ts'
import { whenReady } from '../replica/when-ready.ts'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

const HIGH_WATERMARK = -1
const NO_LOW_WATERMARK = -1

export const deleteRecords = defineApi({
  key: 21,
  isExclusive: true,
  request: DeleteRecordsRequest,
  response: DeleteRecordsResponse,
  async handle(context, request) {
    const topics = request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map(async ({ partitionIndex, offset }) => {
          const replica = await findLeader(context, name, partitionIndex)
          const errorCode = typeof replica === 'number' ? replica : deleteBefore(replica, offset)
          const isDone = errorCode === ErrorCode.NONE && typeof replica !== 'number'
          return { partitionIndex, errorCode, lowWatermark: isDone ? replica.logStartOffset : NO_LOW_WATERMARK }
        }),
      ),
    }))
    return { topics: await Promise.all(topics) }
  },
})

/** The leader's replica, or an error code. */
async function findLeader(context: RequestContext, topic: string, partition: number): Promise<Replica | number> {
  if (INTERNAL_TOPICS.has(topic)) return ErrorCode.INVALID_TOPIC_EXCEPTION
  const { replica, error } = context.broker.replicas.find(topic, partition)
  if (replica === undefined) return error
  if (!replica.isReady) await whenReady(replica)
  const leaderError = replica.leaderError(-1)
  return leaderError === ErrorCode.NONE ? replica : leaderError
}

function deleteBefore(replica: Replica, asked: number): number {
  if (!replica.log.config.cleanupDelete) return ErrorCode.POLICY_VIOLATION
  const offset = asked === HIGH_WATERMARK ? replica.highWatermark : asked
  if (offset < 0 || offset > replica.highWatermark) return ErrorCode.OFFSET_OUT_OF_RANGE
  if (offset > replica.logStartOffset) replica.log.deleteRecordsBefore(offset)
  return ErrorCode.NONE
}
