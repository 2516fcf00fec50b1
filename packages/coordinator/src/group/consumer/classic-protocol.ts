/** What members of the classic protocol send and get as bytes: subscriptions and assignments of Kafka's consumers. */
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decodeVersioned,
  encodeVersioned,
  ProtocolError,
} from '@ottla/protocol'
import type { TopicLookup } from '../../ports.ts'
import type { PartitionsByTopic } from '../assignor/assignor.ts'
import { type ConsumerMember, partitionsOf } from './consumer-member.ts'

export type ClassicSubscription = ReturnType<typeof decodeSubscription>

/** null: not a subscription. What the client's assignor says in it for its own use is left aside. */
export function readSubscription(metadata: Buffer): NonNullable<ClassicSubscription> | null {
  try {
    return decodeSubscription(metadata)
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof RangeError) return null
    throw error
  }
}

function decodeSubscription(metadata: Buffer) {
  return decodeVersioned(ConsumerProtocolSubscription, metadata, 'accept-newer').value
}

/** By topic id. Topics that are gone are left out. null: not an assignment, or one in which a client's own assignor says more than the coordinator could keep. */
export function readAssignment(bytes: Buffer, topics: TopicLookup): PartitionsByTopic | null {
  if (bytes.length === 0) return new Map()
  try {
    const { assignedPartitions, userData } = decodeVersioned(ConsumerProtocolAssignment, bytes, 'accept-newer').value
    return userData !== null && userData.length > 0 ? null : partitionsById(assignedPartitions, topics)
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof RangeError) return null
    throw error
  }
}

export function partitionsById(
  named: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  topics: TopicLookup,
): PartitionsByTopic {
  return new Map(
    named.flatMap(({ topic, partitions }): [string, number[]][] => {
      const topicId = topics.idOf(topic)
      return topicId === undefined ? [] : [[topicId, [...partitions].sort((a, b) => a - b)]]
    }),
  )
}

/** The assignment as the member's client reads it, in the version of its subscription. */
export function assignmentBytes(member: ConsumerMember, topics: TopicLookup): Buffer {
  const { max } = ConsumerProtocolAssignment.versions
  const metadata = member.classic?.protocols[0]?.metadata
  const version = metadata === undefined || metadata.length < 2 ? 0 : Math.min(metadata.readInt16BE(0), max)
  const assignedPartitions = partitionsOf(member.assigned).flatMap(({ topicId, partitions }) => {
    const topic = topics.nameOf(topicId)
    return topic === undefined ? [] : [{ topic, partitions }]
  })
  return encodeVersioned(ConsumerProtocolAssignment, version, { assignedPartitions, userData: null })
}
