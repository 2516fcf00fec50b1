/** What commands ask of topics: descriptions by name, with what may have been meant; first and next offsets. */
import { type Admin, OffsetMark, partitionKey, type TopicDescription, type TopicPartition, unwrap } from '@ottla/client'
import { similarTo } from '../did-you-mean.ts'
import { codeOf } from '../failure.ts'
import { Failure } from '../usage-problem.ts'

/** First and next offset of a partition. */
export interface OffsetRange {
  readonly start: number
  readonly end: number
}

const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION'

/** In the order of the names. Throws {@link Failure} for one that is not there. */
export async function describeNamed(admin: Admin, names: readonly string[]): Promise<TopicDescription[]> {
  const unique = [...new Set(names)]
  const outcomes = await admin.describeTopics(unique)
  const missing = unique.find((name) => {
    const outcome = outcomes.get(name)
    return outcome === undefined || (outcome.kind === 'failed' && outcome.error.code === UNKNOWN_TOPIC)
  })
  if (missing !== undefined) throw await noSuchTopic(admin, missing)
  return unique.map((name) => sorted(unwrap(outcomes.get(name))))
}

/** With the names that look like it. */
export async function noSuchTopic(admin: Admin, name: string): Promise<Failure> {
  const topics = await admin.listTopics().catch(() => [])
  const meant = similarTo(
    name,
    topics.map((topic) => topic.name),
  )
  const hint =
    meant.length > 0
      ? `Did you mean ${meant.join(', ')}?`
      : `\`ottla topic list\` shows what there is; \`ottla topic create ${name}\` makes it.`
  return new Failure(`there is no topic ${name}`, { hint })
}

/** By partition key; partitions without a leader are left out. */
export async function offsetRanges(
  admin: Admin,
  partitions: readonly TopicPartition[],
  isolationLevel: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
): Promise<Map<string, OffsetRange>> {
  const ask = (timestamp: number) =>
    admin.listOffsets(
      partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })),
      { isolationLevel },
    )
  const [starts, ends] = await Promise.all([ask(OffsetMark.earliest), ask(OffsetMark.latest)])
  const ranges = new Map<string, OffsetRange>()
  for (const { topic, partition } of partitions) {
    const key = partitionKey(topic, partition)
    const start = starts.get(key)
    const end = ends.get(key)
    if (start?.kind === 'done' && end?.kind === 'done')
      ranges.set(key, { start: start.value.offset, end: end.value.offset })
  }
  return ranges
}

/** Partitions that can be asked: those with a leader. */
export function ledPartitions(topics: readonly TopicDescription[]): TopicPartition[] {
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions.filter(({ leader }) => leader !== null).map(({ partition }) => ({ topic, partition })),
  )
}

/** Whether a name matches a pattern in which * stands for anything and ? for one character. */
export function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}

/** Offline, under-replicated, or in order. */
export function healthOf({ partitions }: TopicDescription): { offline: number; underReplicated: number } {
  return {
    offline: partitions.filter(({ leader }) => leader === null).length,
    underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
  }
}

export function isUnknownTopic(error: unknown): boolean {
  return codeOf(error) === UNKNOWN_TOPIC
}

function sorted(topic: TopicDescription): TopicDescription {
  return { ...topic, partitions: [...topic.partitions].sort((a, b) => a.partition - b.partition) }
}
