/**
 * The bytes of the records of `__consumer_offsets`, in Kafka's format. Written: OffsetCommit version 1 when it expires at a set
 * time, 4 when it carries a topic id, 3 otherwise; GroupMetadata version 3. Read: all versions of all record types that
 * are known; what is not known is skipped, and stays in the log.
 */
import {
  decodeCoordinatorKey,
  decodeCoordinatorValue,
  encodeCoordinatorRecord,
  GROUP_RECORDS,
  GroupMetadataValue,
  type GroupRecordInit,
  type KeyOf,
  LegacyOffsetCommitValue,
  OffsetCommitValue,
  ProtocolError,
  type Schema,
  ZERO_UUID,
} from '@ottla/protocol'
import { AssertionError } from '@ottla/stdx'
import type { NewRecord, StoredRecord } from '../ports.ts'
import type { CommittedOffset, GroupRecord, Producer } from './group-record.ts'
import type { ModernRecord } from './modern/modern-record.ts'

const GROUP_METADATA_VERSION = 3
const MODERN_VERSION = 0

export function encodeGroupRecord(record: GroupRecord): NewRecord {
  switch (record.kind) {
    case 'offset':
      return encodeOffset(record)
    case 'group': {
      const key = { group: record.groupId }
      const { group: value } = record
      return value === null
        ? encodeCoordinatorRecord(GROUP_RECORDS, { kind: 'GroupMetadata', key, value })
        : encodeCoordinatorRecord(GROUP_RECORDS, { kind: 'GroupMetadata', key, version: GROUP_METADATA_VERSION, value })
    }
    case 'marker':
      throw new AssertionError('markers are control batches')
    default:
      return encodeModern(record)
  }
}

/** All values of these records have one version so far. */
function encodeModern({ kind, key, value }: ModernRecord): NewRecord {
  const record = value === null ? { kind, key, value } : { kind, key, value, version: MODERN_VERSION }
  return encodeCoordinatorRecord(GROUP_RECORDS, record as GroupRecordInit)
}

function encodeOffset(record: Extract<GroupRecord, { kind: 'offset' }>): NewRecord {
  const key = { group: record.groupId, topic: record.topic, partition: record.partition }
  if (record.offset === null) return encodeCoordinatorRecord(GROUP_RECORDS, { kind: 'OffsetCommit', key, value: null })
  const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId } = record.offset
  return encodeCoordinatorRecord(GROUP_RECORDS, {
    kind: 'OffsetCommit',
    key,
    version: offsetCommitVersion(record.offset),
    value: {
      offset,
      leaderEpoch,
      metadata,
      commitTimestamp: commitTimestampMs,
      expireTimestamp: expireTimestampMs,
      topicId,
    },
  })
}

/** The highest version that old readers know too, unless what it has to say needs another. */
function offsetCommitVersion({ expireTimestampMs, topicId }: CommittedOffset): number {
  if (expireTimestampMs !== -1) return 1
  return topicId === ZERO_UUID ? 3 : 4
}

/** A record that is not taken over: of a type or version that came later, or damaged. */
export interface SkippedRecord {
  readonly kind: 'skipped'
  readonly reason: string
}

export type DecodedRecord = GroupRecord | SkippedRecord

export function decodeGroupRecord(record: StoredRecord, producer?: Producer): DecodedRecord {
  if (record.key === null) return { kind: 'skipped', reason: 'no key' }
  try {
    const key = decodeCoordinatorKey(GROUP_RECORDS, record.key)
    if (key.kind === 'unknown') return { kind: 'skipped', reason: `type ${key.type}` }
    return decodeKnown(key, record.value, producer)
  } catch (error) {
    if (error instanceof ProtocolError) return { kind: 'skipped', reason: error.message }
    throw error
  }
}

type GroupKey = KeyOf<typeof GROUP_RECORDS>

function decodeKnown(key: GroupKey, value: Buffer | null, producer: Producer | undefined): DecodedRecord {
  switch (key.kind) {
    case 'OffsetCommit':
    case 'LegacyOffsetCommit': {
      const { group: groupId, topic, partition } = key.key
      const offset = value === null ? null : offsetOf(key.kind, value)
      return { kind: 'offset', groupId, topic, partition, offset, ...(producer === undefined ? {} : { producer }) }
    }
    case 'GroupMetadata': {
      const group = value === null ? null : decodeCoordinatorValue(GroupMetadataValue, value).value
      return { kind: 'group', groupId: key.key.group, group }
    }
    default: {
      const decoded =
        value === null ? null : decodeCoordinatorValue(GROUP_RECORDS[key.kind].value as Schema, value).value
      return { ...key, value: decoded } as ModernRecord
    }
  }
}

/** A value's version says which of the two forms it has; type 0 is the key of the oldest. */
function offsetOf(kind: 'OffsetCommit' | 'LegacyOffsetCommit', buffer: Buffer): CommittedOffset {
  if (kind === 'LegacyOffsetCommit' && buffer.readInt16BE(0) === 0) {
    const { offset, metadata, commitTimestamp } = decodeCoordinatorValue(LegacyOffsetCommitValue, buffer).value
    return {
      offset,
      leaderEpoch: -1,
      metadata,
      commitTimestampMs: commitTimestamp,
      expireTimestampMs: -1,
      topicId: ZERO_UUID,
    }
  }
  const value = decodeCoordinatorValue(OffsetCommitValue, buffer).value
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
  }
}
