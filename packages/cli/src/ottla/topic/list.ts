/** `ottla topic list`. */
import { partitionKey, type TopicDescription } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { formatBytes, formatCount, plural } from '../quantities.ts'
import type { Column } from '../screen/table.ts'
import { globPattern, healthOf, ledPartitions, offsetRanges } from './topic-facts.ts'

interface Row {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly offlinePartitions: number
  readonly underReplicatedPartitions: number
  /** Next offsets less first ones; null when it was not asked for. */
  readonly records: number | null
  /** Of all replicas. */
  readonly sizeBytes: number | null
}

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const { admin } = await open()
  const pattern = globPattern(args.argument('PATTERN') ?? '*')
  const showsInternal = args.has('internal') || args.argument('PATTERN')?.startsWith('_') === true
  const listed = (await admin.listTopics()).filter(
    ({ name, isInternal }) => pattern.test(name) && (showsInternal || !isInternal),
  )
  const outcomes = await admin.describeTopics(listed.map(({ name }) => name))
  const topics = [...outcomes.values()].flatMap((outcome) => (outcome.kind === 'done' ? [outcome.value] : []))
  topics.sort((a, b) => (a.name < b.name ? -1 : 1))
  const figures = args.has('long') ? await figuresOf(admin, topics) : null
  const rows = topics.map((topic): Row => {
    const { offline, underReplicated } = healthOf(topic)
    return {
      name: topic.name,
      partitions: topic.partitions.length,
      replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
      offlinePartitions: offline,
      underReplicatedPartitions: underReplicated,
      records: figures?.records.get(topic.name) ?? null,
      sizeBytes: figures?.sizes.get(topic.name) ?? null,
    }
  })
  screen.json(rows)
  if (rows.length === 0) {
    screen.remark('There are no such topics.')
    return
  }
  screen.table(figures === null ? COLUMNS : [...COLUMNS, ...LONG_COLUMNS], rows)
  screen.remark(plural(rows.length, 'topic'))
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'TOPIC', text: ({ name }) => name, isFlexible: true, paint: (text, _, { cyan }) => cyan(text) },
  { title: 'PARTITIONS', text: ({ partitions }) => partitions, align: 'right' },
  { title: 'REPLICAS', text: ({ replicationFactor }) => replicationFactor, align: 'right' },
  {
    title: 'HEALTH',
    text: ({ offlinePartitions, underReplicatedPartitions }) =>
      offlinePartitions > 0
        ? `${offlinePartitions} offline`
        : underReplicatedPartitions > 0
          ? `${underReplicatedPartitions} under-replicated`
          : 'ok',
    paint: (text, row, { red, yellow, green }) =>
      row.offlinePartitions > 0 ? red(text) : row.underReplicatedPartitions > 0 ? yellow(text) : green(text),
  },
]

const LONG_COLUMNS: readonly Column<Row>[] = [
  { title: 'RECORDS', text: ({ records }) => (records === null ? null : formatCount(records)), align: 'right' },
  { title: 'SIZE', text: ({ sizeBytes }) => (sizeBytes === null ? null : formatBytes(sizeBytes)), align: 'right' },
]

async function figuresOf(admin: Awaited<ReturnType<Invocation['open']>>['admin'], topics: readonly TopicDescription[]) {
  const partitions = ledPartitions(topics)
  const [ranges, logDirs] = await Promise.all([offsetRanges(admin, partitions), admin.logDirs.describe()])
  const records = new Map<string, number>()
  for (const { topic, partition } of partitions) {
    const range = ranges.get(partitionKey(topic, partition))
    if (range !== undefined) records.set(topic, (records.get(topic) ?? 0) + range.end - range.start)
  }
  const sizes = new Map<string, number>()
  for (const { topic, sizeBytes } of [...logDirs.values()].flat().flatMap(({ replicas }) => replicas)) {
    sizes.set(topic, (sizes.get(topic) ?? 0) + sizeBytes)
  }
  return { records, sizes }
}
