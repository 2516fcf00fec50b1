/**
 * 35 DescribeLogDirs, versions 0–5, flexible from 2. Describes log directories and the replicas in them.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 2: flexible
 * - 3: an error for the whole answer
 * - 4: room of the volume
 * - 5: cordoned directories
 */

import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeLogDirsRequest = request(
  { key: 35, name: 'DescribeLogDirsRequest', versions: '0-5', flexible: '2+' },
  () => ({
    topics: array(
      struct({
        topic: string(),
        partitions: array(int32()),
      }),
      { nullable: '0+' },
    ),
  }),
)
export type DescribeLogDirsRequest = Value<typeof DescribeLogDirsRequest>

export const DescribeLogDirsResponse = response(
  { key: 35, name: 'DescribeLogDirsResponse', versions: '0-5', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '3+', ignorable: true }),
    results: array(
      struct({
        errorCode: int16(),
        logDir: string(),
        topics: array(
          struct({
            name: string(),
            partitions: array(
              struct({
                partitionIndex: int32(),
                partitionSize: int64(),
                offsetLag: int64(),
                isFutureKey: bool(),
              }),
            ),
          }),
        ),
        totalBytes: int64({ versions: '4+', default: -1, ignorable: true }),
        usableBytes: int64({ versions: '4+', default: -1, ignorable: true }),
        isCordoned: bool({ versions: '5+', ignorable: true }),
      }),
    ),
  }),
)
export type DescribeLogDirsResponse = Value<typeof DescribeLogDirsResponse>
