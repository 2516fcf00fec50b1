/**
 * What a topology needs of the cluster: how many tasks each subtopology has, how many partitions its internal topics, and which of those are
 * yet to be made.
 *
 * - A repartition topic has as many partitions as the topology says; else as many as the largest of the topics that are read by who writes it.
 * - Topics of a copartition group have equally many; repartition topics that say nothing follow the others.
 * - A changelog topic has as many as the largest topic that its subtopology reads from outside.
 */
import { ErrorCode } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import { compareText } from '../assignor/assignor.ts'
import { isStateful, requiredTopics, type Subtopology, type TopicInfo, type Topology } from './topology.ts'

/** The topics of the cluster, as far as they matter here. */
export interface PartitionCounts {
  /** undefined: no such topic. */
  partitionCount(topic: string): number | undefined
}

export interface InternalTopic {
  readonly name: string
  readonly partitionCount: number
  /** -1: the broker's default. */
  readonly replicationFactor: number
  readonly configs: readonly { readonly key: string; readonly value: string }[]
}

export interface ConfiguredSubtopology {
  readonly subtopologyId: string
  /** Tasks 0 to this, exclusive. */
  readonly taskCount: number
  readonly isStateful: boolean
  /** All topics that its tasks read, repartition topics among them. */
  readonly sourceTopics: readonly string[]
  readonly repartitionSourceTopics: readonly InternalTopic[]
  readonly changelogTopics: readonly InternalTopic[]
}

export const StatusCode = {
  STALE_TOPOLOGY: 0,
  MISSING_SOURCE_TOPICS: 1,
  INCORRECTLY_PARTITIONED_TOPICS: 2,
  MISSING_INTERNAL_TOPICS: 3,
  SHUTDOWN_APPLICATION: 4,
  ASSIGNMENT_DELAYED: 5,
  MISSING_CLIENT_TAGS: 6,
} as const

export interface Status {
  readonly statusCode: number
  readonly statusDetail: string
}

export type ConfiguredTopology =
  /** All that is needed is there. */
  | { readonly kind: 'ready'; readonly subtopologies: ReadonlyMap<string, ConfiguredSubtopology> }
  /** Internal topics have to be made. */
  | {
      readonly kind: 'incomplete'
      readonly subtopologies: ReadonlyMap<string, ConfiguredSubtopology>
      readonly missing: readonly InternalTopic[]
      readonly status: Status
    }
  /** The user's topics are not what the topology needs. */
  | { readonly kind: 'unfit'; readonly status: Status }
  /** No topics would do. */
  | { readonly kind: 'invalid'; readonly errorCode: number; readonly message: string }

/** What stops the configuration; caught in this file. */
class Unfit {
  readonly statusCode: number
  readonly statusDetail: string
  constructor(statusCode: number, statusDetail: string) {
    this.statusCode = statusCode
    this.statusDetail = statusDetail
  }
}

class Invalid {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export function configureTopics(topology: Topology, cluster: PartitionCounts): ConfiguredTopology {
  try {
    return configured(topology, cluster)
  } catch (error) {
    if (error instanceof Unfit) {
      const { statusCode, statusDetail } = error
      return { kind: 'unfit', status: { statusCode, statusDetail } }
    }
    if (error instanceof Invalid)
      return { kind: 'invalid', errorCode: ErrorCode.STREAMS_INVALID_TOPOLOGY, message: error.message }
    throw error
  }
}

function configured(topology: Topology, cluster: PartitionCounts): ConfiguredTopology {
  requireSourceTopics(topology, cluster)
  const counts = new DecidedCounts(cluster)
  decideRepartitionTopics(topology, counts)
  enforceCopartitioning(topology, counts)
  decideChangelogTopics(topology, counts)
  const subtopologies = new Map(
    topology.subtopologies.map((subtopology) => [
      subtopology.subtopologyId,
      configuredSubtopology(subtopology, counts),
    ]),
  )
  const missing = missingTopics(topology, subtopologies, cluster)
  if (missing.length === 0) return { kind: 'ready', subtopologies }
  const status = {
    statusCode: StatusCode.MISSING_INTERNAL_TOPICS,
    statusDetail: `Internal topics are missing: ${listed(missing.map(({ name }) => name))}`,
  }
  return { kind: 'incomplete', subtopologies, missing, status }
}

/** Partition counts: of the cluster where the topic is there, else as decided. */
class DecidedCounts {
  readonly decided = new Map<string, number>()
  readonly #cluster: PartitionCounts

