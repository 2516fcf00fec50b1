/** Where a streams application is to begin again: new offsets of the partitions of its input topics. */
import { resolve } from 'node:path'
import { type Admin, OffsetMark, partitionKey, type TopicPartition, unwrap } from '@ottla/client'
import { FileSystemError } from '@ottla/env'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { parseDatetime, parseDuration } from '../shared/reset/reset-spec.ts'

export type PartitionOffset = TopicPartition & { readonly offset: number }

/** What the plan is made with. */
export interface PlanSource {
  readonly admin: Admin
  readonly group: string
  readonly options: ParsedOptions
  readonly io: Io
}

/** In the order of `partitions`. Throws ToolError, UsageError. */
export async function offsetPlan(
  partitions: readonly TopicPartition[],
  source: PlanSource,
): Promise<PartitionOffset[]> {
  const { options, io } = source
  if (options.has('to-offset')) {
    const offset = options.integer('to-offset')!
    return await withinRange(
      partitions.map((partition) => ({ ...partition, offset })),
      source,
    )
  }
  if (options.has('to-latest')) return await atMark(partitions, OffsetMark.latest, source)
  if (options.has('shift-by')) return await shifted(partitions, options.integer('shift-by')!, source)
  const datetime = options.value('to-datetime')
  if (datetime !== undefined) return await atTime(partitions, parseDatetime(datetime), source)
  const duration = options.value('by-duration')
  if (duration !== undefined) {
    return await atTime(partitions, io.env.clock.now() - parseDuration(duration), source)
  }
  const file = options.value('from-file')
  if (file !== undefined) {
    const wanted = new Set(partitions.map(({ topic, partition }) => partitionKey(topic, partition)))
    const read = planOf(file, io).filter(({ topic, partition }) => wanted.has(partitionKey(topic, partition)))
    return await withinRange(read, source)
  }
  return await atMark(partitions, OffsetMark.earliest, source)
}

async function atMark(
  partitions: readonly TopicPartition[],
  timestamp: number,
  { admin }: PlanSource,
): Promise<PartitionOffset[]> {
  const found = await admin.listOffsets(partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })))
  return partitions.map(({ topic, partition }) => {
    const { offset } = unwrap(found.get(partitionKey(topic, partition)))
    return { topic, partition, offset }
  })
}

async function atTime(
  partitions: readonly TopicPartition[],
  timestamp: number,
  source: PlanSource,
): Promise<PartitionOffset[]> {
  const found = await atMark(partitions, timestamp, source)
  const late = found.filter(({ offset }) => offset < 0)
  if (late.length === 0) return found
  for (const { topic, partition } of late) {
    printLine(
      source.io.stdout,
      `Partition ${partition} from topic ${topic} is empty, without a committed record. Falling back to latest known offset.`,
    )
  }
  const ends = await atMark(late, OffsetMark.latest, source)
  return found.map((item) => (item.offset >= 0 ? item : ends.find((end) => isSame(end, item))!))
}

/** From the committed offset, or the end where there is none. */
async function shifted(
  partitions: readonly TopicPartition[],
  by: number,
  source: PlanSource,
): Promise<PartitionOffset[]> {
  const committed = await source.admin.listGroupOffsets(source.group, { partitions })
  const ends = await atMark(partitions, OffsetMark.latest, source)
  const moved = partitions.map(({ topic, partition }, at) => {
    const from = committed.find((item) => isSame(item, { topic, partition }))?.offset ?? ends[at]!.offset
    return { topic, partition, offset: from + by }
  })
  return await withinRange(moved, source)
}

/** Offsets that the partitions do not have become the nearest that they have. */
async function withinRange(wanted: readonly PartitionOffset[], source: PlanSource): Promise<PartitionOffset[]> {
  const first = await atMark(wanted, OffsetMark.earliest, source)
  const last = await atMark(wanted, OffsetMark.latest, source)
  return wanted.map(({ topic, partition, offset }, at) => {
    const [low, high] = [first[at]!.offset, last[at]!.offset]
    if (offset >= low && offset <= high) return { topic, partition, offset }
    const [word, limit] =
      offset < low ? (['lower than earliest', low] as const) : (['higher than latest', high] as const)
    printLine(source.io.stdout, `New offset (${offset}) is ${word} offset. Value will be set to ${limit}`)
    return { topic, partition, offset: limit }
  })
}

function planOf(path: string, io: Io): PartitionOffset[] {
  let text: string
  try {
    text = io.env.files.readFileSync(resolve(io.workingDirectory, path)).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) throw new ToolError(`java.nio.file.NoSuchFileException: ${path}`)
    throw error
  }
  if (text.trim() === '') {
    throw new ToolError('java.text.ParseException: Error parsing reset plan CSV file. It is empty,')
  }
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [topic = '', partition = '', offset = '', ...more] = line.trim().split(',')
      if (more.length > 0 || !/^\d+$/.test(partition) || !/^\d+$/.test(offset)) {
        throw new ToolError(
          'java.text.ParseException: Reset plan CSV file is not following the format `TOPIC,PARTITION,OFFSET`.',
        )
      }
      return { topic, partition: Number(partition), offset: Number(offset) }
    })
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition
}
