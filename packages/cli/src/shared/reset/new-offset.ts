import type { TopicPartition } from '@ottla/client'

/** Where a group goes on with a partition. */
export interface NewOffset extends TopicPartition {
  readonly offset: number
}
