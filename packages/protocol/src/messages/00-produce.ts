/**
 * 0 Produce, versions 3–13, flexible from 9. Appends record batches to partitions. One batch of format v2 per partition.
 *
 * - 3: transactional id
 * - 4: no change; answers may carry KAFKA_STORAGE_ERROR
 * - 7: zstd batches may be sent
 * - 8: errors per record, and a message
 * - 9: flexible
 * - 10: the current leader comes with an error about leadership
 * - 11: TRANSACTION_ABORTABLE may be answered
 * - 12: the partition joins the transaction implicitly (KIP-890)
 * - 13: topic ids in place of names
 */

import { array, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ProduceRequest = request({ key: 0, name: 'ProduceRequest', versions: '3-13', flexible: '9+' }, () => ({
  transactionalId: string({ nullable: '0+', default: null }),
  acks: int16(),
  timeoutMs: int32(),
  topicData: array(
    struct({
      name: string({ versions: '3-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionData: array(
        struct({
          index: int32(),
          records: records({ nullable: '0+' }),
        }),
      ),
    }),
  ),
}))
export type ProduceRequest = Value<typeof ProduceRequest>

export const ProduceResponse = response({ key: 0, name: 'ProduceResponse', versions: '3-13', flexible: '9+' }, () => ({
  responses: array(
    struct({
      name: string({ versions: '3-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionResponses: array(
        struct({
          index: int32(),
          errorCode: int16(),
          baseOffset: int64(),
          logAppendTimeMs: int64({ default: -1 }),
          logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
          recordErrors: array(
            struct({
              batchIndex: int32(),
              batchIndexErrorMessage: string({ nullable: '0+', default: null }),
            }),
            { versions: '8+', ignorable: true },
          ),
          errorMessage: string({ versions: '8+', nullable: '0+', default: null, ignorable: true }),
          currentLeader: struct(
            {
              leaderId: int32({ default: -1 }),
              leaderEpoch: int32({ default: -1 }),
            },
            { versions: '10+', tag: 0 },
          ),
        }),
      ),
    }),
  ),
  throttleTimeMs: int32(),
  nodeEndpoints: array(
    struct({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: '0+', default: null }),
    }),
    { versions: '10+', tag: 0 },
  ),
}))
export type ProduceResponse = Value<typeof ProduceResponse>
