/**
 * 90 DescribeShareGroupOffsets, versions 0–1, always flexible. Gives the start offsets and lags of share groups.
 *
 * - 1: lag
 */

import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeShareGroupOffsetsRequest = request(
  { key: 90, name: 'DescribeShareGroupOffsetsRequest', versions: '0-1', flexible: '0+' },
  () => ({
    groups: array(
      struct({
        groupId: string(),
        topics: array(
          struct({
            topicName: string(),
            partitions: array(int32()),
          }),
          { nullable: '0+' },
        ),
      }),
    ),
  }),
)
export type DescribeShareGroupOffsetsRequest = Value<typeof DescribeShareGroupOffsetsRequest>

export const DescribeShareGroupOffsetsResponse = response(
  { key: 90, name: 'DescribeShareGroupOffsetsResponse', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    groups: array(
      struct({
        groupId: string(),
        topics: array(
          struct({
            topicName: string(),
            topicId: uuid(),
            partitions: array(
              struct({
                partitionIndex: int32(),
                startOffset: int64(),
                leaderEpoch: int32(),
                lag: int64({ versions: '1+', default: -1, ignorable: true }),
                errorCode: int16(),
                errorMessage: string({ nullable: '0+', default: null }),
              }),
            ),
          }),
        ),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      }),
    ),
  }),
)
export type DescribeShareGroupOffsetsResponse = Value<typeof DescribeShareGroupOffsetsResponse>
