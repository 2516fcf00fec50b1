/** A partition of a topic, as share sessions and share groups name it. */
export interface TopicIdPartition {
  readonly topicId: string
  readonly partition: number
}

/** Tells partitions apart. */
export function partitionKey({ topicId, partition }: TopicIdPartition): string {
  return `${topicId}/${partition}`
}