  constructor(cluster: PartitionCounts) {
    this.#cluster = cluster
  }

  find(topic: string): number | undefined {
    return this.#cluster.partitionCount(topic) ?? this.decided.get(topic)
  }

  get(topic: string): number {
    const count = this.find(topic)
    if (count === undefined) throw new Invalid(`Number of partitions is not set for topic: ${topic}`)
    return count
  }
}

function requireSourceTopics({ subtopologies }: Topology, cluster: PartitionCounts): void {
  const missing = new Set<string>()
  for (const { sourceTopics } of subtopologies)
    for (const topic of sourceTopics) if (cluster.partitionCount(topic) === undefined) missing.add(topic)
  if (missing.size > 0)
    throw new Unfit(StatusCode.MISSING_SOURCE_TOPICS, `Source topics ${listed([...missing])} are missing.`)
}

/** Each depends on what is upstream of it: decided in rounds, until nothing is left or nothing moves. */
function decideRepartitionTopics({ subtopologies }: Topology, counts: DecidedCounts): void {
  const { decided } = counts
  for (const { repartitionSourceTopics } of subtopologies)
    for (const { name, partitions } of repartitionSourceTopics) if (partitions !== 0) decided.set(name, partitions)
  for (;;) {
    let [isMissing, hasMoved] = [false, false]
    for (const subtopology of subtopologies) {
      for (const sink of subtopology.repartitionSinkTopics) {
        if (decided.has(sink)) continue
        const count = largestInput(subtopology, counts)
        if (count === undefined) isMissing = true
        else {
          decided.set(sink, count)
          hasMoved = true
        }
      }
    }
    if (!isMissing) break
    if (!hasMoved)
      throw new Invalid(
        'The partitions of some repartition topics cannot be decided: there may be a loop in the topology.',
      )
  }
  for (const { repartitionSourceTopics } of subtopologies)
    for (const { name } of repartitionSourceTopics)
      if (!decided.has(name)) throw new Invalid(`The repartition topic ${name} is read, but nothing writes it.`)
}

function largestInput(
  { sourceTopics, repartitionSourceTopics }: Subtopology,
  counts: DecidedCounts,
): number | undefined {
  let largest: number | undefined
  const consider = (count: number | undefined) => {
    if (count !== undefined && (largest === undefined || count > largest)) largest = count
  }
  for (const { name } of repartitionSourceTopics) consider(counts.decided.get(name))
  for (const topic of sourceTopics) consider(counts.find(topic))
  return largest
}

function enforceCopartitioning({ subtopologies }: Topology, counts: DecidedCounts): void {
  const isFixed = new Map<string, boolean>()
  for (const { repartitionSourceTopics } of subtopologies)
    for (const { name, partitions } of repartitionSourceTopics) isFixed.set(name, partitions !== 0)
  for (const subtopology of subtopologies)
    for (const group of subtopology.copartitionGroups)
      enforceGroup(copartitioned(subtopology, group), isFixed, counts.decided, (topic) =>
        isFixed.has(topic) ? (counts.decided.get(topic) ?? counts.get(topic)) : counts.get(topic),
      )
}

function copartitioned(subtopology: Subtopology, group: Subtopology['copartitionGroups'][number]): string[] {
  const names = [
    ...group.sourceTopics.map((index) => subtopology.sourceTopics[index]),
    ...group.repartitionSourceTopics.map((index) => subtopology.repartitionSourceTopics[index]?.name),
  ]
  return names.map((name) => {
    if (name === undefined)
      throw new Invalid(`A copartition group of subtopology ${subtopology.subtopologyId} names a topic that it lacks.`)
    return name
  })
}

function enforceGroup(
  topics: readonly string[],
  isFixed: ReadonlyMap<string, boolean>,
  decided: Map<string, number>,
  countOf: (topic: string) => number,
): void {
  if (topics.length === 0) return
  const external = topics.filter((topic) => !isFixed.has(topic))
  const fixed = topics.filter((topic) => isFixed.get(topic) === true)
  // The user's topics cannot be changed, and what the topology says is to be kept. Only where neither speaks there is a choice.
  const deciding = external.length > 0 ? external : fixed
  const wanted =
    deciding.length > 0
      ? countOf(deciding[0] as string)
      : topics.reduce((most, topic) => Math.max(most, countOf(topic)), 0)
  if (deciding.some((topic) => countOf(topic) !== wanted)) {
    const counts = deciding.map((topic) => `${topic}=${countOf(topic)}`).sort(compareText)
    throw new Unfit(
      StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
      `Following topics do not have the same number of partitions: [{${counts.join(', ')}}]`,
    )
  }
  for (const topic of fixed)
    if (countOf(topic) !== wanted)
      throw new Unfit(
        StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
        `Number of partitions [${countOf(topic)}] of repartition topic [${topic}] doesn't match number of partitions [${wanted}] of the source topic.`,
      )
  for (const topic of topics) if (isFixed.has(topic)) decided.set(topic, wanted)
}

function decideChangelogTopics({ subtopologies }: Topology, counts: DecidedCounts): void {
  for (const subtopology of subtopologies) {
    const sources = sourcesOf(subtopology)
    if (sources.length === 0) throw new Invalid(`No source topics found for subtopology ${subtopology.subtopologyId}`)
    const count = Math.max(...sources.map((topic) => decidedOr(topic, counts)))
    const own = new Set(subtopology.sourceTopics)
    for (const { name } of subtopology.stateChangelogTopics) if (!own.has(name)) counts.decided.set(name, count)
  }
}

/** Internal topics go by what they should be: that they are something else is found out later. */
function decidedOr(topic: string, counts: DecidedCounts): number {
  return counts.decided.get(topic) ?? counts.get(topic)
}

function sourcesOf({ sourceTopics, repartitionSourceTopics }: Subtopology): string[] {
  return [...new Set([...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)])]
}

