/** From `--to-earliest`, `--shift-by`, … to offsets that the partitions have. */
import { type FoundOffset, OffsetMark, type Outcome, partitionKey, type TopicPartition, unwrap } from '@ottla/client'
import { printLine } from '../../io.ts'
import { ToolError, UsageError } from '../../options/usage-error.ts'
import type { GroupCommand } from '../group-command.ts'
import { javaMapOrder, partitionHash } from '../java-map-order.ts'
import type { NewOffset } from './new-offset.ts'

/** The new offset of each partition. Throws ToolError when one cannot be told. */
export async function newOffsets(
  group: string,
  partitions: readonly TopicPartition[],
  command: GroupCommand,
): Promise<NewOffset[]> {
  const { options } = command
  if (options.has('to-earliest')) return await atTime(partitions, OffsetMark.earliest, command)
  if (options.has('to-latest')) return await atTime(partitions, OffsetMark.latest, command)
  const datetime = options.value('to-datetime')
  if (datetime !== undefined) return await atTime(partitions, parseDatetime(datetime), command)
  const duration = options.value('by-duration')
  if (duration !== undefined) {
    return await atTime(partitions, command.io.env.clock.now() - parseDuration(duration), command)
  }
  if (options.has('to-offset')) {
    const offset = options.integer('to-offset')!
    return await withinRange(
      partitions.map(({ topic, partition }) => ({ topic, partition, offset })),
      command,
    )
  }
  return await fromCommitted(group, partitions, command)
}

/** `2026-01-31T10:00:00.000`, with a zone or in UTC. Throws ToolError. */
export function parseDatetime(text: string): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?)(Z|[+-]\d\d:?\d\d)?$/.exec(text)
  const time = match === null ? Number.NaN : Date.parse(`${match[1]}${match[2] ?? 'Z'}`)
  if (!text.includes('T')) {
    const problem = "Error parsing timestamp. It does not contain a 'T' according to ISO8601 format"
    throw new ToolError(`java.text.ParseException: ${problem}`)
  }
  if (Number.isNaN(time)) throw new ToolError(`java.text.ParseException: Unparseable date: "${text}${zone(text)}"`)
  return time
}

/** What Kafka's tool puts behind a time that is in UTC. */
function zone(text: string): string {
  return /[Z+-]/.test(text.slice(text.indexOf('T'))) ? '' : 'Z'
}

/** `P7DT3H15M10S` in milliseconds. Throws ToolError. */
export function parseDuration(text: string): number {
  const match = /^([+-]?)P(?:([+-]?\d+)D)?(?:T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:\.\d+)?)S)?)?$/i.exec(text)
  if (match === null || /[PT]$/i.test(text)) throw new ToolError('Text cannot be parsed to a Duration')
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part) => Number(part ?? 0))
  const sign = match[1] === '-' ? -1 : 1
  return sign * (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

/** No record is that new: the end. */
async function atTime(
  partitions: readonly TopicPartition[],
  timestamp: number,
  command: GroupCommand,
): Promise<NewOffset[]> {
  const found = await lookUp(partitions, timestamp, command)
  const late = partitions.filter((partition) => offsetOf(found, partition) < 0)
  const ends = late.length === 0 ? new Map() : await lookUp(late, OffsetMark.latest, command)
  for (const { topic, partition } of javaMapOrder(late, partitionHash)) {
    const what = `Partition ${partition} from topic ${topic} is empty`
    printLine(command.io.stdout, `\nWarn: ${what}. Falling back to latest known offset.`)
  }
  return partitions.map(({ topic, partition }) => {
    const offset = offsetOf(found, { topic, partition })
    return { topic, partition, offset: offset >= 0 ? offset : offsetOf(ends, { topic, partition }) }
  })
}

async function fromCommitted(
  group: string,
  partitions: readonly TopicPartition[],
  command: GroupCommand,
): Promise<NewOffset[]> {
  const { admin, options, timeoutMs } = command
  const committed = await admin.listGroupOffsets(group, { partitions, timeoutMs })
  const byKey = new Map(committed.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]))
  const shift = options.integer('shift-by')
  if (shift === undefined) {
    const missing = partitions.filter(({ topic, partition }) => !byKey.has(partitionKey(topic, partition)))
    const ends = missing.length === 0 ? new Map() : await lookUp(missing, OffsetMark.latest, command)
    return partitions.map(({ topic, partition }) => {
      const offset = byKey.get(partitionKey(topic, partition))
      return { topic, partition, offset: offset ?? offsetOf(ends, { topic, partition }) }
    })
  }
  const shifted = partitions.map(({ topic, partition }) => {
    const offset = byKey.get(partitionKey(topic, partition))
    if (offset === undefined) {
      throw new UsageError(
        `Cannot shift offset for partition ${topic}-${partition} since there is no current committed offset`,
      )
    }
    return { topic, partition, offset: offset + shift }
  })
  return await withinRange(shifted, command)
}

/** Offsets outside of the log are moved to its ends, with a warning. */
export async function withinRange(offsets: readonly NewOffset[], command: GroupCommand): Promise<NewOffset[]> {
  const [starts, ends] = await Promise.all([
    lookUp(offsets, OffsetMark.earliest, command),
    lookUp(offsets, OffsetMark.latest, command),
  ])
  return offsets.map(({ topic, partition, offset }) => {
    const start = offsetOf(starts, { topic, partition })
    const end = offsetOf(ends, { topic, partition })
    const bounded = Math.min(Math.max(offset, start), end)
    if (bounded !== offset) {
      const [relation, side] = offset < start ? ['lower than earliest', start] : ['higher than latest', end]
      printLine(
        command.io.stderr,
        `WARN New offset (${offset}) is ${relation} offset for topic partition ${topic}-${partition}. Value will be set to ${side}`,
      )
    }
    return { topic, partition, offset: bounded }
  })
}

async function lookUp(partitions: readonly TopicPartition[], timestamp: number, { admin, timeoutMs }: GroupCommand) {
  return await admin.listOffsets(
    partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })),
    { timeoutMs },
  )
}

function offsetOf(found: ReadonlyMap<string, Outcome<FoundOffset>>, { topic, partition }: TopicPartition): number {
  return unwrap(found.get(partitionKey(topic, partition))).offset
}
