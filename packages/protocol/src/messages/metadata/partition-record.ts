/**
 * Type 3. The whole state of one partition. Versions 0–2, always flexible.
 */

import { array, int8, int32, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const PartitionRecord = metadataRecord(
  { key: 3, name: 'PartitionRecord', versions: '0-2', flexible: '0+' },
  () => ({
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ default: -1 }),
    leaderRecoveryState: int8({ tag: 0 }),
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { versions: '1+' }),
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '0+', tag: 1, default: null }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: '0+', tag: 2, default: null }),
  }),
)
export type PartitionRecord = Value<typeof PartitionRecord>
