/**
 * 79 ShareAcknowledge, versions 1–2, always flexible. Acknowledges records of a share group.
 *
 * - 1: first stable version
 * - 2: renewal of locks
 */

import { array, bool, int8, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ShareAcknowledgeRequest = request(
  { key: 79, name: 'ShareAcknowledgeRequest', versions: '1-2', flexible: '1+' },
  () => ({
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+' }),
    shareSessionEpoch: int32(),
    isRenewAck: bool({ versions: '2+' }),
    topics: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            acknowledgementBatches: array(
              struct({
                firstOffset: int64(),
                lastOffset: int64(),
                acknowledgeTypes: array(int8()),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
)
export type ShareAcknowledgeRequest = Value<typeof ShareAcknowledgeRequest>

export const ShareAcknowledgeResponse = response(
  { key: 79, name: 'ShareAcknowledgeResponse', versions: '1-2', flexible: '1+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32({ versions: '2+', ignorable: true }),
    responses: array(
      struct({
        topicId: uuid(),
        partitions: array(
          struct({
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
            currentLeader: struct({
              leaderId: int32(),
              leaderEpoch: int32(),
            }),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      struct({
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: '0+', default: null }),
      }),
    ),
  }),
)
export type ShareAcknowledgeResponse = Value<typeof ShareAcknowledgeResponse>
