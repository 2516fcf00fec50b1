/** One topic while records are applied to it: the list of partitions is copied once, however many of them change. */
import { assert } from '@ottla/stdx'
import type { TopicDelta } from './metadata-delta.ts'
import type { PartitionImage, TopicImage } from './topics-image.ts'

export class TopicBuilder {
  readonly name: string
  readonly #id: string
  readonly #isNew: boolean
  readonly #partitions: PartitionImage[]
  readonly #changed = new Set<number>()

  constructor({ name, topicId }: { readonly name: string; readonly topicId: string }, from?: TopicImage) {
    this.name = name
    this.#id = topicId
    this.#isNew = from === undefined
    this.#partitions = from === undefined ? [] : [...from.partitions]
  }

  get(partition: number): PartitionImage | undefined {
    return this.#partitions[partition]
  }

  set(partition: number, image: PartitionImage): void {
    this.#partitions[partition] = image
    this.#changed.add(partition)
  }

  clearElr(): void {
    for (const [id, partition] of this.#partitions.entries()) {
      if (partition.eligibleLeaderReplicas.length + partition.lastKnownElr.length === 0) continue
      this.set(id, { ...partition, eligibleLeaderReplicas: [], lastKnownElr: [] })
    }
  }

  delta(): TopicDelta {
    assert(isDense(this.#partitions), `topic ${this.name} has all its partitions`)
    const topic = { name: this.name, id: this.#id, partitions: this.#partitions }
    return { topic, isNew: this.#isNew, partitions: this.#changed }
  }
}

/** Index by index: what finds no partition in a hole. */
function isDense(partitions: readonly PartitionImage[]): boolean {
  for (let id = 0; id < partitions.length; id++) if (partitions[id] === undefined) return false
  return true
}
