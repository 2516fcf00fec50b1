/** What changed between two images: enough for a broker to apply the difference without looking at the rest. */
import type { ConfigResource } from './configs-image.ts'
import type { TopicImage } from './topics-image.ts'

export interface TopicDelta {
  readonly topic: TopicImage
  readonly isNew: boolean
  /** Ids of partitions that are new or changed. */
  readonly partitions: ReadonlySet<number>
}

export interface MetadataDelta {
  /** Topics that are new or have changed partitions, by id. */
  readonly topics: ReadonlyMap<string, TopicDelta>
  /** Topics that are gone, by id, as they last were. A topic created and deleted in between is in neither. */
  readonly deletedTopics: ReadonlyMap<string, TopicImage>
  /** Brokers that registered, changed or are gone. */
  readonly brokers: ReadonlySet<number>
  /** Resources whose settings changed, by {@link resourceKey}; a deleted topic's are not among them. */
  readonly configs: ReadonlyMap<string, ConfigResource>
  /** Features whose level changed. */
  readonly features: ReadonlySet<string>
  readonly clientQuotasChanged: boolean
  readonly controllersChanged: boolean
  readonly securityChanged: boolean
}

export const EMPTY_DELTA: MetadataDelta = Object.freeze({
  topics: new Map(),
  deletedTopics: new Map(),
  brokers: new Set<number>(),
  configs: new Map(),
  features: new Set<string>(),
  clientQuotasChanged: false,
  controllersChanged: false,
  securityChanged: false,
})

/** One text per resource. */
export function resourceKey({ type, name }: ConfigResource): string {
  return `${type}:${name}`
}

/** The change from before `first` to after `second`. */
export function mergeDeltas(first: MetadataDelta, second: MetadataDelta): MetadataDelta {
  if (first === EMPTY_DELTA) return second
  const topics = new Map(first.topics)
  const deletedTopics = new Map(first.deletedTopics)
  for (const [id, topic] of second.deletedTopics) {
    if (!topics.get(id)?.isNew) deletedTopics.set(id, topic)
    topics.delete(id)
  }
  for (const [id, change] of second.topics) {
    const earlier = topics.get(id)
    topics.set(id, {
      topic: change.topic,
      isNew: change.isNew || earlier?.isNew === true,
      partitions: earlier === undefined ? change.partitions : union(earlier.partitions, change.partitions),
    })
  }
  return {
    topics,
    deletedTopics,
    brokers: union(first.brokers, second.brokers),
    configs: new Map([...first.configs, ...second.configs]),
    features: union(first.features, second.features),
    clientQuotasChanged: first.clientQuotasChanged || second.clientQuotasChanged,
    controllersChanged: first.controllersChanged || second.controllersChanged,
    securityChanged: first.securityChanged || second.securityChanged,
  }
}

function union<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> {
  if (b.size === 0) return a
  if (a.size === 0) return b
  return new Set([...a, ...b])
}
