/**
 * Type 5. What changed in one partition; what did not is left out. A leader of −2 is no change, −1 is no leader. Versions 0–2,
 * always flexible.
 */

import { array, int8, int32, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const PartitionChangeRecord = metadataRecord(
  { key: 5, name: 'PartitionChangeRecord', versions: '0-2', flexible: '0+' },
  () => ({
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: array(int32(), { nullable: '0+', tag: 0, default: null }),
    leader: int32({ tag: 1, default: -2 }),
    replicas: array(int32(), { nullable: '0+', tag: 2, default: null }),
    removingReplicas: array(int32(), { nullable: '0+', tag: 3, default: null }),
    addingReplicas: array(int32(), { nullable: '0+', tag: 4, default: null }),
    leaderRecoveryState: int8({ tag: 5, default: -1 }),
    directories: array(uuid(), { versions: '1+', nullable: '0+', tag: 8, default: null }),
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '0+', tag: 6, default: null }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: '0+', tag: 7, default: null }),
  }),
)
export type PartitionChangeRecord = Value<typeof PartitionChangeRecord>
