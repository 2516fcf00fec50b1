/**
 * What members of the sticky assignors tell their leader beside their subscription, in Java's formats. `sticky` says what the member has
 * and since which generation (StickyAssignorUserData; version 0 lacks the generation and nothing tells versions apart but the length);
 * `cooperative-sticky` says the generation alone, since the subscription has the rest.
 */
import { ProtocolError, Reader, Writer } from '@ottla/protocol'
import { byTopic, type TopicPartition } from '../../topic-partition.ts'
import { compareText } from './assignor.ts'

export interface StickyUserData {
  readonly partitions: readonly TopicPartition[]
  /** null in version 0. */
  readonly generation: number | null
}

export function encodeStickyUserData({ partitions, generation }: StickyUserData): Buffer {
  const writer = new Writer()
  const topics = [...byTopic(partitions)].sort(([a], [b]) => compareText(a, b))
  writer.int32(topics.length)
  for (const [topic, ofTopic] of topics) {
    writer.string(topic)
    writer.int32(ofTopic.length)
    for (const { partition } of ofTopic) writer.int32(partition)
  }
  if (generation !== null) writer.int32(generation)
  return writer.toBuffer()
}

/** Throws ProtocolError when it is unreadable. */
export function decodeStickyUserData(bytes: Buffer): StickyUserData {
  const reader = new Reader(bytes)
  const partitions: TopicPartition[] = []
  for (let topics = reader.arrayCount(6); topics > 0; topics -= 1) {
    const topic = reader.string()
    for (let count = reader.arrayCount(4); count > 0; count -= 1) partitions.push({ topic, partition: reader.int32() })
  }
  return { partitions, generation: reader.remaining >= 4 ? reader.int32() : null }
}

export function encodeGeneration(generation: number): Buffer {
  const writer = new Writer()
  writer.int32(generation)
  return writer.toBuffer()
}

/** Throws ProtocolError when it is unreadable. */
export function decodeGeneration(bytes: Buffer): number {
  return new Reader(bytes).int32()
}

/** What cannot be read counts as nothing said: one member's bytes must not keep a group from its partitions. */
export function readable<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
