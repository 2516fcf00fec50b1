/**
 * 27 WriteTxnMarkers, versions 0–2, flexible from 1. A transaction coordinator has partition leaders write commit or abort
 * markers.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 0: before flexible versions; spoken by old brokers
 * - 2: the transaction version of the markers
 */

import { array, bool, int8, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const WriteTxnMarkersRequest = request(
  { key: 27, name: 'WriteTxnMarkersRequest', versions: '0-2', flexible: '1+' },
  () => ({
    markers: array(
      struct({
        producerId: int64(),
        producerEpoch: int16(),
        transactionResult: bool(),
        topics: array(
          struct({
            name: string(),
            partitionIndexes: array(int32()),
          }),
        ),
        coordinatorEpoch: int32(),
        transactionVersion: int8({ versions: '2+', ignorable: true }),
      }),
    ),
  }),
)
export type WriteTxnMarkersRequest = Value<typeof WriteTxnMarkersRequest>

export const WriteTxnMarkersResponse = response(
  { key: 27, name: 'WriteTxnMarkersResponse', versions: '0-2', flexible: '1+' },
  () => ({
    markers: array(
      struct({
        producerId: int64(),
        topics: array(
          struct({
            name: string(),
            partitions: array(
              struct({
                partitionIndex: int32(),
                errorCode: int16(),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
)
export type WriteTxnMarkersResponse = Value<typeof WriteTxnMarkersResponse>
