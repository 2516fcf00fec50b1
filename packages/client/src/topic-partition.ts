/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** `topic-partition`, as Kafka writes it; unique, since the number has no dash. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Groups items by topic, in the order of their first appearance. */
export function byTopic<T extends TopicPartition>(items: Iterable<T>): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(item.topic)
    if (group === undefined) groups.set(item.topic, [item])
    else group.push(item)
  }
  return groups
}
