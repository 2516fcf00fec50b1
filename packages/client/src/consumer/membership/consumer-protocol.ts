/** What members of a classic group tell each other through the broker: subscriptions up, assignments down (Java's formats, versions 0 to 3). */
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  codecOf,
  ProtocolError,
  Reader,
  type Schema,
  Writer,
} from '@ottla/protocol'
import { byTopic, type TopicPartition } from '../../topic-partition.ts'
import type { GroupMember } from '../assignors/assignor.ts'

/** protocol type of groups of consumers. */
export const CONSUMER_PROTOCOL = 'consumer'

export interface Subscription {
  readonly topics: readonly string[]
  readonly ownedPartitions: readonly TopicPartition[]
  readonly generation: number
  readonly rack: string | null
  readonly userData: Buffer | null
}

/** The newest version; older members read what they know of it, since each version only adds fields at the end. */
const VERSION = 3

export function encodeSubscription(subscription: Subscription): Buffer {
  const writer = startVersioned()
  codecOf(ConsumerProtocolSubscription, VERSION).encode(writer, {
    topics: [...subscription.topics].sort(),
    userData: subscription.userData,
    ownedPartitions: grouped(subscription.ownedPartitions),
    generationId: subscription.generation,
    rackId: subscription.rack,
  })
  return writer.toBuffer()
}

/** The member that a subscription describes. Throws ProtocolError when it is unreadable. */
export function decodeMember(member: {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}): GroupMember {
  const { reader, version } = openVersioned(member.metadata, ConsumerProtocolSubscription)
  const subscription = codecOf(ConsumerProtocolSubscription, version).decode(reader)
  return {
    memberId: member.memberId,
    instanceId: member.groupInstanceId,
    rack: subscription.rackId === '' ? null : subscription.rackId,
    topics: subscription.topics,
    ownedPartitions: flat(subscription.ownedPartitions),
    generation: subscription.generationId,
    userData: subscription.userData,
  }
}

export function encodeAssignment(partitions: readonly TopicPartition[], userData: Buffer | null = null): Buffer {
  const writer = startVersioned()
  codecOf(ConsumerProtocolAssignment, VERSION).encode(writer, { assignedPartitions: grouped(partitions), userData })
  return writer.toBuffer()
}

/** Partitions of an assignment; none for no bytes at all. Throws ProtocolError when it is unreadable. */
export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return []
  const { reader, version } = openVersioned(bytes, ConsumerProtocolAssignment)
  return flat(codecOf(ConsumerProtocolAssignment, version).decode(reader).assignedPartitions)
}

function startVersioned(): Writer {
  const writer = new Writer()
  writer.int16(VERSION)
  return writer
}

/** A version that is newer than ours begins with what we know. */
function openVersioned(bytes: Buffer, schema: Schema): { reader: Reader; version: number } {
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (version < 0) throw new ProtocolError('MALFORMED', `${schema.name} of version ${version}`)
  return { reader, version: Math.min(version, VERSION) }
}

function grouped(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return [...byTopic(partitions)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition }) => partition),
  }))
}

function flat(topics: readonly { topic: string; partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}
