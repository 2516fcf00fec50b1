/** The bytes of the records of `__share_group_state`, in Kafka's format. */
import {
  decodeCoordinatorKey,
  decodeCoordinatorValue,
  encodeCoordinatorRecord,
  ProtocolError,
  SHARE_RECORDS,
  ShareSnapshotValue,
  ShareUpdateValue,
} from '@ottla/protocol'
import type { NewRecord, StoredRecord } from '../ports.ts'
import type { SharePartitionKey, ShareState } from './share-state.ts'
import type { StateBatch } from './state-batches.ts'

/** What changed since the last snapshot. */
export interface ShareUpdate {
  readonly key: SharePartitionKey
  readonly snapshotEpoch: number
  /** -1: as before. */
  readonly leaderEpoch: number
  /** -1: as before. */
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly batches: readonly StateBatch[]
}

export type ShareStateRecord =
  | { readonly kind: 'snapshot'; readonly state: ShareState }
  | { readonly kind: 'update'; readonly update: ShareUpdate }
  | { readonly kind: 'tombstone'; readonly key: SharePartitionKey }

export function encodeShareStateRecord(record: ShareStateRecord): NewRecord {
  switch (record.kind) {
    case 'snapshot': {
      const { key, batches, createTimestampMs, writeTimestampMs, ...rest } = record.state
      return encodeCoordinatorRecord(SHARE_RECORDS, {
        kind: 'ShareSnapshot',
        key,
        version: 0,
        value: {
          snapshotEpoch: rest.snapshotEpoch,
          stateEpoch: rest.stateEpoch,
          leaderEpoch: rest.leaderEpoch,
          startOffset: rest.startOffset,
          deliveryCompleteCount: rest.deliveryCompleteCount,
          createTimestamp: createTimestampMs,
          writeTimestamp: writeTimestampMs,
          stateBatches: batches,
        },
      })
    }
    case 'update': {
      const { key, batches, ...rest } = record.update
      return encodeCoordinatorRecord(SHARE_RECORDS, {
        kind: 'ShareUpdate',
        key,
        version: 0,
        value: { ...rest, stateBatches: batches },
      })
    }
    case 'tombstone':
      return encodeCoordinatorRecord(SHARE_RECORDS, { kind: 'ShareSnapshot', key: record.key, value: null })
  }
}

/** A record that is not taken over: of a type or version that is not known, or damaged. It stays in the log. */
export interface SkippedRecord {
  readonly kind: 'skipped'
  readonly reason: string
}

export function decodeShareStateRecord({ key, value }: StoredRecord): ShareStateRecord | SkippedRecord {
  if (key === null) return { kind: 'skipped', reason: 'no key' }
  try {
    const decoded = decodeCoordinatorKey(SHARE_RECORDS, key)
    if (decoded.kind === 'unknown') return { kind: 'skipped', reason: `type ${decoded.type}` }
    const { groupId, topicId, partition } = decoded.key
    const sharePartition = { groupId, topicId, partition }
    if (value === null)
      return decoded.kind === 'ShareSnapshot'
        ? { kind: 'tombstone', key: sharePartition }
        : { kind: 'skipped', reason: 'an update without a value' }
    return decoded.kind === 'ShareSnapshot'
      ? snapshotOf(sharePartition, decodeCoordinatorValue(ShareSnapshotValue, value).value)
      : updateOf(sharePartition, decodeCoordinatorValue(ShareUpdateValue, value).value)
  } catch (error) {
    if (error instanceof ProtocolError) return { kind: 'skipped', reason: error.message }
    throw error
  }
}

function snapshotOf(key: SharePartitionKey, value: ShareSnapshotValue): ShareStateRecord {
  const { snapshotEpoch, stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount } = value
  const state = {
    key,
    snapshotEpoch,
    stateEpoch,
    leaderEpoch,
    startOffset,
    deliveryCompleteCount,
    batches: batchesOf(value.stateBatches),
    createTimestampMs: value.createTimestamp,
    writeTimestampMs: value.writeTimestamp,
  }
  return { kind: 'snapshot', state }
}

function updateOf(key: SharePartitionKey, value: ShareUpdateValue): ShareStateRecord {
  const { snapshotEpoch, leaderEpoch, startOffset, deliveryCompleteCount } = value
  const batches = batchesOf(value.stateBatches)
  return { kind: 'update', update: { key, snapshotEpoch, leaderEpoch, startOffset, deliveryCompleteCount, batches } }
}

function batchesOf(batches: readonly StateBatch[]): StateBatch[] {
  return batches.map(({ firstOffset, lastOffset, deliveryState, deliveryCount }) => ({
    firstOffset,
    lastOffset,
    deliveryState,
    deliveryCount,
  }))
}
