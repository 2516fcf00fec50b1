/** The topics of a metadata image, as the group coordinator wants them. What is worked out of a topic is kept as long as the topic is unchanged. */
import type { GroupTopic, GroupTopics } from '@ottla/coordinator'
import type { MetadataDelta, MetadataImage, TopicImage } from '@ottla/metadata'
import { topicMetadataHash } from '@ottla/protocol'

/** By topic and by the brokers' registrations, whose racks go into it. */
const known = new WeakMap<TopicImage, { readonly brokers: MetadataImage['brokers']; readonly topic: GroupTopic }>()

export class ImageTopics implements GroupTopics {
  readonly version: number
  readonly namesVersion: number
  readonly #image: MetadataImage

  private constructor(image: MetadataImage, version: number, namesVersion: number) {
    this.#image = image
    this.version = version
    this.namesVersion = namesVersion
  }

  static of(image: MetadataImage): ImageTopics {
    return new ImageTopics(image, image.offset, image.offset)
  }

  /** The view of the next image. */
  next(image: MetadataImage, delta: MetadataDelta): ImageTopics {
    const isRenamed =
      delta.deletedTopics.size > 0 || [...delta.topics.values()].some(({ topic }) => this.idOf(topic.name) !== topic.id)
    const isChanged = isRenamed || delta.topics.size > 0 || delta.brokers.size > 0
    const namesVersion = isRenamed ? image.offset : this.namesVersion
    return new ImageTopics(image, isChanged ? image.offset : this.version, namesVersion)
  }

  idOf(name: string): string | undefined {
    return this.#image.topics.byName(name)?.id
  }

  nameOf(id: string): string | undefined {
    return this.#image.topics.byId(id)?.name
  }

  hasPartition(name: string, partition: number): boolean {
    return this.#image.topics.partition(name, partition) !== undefined
  }

  byName(name: string): GroupTopic | undefined {
    const image = this.#image.topics.byName(name)
    return image === undefined ? undefined : this.#topicOf(image)
  }

  byId(id: string): GroupTopic | undefined {
    const image = this.#image.topics.byId(id)
    return image === undefined ? undefined : this.#topicOf(image)
  }

  *names(): IterableIterator<string> {
    for (const { name } of this.#image.topics.all()) yield name
  }

  #topicOf(image: TopicImage): GroupTopic {
    const { brokers } = this.#image
    const cached = known.get(image)
    if (cached?.brokers === brokers) return cached.topic
    const topic = groupTopic(image, brokers)
    known.set(image, { brokers, topic })
    return topic
  }
}

function groupTopic({ name, id, partitions }: TopicImage, brokers: MetadataImage['brokers']): GroupTopic {
  const racks = partitions.map(({ replicas }) => {
    const known = replicas.flatMap((replica) => brokers.get(replica)?.rack ?? [])
    return known.sort()
  })
  return {
    name,
    topicId: id,
    partitionCount: partitions.length,
    racks: racks.some((each) => each.length > 0) ? racks : null,
    hash: topicMetadataHash({ name, topicId: id, racks }),
  }
}
