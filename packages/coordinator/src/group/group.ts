import type { ClassicGroup } from './classic/classic-group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { ShareGroup } from './share/share-group.ts'
import type { StreamsGroup } from './streams/streams-group.ts'

/**
 * A group of any type: a classic one, or one that is a `ModernGroup`. What all types answer alike: `groupId`, `isEmpty`,
 * `protocolType`, `isSubscribedTo`.
 */
export type Group = ClassicGroup | ConsumerGroup | ShareGroup | StreamsGroup
