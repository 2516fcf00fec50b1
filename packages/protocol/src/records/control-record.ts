/**
 * Control records: transaction markers, and what the quorum writes into its log and snapshots. Each is the only record of its batch;
 * consumers skip it, but it takes an offset.
 */

import { malformed } from '../wire/protocol-error.ts'
import { BatchBuilder, type BatchOptions } from './batch-builder.ts'
import { int16At, int32At, setInt16At, setInt32At } from './int64-at.ts'

/** The type in the key of a control record. */
export const ControlRecordType = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const

export type ControlRecordType = (typeof ControlRecordType)[keyof typeof ControlRecordType]

/** Any number that is in no table of ours: written by a newer release, to be skipped. */
export const UNKNOWN_CONTROL_RECORD = -1

const KEY_BYTES = 4
const MARKER_VALUE_BYTES = 6
const VERSION = 0

export interface TransactionMarker {
  readonly type: typeof ControlRecordType.abort | typeof ControlRecordType.commit
  /** Epoch of the transaction coordinator that writes it. */
  readonly coordinatorEpoch: number
  readonly producerId: number
  readonly producerEpoch: number
  /** Milliseconds. */
  readonly timestamp: number
}

export interface ControlBatchOptions
  extends Pick<
    BatchOptions,
    'baseOffset' | 'partitionLeaderEpoch' | 'producerId' | 'producerEpoch' | 'transactional' | 'deleteHorizon'
  > {
  readonly type: ControlRecordType
  /** For types of the quorum the message with its version in front, as the schemas of messages/raft have it. */
  readonly value: Uint8Array
  /** Milliseconds. */
  readonly timestamp: number
}

/** A batch with one control record. */
export function controlBatch(options: ControlBatchOptions): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  setInt16At(key, 0, VERSION)
  setInt16At(key, 2, options.type)
  const builder = new BatchBuilder({ ...options, control: true, initialBytes: 128 })
  builder.append({ key, value: options.value, timestamp: options.timestamp })
  return builder.build()
}

/** A batch with the marker that ends a transaction on a partition. */
export function transactionMarkerBatch(
  marker: TransactionMarker,
  at: Pick<BatchOptions, 'baseOffset' | 'partitionLeaderEpoch'> = {},
): Buffer {
  const value = Buffer.alloc(MARKER_VALUE_BYTES)
  setInt16At(value, 0, VERSION)
  setInt32At(value, 2, marker.coordinatorEpoch)
  const { type, producerId, producerEpoch, timestamp } = marker
  return controlBatch({ ...at, type, value, producerId, producerEpoch, timestamp, transactional: true })
}

/** The type of a control record, by its key; {@link UNKNOWN_CONTROL_RECORD} for one that we do not know. Throws ProtocolError MALFORMED. */
export function controlRecordTypeOf(key: Uint8Array | null): ControlRecordType | typeof UNKNOWN_CONTROL_RECORD {
  if (key === null || key.length < KEY_BYTES) malformed('key of a control record is too short')
  const version = int16At(key, 0)
  if (version < 0) malformed(`key of a control record has version ${version}`)
  const type = int16At(key, 2)
  return type >= ControlRecordType.abort && type <= ControlRecordType.kraftVoters
    ? (type as ControlRecordType)
    : UNKNOWN_CONTROL_RECORD
}

/** The epoch of the coordinator in the value of a transaction marker. Throws ProtocolError MALFORMED. */
export function coordinatorEpochOf(value: Uint8Array | null): number {
  if (value === null || value.length < MARKER_VALUE_BYTES) malformed('value of a transaction marker is too short')
  const version = int16At(value, 0)
  if (version < 0) malformed(`value of a transaction marker has version ${version}`)
  return int32At(value, 2)
}
