/** `ottla topic describe`. */
import { ConfigResourceType, partitionKey, resourceKey, type TopicDescription } from '@ottla/client'
import { ZERO_UUID } from '@ottla/protocol'
import type { Invocation } from '../command.ts'
import { formatBytes, formatCount, plural, readableSetting } from '../quantities.ts'
import type { Column } from '../screen/table.ts'
import type { Session } from '../session.ts'
import { describeNamed, ledPartitions, type OffsetRange, offsetRanges } from './topic-facts.ts'

interface PartitionRow {
  readonly partition: number
  readonly leader: number | null
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly startOffset: number | null
  readonly endOffset: number | null
  /** Of the leader's replica; null when it is unknown. */
  readonly sizeBytes: number | null
}

/** Settings that are the topic's own. */
const OWN_SOURCE = 'DYNAMIC_TOPIC_CONFIG'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const session = await open()
  const topics = await describeNamed(session.admin, args.arguments('TOPIC'))
  const found = await factsOf(session, topics)
  const described = topics.map((topic) => ({
    name: topic.name,
    id: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((partition): PartitionRow => {
      const range = found.ranges.get(partitionKey(topic.name, partition.partition))
      return {
        partition: partition.partition,
        leader: partition.leader?.id ?? null,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicas,
        isr: partition.isr,
        startOffset: range?.start ?? null,
        endOffset: range?.end ?? null,
        sizeBytes: found.sizes.get(`${partition.leader?.id} ${partitionKey(topic.name, partition.partition)}`) ?? null,
      }
    }),
    configs: Object.fromEntries(found.configs.get(topic.name) ?? []),
  }))
  screen.json(described)
  described.forEach((topic, index) => {
    if (index > 0) screen.say('')
    const records = topic.partitions.reduce(
      (sum, { startOffset, endOffset }) => sum + (endOffset ?? 0) - (startOffset ?? 0),
      0,
    )
    const size = topic.partitions.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0)
    screen.pairs([
      ['Topic', screen.style.bold(topic.name) + (topic.isInternal ? ' (internal)' : '')],
      // Brokers before Kafka 2.8 give none.
      ['Id', topic.id === ZERO_UUID ? null : topic.id],
      [
        'Partitions',
        `${topic.partitions.length}, ${plural(topic.partitions[0]?.replicas.length ?? 0, 'replica')} each`,
      ],
      ['Records', `${formatCount(records)}, ${formatBytes(size)}`],
      ...Object.entries(topic.configs).map(([key, value]) => [key, readableSetting(key, value)] as const),
    ])
    screen.say('')
    screen.table(COLUMNS, topic.partitions)
  })
}

const COLUMNS: readonly Column<PartitionRow>[] = [
  { title: 'PARTITION', text: ({ partition }) => partition, align: 'right' },
  {
    title: 'LEADER',
    text: ({ leader }) => leader ?? 'none',
    align: 'right',
    paint: (text, { leader }, { red }) => (leader === null ? red(text) : text),
  },
  { title: 'REPLICAS', text: ({ replicas }) => replicas.join(',') },
  {
    title: 'IN SYNC',
    text: ({ isr }) => isr.join(','),
    paint: (text, { isr, replicas }, { yellow }) => (isr.length < replicas.length ? yellow(text) : text),
  },
  { title: 'START', text: ({ startOffset }) => startOffset, align: 'right' },
  { title: 'END', text: ({ endOffset }) => endOffset, align: 'right' },
  {
    title: 'RECORDS',
    text: ({ startOffset, endOffset }) =>
      startOffset === null || endOffset === null ? null : formatCount(endOffset - startOffset),
    align: 'right',
  },
  { title: 'SIZE', text: ({ sizeBytes }) => (sizeBytes === null ? null : formatBytes(sizeBytes)), align: 'right' },
]

interface Facts {
  readonly ranges: Map<string, OffsetRange>
  /** By broker and partition key. */
  readonly sizes: Map<string, number>
  readonly configs: Map<string, (readonly [string, string | null])[]>
}

async function factsOf({ admin }: Session, topics: readonly TopicDescription[]): Promise<Facts> {
  const partitions = topics.flatMap(({ name: topic, partitions: all }) =>
    all.map(({ partition }) => ({ topic, partition })),
  )
  const resources = topics.map(({ name }) => ({ type: ConfigResourceType.topic, name }))
  const [ranges, logDirs, configs] = await Promise.all([
    offsetRanges(admin, ledPartitions(topics)),
    // A user may be allowed to see the topic, and not the disks.
    admin.logDirs.describe({ partitions }).catch(() => new Map()),
    admin.describeConfigs(resources),
  ])
  const sizes = new Map<string, number>()
  for (const [broker, dirs] of logDirs) {
    for (const { replicas } of dirs) {
      for (const { topic, partition, sizeBytes } of replicas)
        sizes.set(`${broker} ${partitionKey(topic, partition)}`, sizeBytes)
    }
  }
  const byTopic = new Map<string, (readonly [string, string | null])[]>()
  for (const { name, type } of resources) {
    const outcome = configs.get(resourceKey({ type, name }))
    const entries = outcome?.kind === 'done' ? outcome.value : []
    const shown = entries.filter(({ source, name: key }) => source === OWN_SOURCE || ALWAYS_SHOWN.has(key))
    byTopic.set(
      name,
      shown.map(({ name: key, value }) => [key, value] as const),
    )
  }
  return { ranges, sizes, configs: byTopic }
}

/** What decides how long records stay, and how safe they are. */
const ALWAYS_SHOWN = new Set(['cleanup.policy', 'retention.ms', 'min.insync.replicas'])
