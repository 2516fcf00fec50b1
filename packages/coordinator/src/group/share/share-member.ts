import type { PartitionsByTopic } from '../assignor/assignor.ts'

/** A member of a share group. Never changed in place. */
export interface ShareMember {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Sorted, none twice. */
  readonly topicNames: readonly string[]
  /** 0: it has not been given an assignment yet. */
  readonly epoch: number
  /** The epoch before: its answer may have been lost. */
  readonly previousEpoch: number
  readonly assigned: PartitionsByTopic
}

export const NO_PARTITIONS: PartitionsByTopic = new Map()

export function isSameAssignment(left: PartitionsByTopic, right: PartitionsByTopic): boolean {
  if (left.size !== right.size) return false
  for (const [topicId, partitions] of left) {
    const others = right.get(topicId)
    if (others === undefined || others.length !== partitions.length) return false
    if (partitions.some((partition, at) => partition !== others[at])) return false
  }
  return true
}

export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export function topicPartitionsOf(assignment: PartitionsByTopic): TopicPartitions[] {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] }))
}

export function assignmentOf(topics: readonly TopicPartitions[]): PartitionsByTopic {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, [...partitions].sort((a, b) => a - b)]))
}
