/** How a group of each type begins, when the first of its records is replayed. */
import type { SnapshotRegistry } from '@ottla/stdx'
import { ConsumerGroup } from './consumer/consumer-group.ts'
import type { Group } from './group.ts'
import type { ModernType } from './modern/modern-record.ts'
import { ReservedGroup } from './reserved-group.ts'
import { StreamsGroup } from './streams/streams-group.ts'

export const GROUP_TYPES: Readonly<Record<ModernType, (registry: SnapshotRegistry, groupId: string) => Group>> = {
  consumer: (registry, groupId) => new ConsumerGroup(registry, groupId),
  share: (registry, groupId) => new ReservedGroup(registry, groupId, 'share'),
  streams: (registry, groupId) => new StreamsGroup(registry, groupId),
}
