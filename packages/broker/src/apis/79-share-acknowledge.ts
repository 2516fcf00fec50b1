/**
 * ShareAcknowledge (key 79), versions 1 and 2 (KIP-932).
 *
 * A member of a share group says what became of records that it acquired, without fetching more. Answered when that is stored, with an error
 * code for each partition: all that is said of a partition is accepted, or nothing. Session epoch -1 ends the share session: what the
 * member still holds goes to others. Version 2: renewal of locks (KIP-1222).
 */
import { ApiError, ErrorCode, ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '@ottla/protocol'
import { LeaderHints } from '../fetch/leader-hint.ts'
import { type AcknowledgedPartition, acknowledgeAll } from '../share/acknowledge-all.ts'
import { FINAL_EPOCH, INITIAL_EPOCH } from '../share/share-sessions.ts'
import { shareVersion } from '../share/share-settings.ts'
import { defineApi } from './handler.ts'

export const shareAcknowledge = defineApi({
  key: 79,
  request: ShareAcknowledgeRequest,
  response: ShareAcknowledgeResponse,
  async handle(context, request) {
    const { shares } = context.broker
    const { groupId, memberId, shareSessionEpoch: epoch, isRenewAck, topics } = request
    if (shareVersion(context.broker) === 0) throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'Share groups are off.')
    if (!groupId || !memberId) throw new ApiError(ErrorCode.INVALID_REQUEST, 'There is no group id, or no member id.')
    if (epoch === INITIAL_EPOCH) {
      throw new ApiError(ErrorCode.INVALID_SHARE_SESSION_EPOCH, 'A share session begins with a fetch.')
    }
    const outcome = shares.sessions.use({ groupId, memberId, epoch, connectionId: context.session.connectionId })
    if (outcome.kind === 'refused') throw new ApiError(outcome.error, outcome.message)
    const { session } = outcome
    const stored = new Promise<readonly AcknowledgedPartition[]>((resolve) => {
      acknowledgeAll(shares, session, { topics, isRenewAck }, resolve)
    })
    if (epoch === FINAL_EPOCH) shares.sessions.close(session)
    const hints = new LeaderHints(context)
    const responses = new Map<string, ReturnType<typeof partitionData>[]>()
    for (const { of, error, message } of await stored) {
      const data = partitionData(of.partition, error, message)
      const partitions = responses.get(of.topicId)
      const hinted = { ...data, ...hint(hints, of.topicId, data) }
      if (partitions === undefined) responses.set(of.topicId, [hinted])
      else partitions.push(hinted)
    }
    return {
      acquisitionLockTimeoutMs: shares.settings(groupId).lockDurationMs,
      responses: Array.from(responses, ([topicId, partitions]) => ({ topicId, partitions })),
      nodeEndpoints: hints.endpoints,
    }
  },
})

function partitionData(partitionIndex: number, errorCode: number, message: string) {
  return { partitionIndex, errorCode, errorMessage: errorCode === ErrorCode.NONE ? null : message }
}

function hint(hints: LeaderHints, topicId: string, { partitionIndex, errorCode }: ReturnType<typeof partitionData>) {
  const currentLeader = hints.of(topicId, partitionIndex, errorCode)
  return currentLeader === undefined ? undefined : { currentLeader }
}