function configuredSubtopology(subtopology: Subtopology, counts: DecidedCounts): ConfiguredSubtopology {
  const { subtopologyId, repartitionSourceTopics, stateChangelogTopics } = subtopology
  const sourceTopics = sourcesOf(subtopology)
  // A source topic may be its own changelog.
  const own = new Set(subtopology.sourceTopics)
  return {
    subtopologyId,
    taskCount: Math.max(...sourceTopics.map((topic) => decidedOr(topic, counts))),
    isStateful: isStateful(subtopology),
    sourceTopics,
    repartitionSourceTopics: repartitionSourceTopics.map((topic) => internalTopic(topic, counts)),
    changelogTopics: stateChangelogTopics
      .filter(({ name }) => !own.has(name))
      .map((topic) => internalTopic(topic, counts)),
  }
}

function internalTopic(topic: TopicInfo, counts: DecidedCounts): InternalTopic {
  const partitionCount = counts.decided.get(topic.name)
  assert(partitionCount !== undefined, 'the partitions of an internal topic are decided')
  const { name, replicationFactor, topicConfigs } = topic
  return {
    name,
    partitionCount,
    replicationFactor: replicationFactor === 0 ? -1 : replicationFactor,
    configs: topicConfigs,
  }
}

function missingTopics(
  topology: Topology,
  subtopologies: ReadonlyMap<string, ConfiguredSubtopology>,
  cluster: PartitionCounts,
): InternalTopic[] {
  const wanted = new Map<string, InternalTopic>()
  for (const { repartitionSourceTopics, changelogTopics } of subtopologies.values())
    for (const topic of [...repartitionSourceTopics, ...changelogTopics]) wanted.set(topic.name, topic)
  for (const name of requiredTopics(topology)) {
    const [topic, count] = [wanted.get(name), cluster.partitionCount(name)]
    if (topic === undefined || count === undefined) continue
    if (count !== topic.partitionCount)
      throw new Unfit(
        StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
        `Existing topic ${name} has different number of partitions: expected ${topic.partitionCount}, found ${count}`,
      )
    wanted.delete(name)
  }
  return [...wanted.values()].sort((a, b) => compareText(a.name, b.name))
}

const LISTED_MAX = 10

/** Some names, sorted; of many the first. */
function listed(names: readonly string[]): string {
  const sorted = [...names].sort(compareText)
  const more = sorted.length - LISTED_MAX
  const shown = sorted.slice(0, LISTED_MAX).join(', ')
  return more > 0 ? `${shown}... (${more} more)` : shown
}
