/** A topic as clients of a run know it. */
export interface ModelTopic {
  readonly name: string
  readonly id: string
  readonly partitions: number
}

/** One of its partitions. */
export interface ModelPartition {
  readonly topic: ModelTopic
  readonly partition: number
}
