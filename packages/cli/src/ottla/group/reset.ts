/** `ottla group reset`: moves the committed offsets of a group that has no members. */
import { type Admin, type Outcome, partitionKey, type TopicPartition, unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import type { Arguments } from '../parse-arguments.ts'
import { formatCount, momentMs, plural } from '../quantities.ts'
import { describeNamed, offsetRanges } from '../topic/topic-facts.ts'
import { Failure, UsageProblem } from '../usage-problem.ts'

interface Move extends TopicPartition {
  /** Null: nothing was committed. */
  readonly from: number | null
  readonly to: number
}

export async function run({ args, io, screen, open }: Invocation): Promise<void> {
  const group = args.required('GROUP')
  const target = targetOf(args, io.env.clock.now())
  if (!args.has('topic') && !args.has('all-topics'))
    throw new UsageProblem('which topics? Give --topic NAME, or --all-topics')
  const { admin } = await open()
  const offsetsOf = await groupOffsets(admin, group)
  const committed = new Map((await offsetsOf.read()).map((each) => [partitionKey(each.topic, each.partition), each]))
  const partitions = args.has('all-topics')
    ? [...committed.values()].map(({ topic, partition }) => ({ topic, partition }))
    : await namedPartitions(admin, args)
  if (partitions.length === 0) throw new Failure(`group ${group} has committed nothing: name topics with --topic`)
  const moves = await planMoves(admin, partitions, { target, committedOf: (key) => committed.get(key)?.offset ?? null })
  const isDry = args.has('dry-run')
  if (!isDry && moves.length > 0) {
    if (!screen.isJson) screen.table(COLUMNS, moves)
    await screen.confirm(`Move group ${group} on ${plural(moves.length, 'partition')}?`, { yes: args.has('yes') })
    const outcomes = await offsetsOf.write(
      moves.map(({ topic, partition, to: offset }) => ({ topic, partition, offset })),
    )
    for (const outcome of outcomes.values()) unwrap(outcome)
  }
  screen.json(moves)
  if (isDry) {
    screen.table(COLUMNS, moves)
    screen.remark('Nothing was changed (--dry-run).')
  } else screen.say(`Moved group ${screen.style.bold(group)} on ${plural(moves.length, 'partition')}`)
}

const COLUMNS = [
  { title: 'TOPIC', text: ({ topic }: Move) => topic, isFlexible: true },
  { title: 'PARTITION', text: ({ partition }: Move) => partition, align: 'right' as const },
  { title: 'FROM', text: ({ from }: Move) => from, align: 'right' as const },
  { title: 'TO', text: ({ to }: Move) => to, align: 'right' as const },
  {
    title: 'AGAIN',
    text: ({ from, to }: Move) => (from === null || to >= from ? null : formatCount(from - to)),
    align: 'right' as const,
  },
  {
    title: 'SKIPPED',
    text: ({ from, to }: Move) => (from === null || to <= from ? null : formatCount(to - from)),
    align: 'right' as const,
  },
]

interface GroupOffsets {
  read(): Promise<readonly (TopicPartition & { readonly offset: number })[]>
  write(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<Map<string, Outcome<void>>>
}

/** Share groups keep where they begin, the others what they have committed. */
async function groupOffsets(admin: Admin, group: string): Promise<GroupOffsets> {
  const isShare = (await admin.listGroups({ types: ['share'] })).some(
    (each) => each.group === group && each.type === 'share',
  )
  if (!isShare) {
    return { read: () => admin.listGroupOffsets(group), write: (offsets) => admin.alterGroupOffsets(group, offsets) }
  }
  return {
    async read() {
      const known = await admin.shareGroups.offsets(group)
      return known
        .filter(({ startOffset }) => startOffset >= 0)
        .map(({ topic, partition, startOffset: offset }) => ({ topic, partition, offset }))
    },
    write: (offsets) => admin.shareGroups.alterOffsets(group, offsets),
  }
}

type ResetTarget =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset' | 'shift'; readonly count: number }
  | { readonly kind: 'time'; readonly ms: number }

function targetOf(args: Arguments, nowMs: number): ResetTarget {
  const to = args.value('to')
  const time = args.value('to-time')
  if ((to === undefined) === (time === undefined)) throw new UsageProblem('where to? Give either --to or --to-time')
  if (time !== undefined) {
    const ms = momentMs(time, nowMs)
    if (ms === null) throw new UsageProblem(`--to-time is no time: '${time}'`)
    return { kind: 'time', ms }
  }
  if (to === 'earliest' || to === 'beginning') return { kind: 'earliest' }
  if (to === 'latest' || to === 'end') return { kind: 'latest' }
  if (/^[+-]\d+$/.test(to!)) return { kind: 'shift', count: Number(to) }
  if (/^\d+$/.test(to!)) return { kind: 'offset', count: Number(to) }
  throw new UsageProblem(`--to is earliest, latest, OFFSET, +COUNT or -COUNT, not '${to}'`)
}

/** `NAME`, or `NAME:0,1`. */
async function namedPartitions(admin: Admin, args: Arguments): Promise<TopicPartition[]> {
  const scopes = args.values('topic').map((text) => {
    const [, topic = '', list] = /^(.*?)(?::([\d,]+))?$/.exec(text)!
    return { topic, chosen: list === undefined ? null : new Set(list.split(',').map(Number)) }
  })
  const described = await describeNamed(
    admin,
    scopes.map(({ topic }) => topic),
  )
  return scopes.flatMap(({ topic, chosen }) =>
    described
      .find(({ name }) => name === topic)!
      .partitions.filter(({ partition }) => chosen === null || chosen.has(partition))
      .map(({ partition }) => ({ topic, partition })),
  )
}

/** Partitions that stand where they should are left out. */
async function planMoves(
  admin: Admin,
  partitions: readonly TopicPartition[],
  { target, committedOf }: { target: ResetTarget; committedOf: (key: string) => number | null },
): Promise<Move[]> {
  const ranges = await offsetRanges(admin, partitions)
  const atTime =
    target.kind === 'time'
      ? await admin.listOffsets(partitions.map((each) => ({ ...each, timestamp: target.ms })))
      : null
  const moves: Move[] = []
  for (const { topic, partition } of partitions) {
    const key = partitionKey(topic, partition)
    const range = ranges.get(key)
    if (range === undefined)
      throw new Failure(`${topic}-${partition} has no leader, or is gone: leave it out with --topic`)
    const from = committedOf(key)
    const wanted = () => {
      switch (target.kind) {
        case 'earliest':
          return range.start
        case 'latest':
          return range.end
        case 'offset':
          return target.count
        case 'shift':
          if (from === null) throw new Failure(`${topic}-${partition} has no committed offset to count from`)
          return from + target.count
        case 'time': {
          const found = unwrap(atTime!.get(key)).offset
          return found < 0 ? range.end : found
        }
      }
    }
    const to = Math.min(Math.max(wanted(), range.start), range.end)
    if (to !== from) moves.push({ topic, partition, from, to })
  }
  return moves
}
