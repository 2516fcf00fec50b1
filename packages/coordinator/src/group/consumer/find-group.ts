/** The group that a member of the consumer protocol names: one there is, a new one, or one made of a classic group (KIP-848, migration). */
import { ErrorCode } from '@ottla/protocol'
import type { GroupShard } from '../group-shard.ts'
import type { Turn } from '../turn.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { JOIN_EPOCH } from './consumer-member.ts'
import { type ConsumerHeartbeat, notFound, type Refusal, refusal } from './heartbeat.ts'
import { upgrade } from './upgrade.ts'

export function consumerGroupFor(
  shard: GroupShard,
  turn: Turn,
  { groupId, memberEpoch }: ConsumerHeartbeat,
): ConsumerGroup | Refusal {
  const group = shard.groups.get(groupId)
  if (group?.kind === 'consumer') return group
  if (memberEpoch !== JOIN_EPOCH) return notFound(groupId, group)
  if (group === undefined) return new ConsumerGroup(shard.registry, groupId)
  if (group.kind !== 'classic') return notFound(groupId, group)
  if (group.isEmpty && group.pendingCount === 0) {
    turn.write({ kind: 'group', groupId, group: null })
    return new ConsumerGroup(shard.registry, groupId)
  }
  const upgraded = upgrade(group, turn)
  return typeof upgraded === 'string' ? refusal(ErrorCode.GROUP_ID_NOT_FOUND, upgraded) : upgraded
}
