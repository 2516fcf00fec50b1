/** How a group of each type begins, when the first of its records is replayed. */
import type { SnapshotRegistry } from '@ottla/stdx'
import { ConsumerGroup } from './consumer/consumer-group.ts'
import type { Group } from './group.ts'
import type { ModernType } from './modern/modern-record.ts'
import { ShareGroup } from './share/share-group.ts'
import { StreamsGroup } from './streams/streams-group.ts'

export const GROUP_TYPES: Readonly<Record<ModernType, (registry: SnapshotRegistry, groupId: string) => Group>> = {
  consumer: (registry, groupId) => new ConsumerGroup(registry, groupId),
  share: (registry, groupId) => new ShareGroup(registry, groupId),
  streams: (registry, groupId) => new StreamsGroup(registry, groupId),
}
