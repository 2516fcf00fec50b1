/** Choosing the partition of a record. */
import type { Random } from '@ottla/env'
import { partitionForKey } from '@ottla/protocol'
import type { TopicMetadata } from '../metadata/cluster-metadata.ts'

/** What a partitioner may look at. */
export interface PartitionerInput {
  readonly topic: string
  /** As the caller gave them, before the codec. */
  readonly key: unknown
  readonly value: unknown
  readonly keyBytes: Buffer | null
  readonly valueBytes: Buffer | null
  readonly partitionCount: number
}

/** The number of a partition, 0 to `partitionCount - 1`; undefined leaves the choice to the default. */
export type Partitioner = (input: PartitionerInput) => number | undefined

/** Records without a key stay on one partition for this many bytes: the fuller the batches, the fewer the requests (KIP-480, KIP-794). */
export const STICKY_BYTES = 16_384

/** The partition that records without a key of one topic currently go to. */
export class StickyPartition {
  readonly #random: Random
  #partition = -1
  #bytes = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** The partition of the next record. Partitions without a leader are avoided while there are others. */
  next(topic: TopicMetadata, sizeBytes: number): number {
    const count = topic.partitions.length
    if (this.#bytes >= STICKY_BYTES || this.#partition < 0 || this.#partition >= count) this.#choose(topic)
    else if (topic.partitions[this.#partition]!.leader < 0) this.#choose(topic)
    this.#bytes += sizeBytes
    return this.#partition
  }

  #choose(topic: TopicMetadata): void {
    const available = topic.partitions.filter(({ leader }) => leader >= 0)
    const choices = available.length > 0 ? available : topic.partitions
    this.#bytes = 0
    if (choices.length === 1) this.#partition = choices[0]!.partition
    else {
      const others = choices.filter(({ partition }) => partition !== this.#partition)
      this.#partition = others[this.#random.below(others.length)]!.partition
    }
  }
}

/** Java's rule for records with a key: the same key goes to the same partition, from every client. */
export function partitionOfKey(key: Buffer, partitionCount: number): number {
  return partitionForKey(key, partitionCount)
}
