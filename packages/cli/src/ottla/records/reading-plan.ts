/** Where reading begins and ends in each partition, from -o, -e and the like. */
import { type Admin, OffsetMark, partitionKey, type TopicPartition, unwrap } from '@ottla/client'
import type { Arguments } from '../parse-arguments.ts'
import { momentMs } from '../quantities.ts'
import { offsetRanges } from '../topic/topic-facts.ts'
import { UsageProblem } from '../usage-problem.ts'

export type StartMark =
  | { readonly kind: 'beginning' | 'end' | 'stored' }
  | { readonly kind: 'offset' | 'last'; readonly count: number }
  | { readonly kind: 'time'; readonly ms: number }

export interface ReadingBounds {
  readonly start: StartMark
  /** Milliseconds; null: no bound by time. */
  readonly untilMs: number | null
  /** Ends with what is there when it begins. */
  readonly endsAtEnd: boolean
}

export interface PlannedPartition extends TopicPartition {
  readonly from: number
  /** Offsets from here on are not wanted; null: it goes on for ever. */
  readonly until: number | null
}

/** From `-o` (several are allowed: s@ and e@), --since, --until, -e. Throws {@link UsageProblem}. */
export function readingBounds(args: Arguments, nowMs: number, fallback: StartMark): ReadingBounds {
  let start = fallback
  let untilMs: number | null = null
  const moment = (text: string) => {
    const ms = momentMs(text, nowMs)
    if (ms === null)
      throw new UsageProblem(`'${text}' is no time: give milliseconds, 2026-01-31T12:00:00Z, or 1h for an hour ago`)
    return ms
  }
  for (const text of args.values('offset')) {
    if (text.startsWith('e@')) untilMs = moment(text.slice(2))
    else start = startMark(text, moment)
  }
  const since = args.value('since')
  const until = args.value('until')
  if (since !== undefined) start = { kind: 'time', ms: moment(since) }
  if (until !== undefined) untilMs = moment(until)
  return { start, untilMs, endsAtEnd: args.has('exit') }
}

function startMark(text: string, moment: (text: string) => number): StartMark {
  if (text === 'beginning' || text === 'earliest') return { kind: 'beginning' }
  if (text === 'end' || text === 'latest') return { kind: 'end' }
  if (text === 'stored') return { kind: 'stored' }
  if (text.startsWith('s@')) return { kind: 'time', ms: moment(text.slice(2)) }
  if (/^-\d+$/.test(text)) return { kind: 'last', count: -Number(text) }
  if (/^\d+$/.test(text)) return { kind: 'offset', count: Number(text) }
  throw new UsageProblem(`--offset is beginning, end, stored, OFFSET, -COUNT, s@TIME or e@TIME, not '${text}'`)
}

export async function planReading(
  admin: Admin,
  partitions: readonly TopicPartition[],
  bounds: ReadingBounds & { readonly isCommitted: boolean },
): Promise<PlannedPartition[]> {
  const { start, untilMs, endsAtEnd } = bounds
  const isolation = bounds.isCommitted ? 'read_committed' : 'read_uncommitted'
  const ranges = await offsetRanges(admin, partitions, isolation)
  const starts = start.kind === 'time' ? await offsetsAt(admin, partitions, start.ms) : null
  const ends = untilMs === null ? null : await offsetsAt(admin, partitions, untilMs)
  return partitions.flatMap(({ topic, partition }) => {
    const key = partitionKey(topic, partition)
    const range = ranges.get(key)
    if (range === undefined) return []
    const atTime = ends?.get(key)
    const isPast = untilMs !== null && atTime !== undefined
    // Where no record has reached that time yet, it ends with what is there.
    const until = isPast ? atTime : endsAtEnd || untilMs !== null ? range.end : null
    return [{ topic, partition, from: firstOffset(start, range, starts?.get(key)), until }]
  })
}

function firstOffset(start: StartMark, range: { start: number; end: number }, atTime: number | undefined): number {
  switch (start.kind) {
    case 'end':
      return range.end
    case 'offset':
      return Math.min(Math.max(start.count, range.start), range.end)
    case 'last':
      return Math.max(range.start, range.end - start.count)
    case 'time':
      return atTime ?? range.end
    default:
      return range.start
  }
}

/** Of the first record at or after the time, by partition key; partitions without one are left out. */
async function offsetsAt(
  admin: Admin,
  partitions: readonly TopicPartition[],
  ms: number,
): Promise<Map<string, number>> {
  const found = await admin.listOffsets(
    partitions.map(({ topic, partition }) => ({ topic, partition, timestamp: Math.max(0, ms) })),
  )
  const offsets = new Map<string, number>()
  for (const [key, outcome] of found) {
    const { offset } = unwrap(outcome)
    if (offset !== OffsetMark.latest) offsets.set(key, offset)
  }
  return offsets
}
