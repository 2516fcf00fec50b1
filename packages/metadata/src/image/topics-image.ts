/** The topics of a cluster, by name and by id. Immutable. */
import { SortedMap } from './sorted-map.ts'

/** One partition, as the controller decided it. */
export interface PartitionImage {
  /** Broker ids, the preferred leader first. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** -1: none. */
  readonly leader: number
  /** 0: recovered; 1: the leader was elected from outside the ISR and is still recovering. */
  readonly leaderRecoveryState: number
  /** Grows with each change of leader. */
  readonly leaderEpoch: number
  /** Grows with each change. */
  readonly partitionEpoch: number
  /** Directory id of each replica, in their order; empty when unknown (metadata.version below 17). */
  readonly directories: readonly string[]
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownElr: readonly number[]
}

export interface TopicImage {
  readonly name: string
  readonly id: string
  /** Index = partition id. */
  readonly partitions: readonly PartitionImage[]
}

export class TopicsImage {
  readonly #byName: SortedMap<string, TopicImage>
  readonly #nameById: SortedMap<string, string>

  constructor(
    byName: SortedMap<string, TopicImage> = SortedMap.empty(),
    nameById: SortedMap<string, string> = SortedMap.empty(),
  ) {
    this.#byName = byName
    this.#nameById = nameById
  }

  /** All topics of a cluster at once. */
  static of(topics: readonly TopicImage[]): TopicsImage {
    return new TopicsImage(
      SortedMap.of(topics.map((topic) => [topic.name, topic])),
      SortedMap.of(topics.map(({ id, name }) => [id, name])),
    )
  }

  get size(): number {
    return this.#byName.size
  }

  byName(name: string): TopicImage | undefined {
    return this.#byName.get(name)
  }

  byId(id: string): TopicImage | undefined {
    const name = this.#nameById.get(id)
    return name === undefined ? undefined : this.#byName.get(name)
  }

  /** The partition, when topic and partition exist. */
  partition(name: string, partition: number): PartitionImage | undefined {
    return this.#byName.get(name)?.partitions[partition]
  }

  /** All topics in the order of their names. */
  all(): Generator<TopicImage> {
    return this.#byName.values()
  }

  /** Topics from the first whose name is `name` or comes after it. */
  *from(name: string): Generator<TopicImage> {
    for (const [, topic] of this.#byName.entriesFrom(name)) yield topic
  }

  /** With the topic added or replaced. */
  with(topic: TopicImage): TopicsImage {
    return new TopicsImage(this.#byName.set(topic.name, topic), this.#nameById.set(topic.id, topic.name))
  }

  /** Without the topic of this id. */
  without(topic: TopicImage): TopicsImage {
    const current = this.#byName.get(topic.name)
    const byName = current?.id === topic.id ? this.#byName.delete(topic.name) : this.#byName
    return new TopicsImage(byName, this.#nameById.delete(topic.id))
  }
}
