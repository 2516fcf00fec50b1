/** kafka-topics --describe: a line per topic, then a line per partition; with a filter only the partitions that it leaves. */
import {
  type ConfigEntry,
  ConfigResourceType,
  type OngoingReassignment,
  type PartitionDescription,
  partitionKey,
  resourceKey,
  type TopicDescription,
  unwrap,
} from '@ottla/client'
import { isUuid, ZERO_UUID } from '@ottla/protocol'
import { printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import type { TopicCommand } from './kafka-topics.ts'
import { checkFound, selectTopics } from './select-topics.ts'

/** Options that choose partitions by their state. */
export const PARTITION_FILTERS = [
  'under-replicated-partitions',
  'unavailable-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
] as const

interface Described {
  readonly topic: TopicDescription
  readonly configs: readonly ConfigEntry[]
  readonly reassignments: ReadonlyMap<string, OngoingReassignment>
  readonly liveBrokers: ReadonlySet<number>
}

export async function describeTopics(command: TopicCommand): Promise<void> {
  const { admin, options, io } = command
  const topics = await findTopics(command)
  if (topics.length === 0) return
  const resources = topics.map(({ name }) => ({ type: ConfigResourceType.topic, name }))
  const [configs, reassignments, cluster] = await Promise.all([
    admin.describeConfigs(resources),
    listReassignments(command),
    admin.describeCluster(),
  ])
  const liveBrokers = new Set(cluster.brokers.map(({ id }) => id))
  const isFiltered = PARTITION_FILTERS.some((filter) => options.has(filter))
  const onlyOverridden = options.has('topics-with-overrides')
  for (const topic of topics) {
    const entries = unwrap(configs.get(resourceKey({ type: ConfigResourceType.topic, name: topic.name })))
    const described = { topic, configs: entries, reassignments, liveBrokers }
    const overridden = javaMapOrder(entries, ({ name }) => stringHash(name)).filter(
      ({ source }) => source !== 'DEFAULT_CONFIG',
    )
    if (!isFiltered && (!onlyOverridden || overridden.length > 0)) {
      printLine(io.stdout, topicLine(described, overridden))
    }
    if (onlyOverridden) continue
    for (const partition of topic.partitions) {
      if (isShown(partition, described, options)) printLine(io.stdout, partitionLine(partition, described))
    }
  }
}

/** In the order in which Kafka's tool shows them. */
async function findTopics({ admin, options }: TopicCommand): Promise<TopicDescription[]> {
  const given = options.has('topic') ? undefined : options.value('topic-id')
  // The id of no topic stands for none.
  const id = given === ZERO_UUID ? undefined : given
  if (id !== undefined) {
    if (!isUuid(id)) throw new ToolError(uuidMessage(id))
    const outcome = id === ZERO_UUID ? undefined : (await admin.describeTopicsById([id])).get(id)
    if (outcome?.kind === 'done') return [outcome.value]
    if (options.has('if-exists')) return []
    throw new ToolError(`TopicId '${id}' does not exist as expected`)
  }
  const names = await selectTopics(admin, options)
  checkFound(names, options)
  const partitionLimit = options.integer('partition-size-limit-per-response')
  const described = await admin.describeTopics(names, { partitionLimit })
  const topics = names.map((name) => unwrap(described.get(name)))
  return javaMapOrder(topics, ({ name }) => stringHash(name), topics.length)
}

/** Brokers that do not know of reassignments have none. */
async function listReassignments({ admin }: TopicCommand): Promise<Map<string, OngoingReassignment>> {
  try {
    const ongoing = await admin.listReassignments()
    return new Map(ongoing.map((one) => [partitionKey(one.topic, one.partition), one]))
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'UNSUPPORTED_VERSION' || code === 'CLUSTER_AUTHORIZATION_FAILED') return new Map()
    throw error
  }
}

function topicLine({ topic }: Described, overridden: readonly ConfigEntry[]): string {
  const configs = overridden.map(({ name, value }) => `${name}=${value ?? ''}`).join(',')
  const id = topic.id === ZERO_UUID ? '' : `\tTopicId: ${topic.id}`
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 0
  const counts = `\tPartitionCount: ${topic.partitions.length}\tReplicationFactor: ${replicationFactor}`
  return `Topic: ${topic.name}${id}${counts}\tConfigs: ${configs}`
}

function partitionLine(partition: PartitionDescription, { topic, reassignments }: Described): string {
  const reassignment = reassignments.get(partitionKey(topic.name, partition.partition))
  const fields = [
    `Topic: ${topic.name}`,
    `Partition: ${partition.partition}`,
    `Leader: ${partition.leader?.id ?? 'none'}`,
    `Replicas: ${partition.replicas.join(',')}`,
    `Isr: ${partition.isr.join(',')}`,
  ]
  if (reassignment !== undefined) {
    fields.push(`Adding Replicas: ${reassignment.adding.join(',')}`)
    fields.push(`Removing Replicas: ${reassignment.removing.join(',')}`)
  }
  fields.push(`Elr: ${partition.eligibleLeaderReplicas?.join(',') ?? 'N/A'}`)
  fields.push(`LastKnownElr: ${partition.lastKnownEligible?.join(',') ?? 'N/A'}`)
  return `\t${fields.join('\t')}`
}

function isShown(partition: PartitionDescription, described: Described, options: ParsedOptions): boolean {
  const { topic, configs, reassignments, liveBrokers } = described
  const { leader, isr, replicas } = partition
  if (options.has('under-replicated-partitions')) {
    const adding = reassignments.get(partitionKey(topic.name, partition.partition))?.adding.length ?? 0
    return replicas.length - adding > isr.length
  }
  if (options.has('unavailable-partitions')) return leader === null || !liveBrokers.has(leader.id)
  const minIsr = Number(configs.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1)
  if (options.has('under-min-isr-partitions')) return leader === null || isr.length < minIsr
  if (options.has('at-min-isr-partitions')) return isr.length === minIsr
  return true
}

function uuidMessage(text: string): string {
  const bytes = Buffer.from(text, 'base64url').length
  return `Input string \`${text}\` decoded as ${bytes} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`
}
