/** `ottla group lag`: how far behind groups are, by topic; again and again with --watch. */
import type { Admin, GroupListing } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { formatCount, formatDuration, formatTimestamp } from '../quantities.ts'
import { LiveText, pause } from '../screen/live.ts'
import type { Screen } from '../screen/screen.ts'
import { type Column, formatTable } from '../screen/table.ts'
import { groupsNamed, standingOf } from './group-facts.ts'
import { paintState } from './list.ts'

export interface LagRow {
  readonly group: string
  readonly topic: string
  readonly state: string
  readonly partitions: number
  readonly members: number
  /** Null: nothing is committed. */
  readonly lag: number | null
  /** Sum of committed offsets, to see what was done between two looks. */
  readonly committed: number
  /** Records done per second since the look before; null at the first. */
  readonly perSecond: number | null
}

const WATCH_MS = 2000

export async function run({ args, io, screen, open }: Invocation): Promise<void> {
  const { admin } = await open()
  const names = args.arguments('GROUP')
  const listings = async () => (names.length > 0 ? await groupsNamed(admin, names) : await admin.listGroups())
  const first = await lagRows(admin, await listings(), null)
  if (!args.has('watch')) {
    screen.json(first.map(jsonOf))
    if (first.length === 0) screen.remark('No group has committed anything.')
    else screen.table(COLUMNS, first)
    return
  }
  const everyMs = args.duration('every') ?? WATCH_MS
  const live = new LiveText(io.stdout)
  let before = { rows: first, at: io.env.clock.monotonic() }
  let rows = first
  for (;;) {
    show(rows, { screen, live, now: io.env.clock.now() })
    await pause(io.env, everyMs, io.signal)
    const at = io.env.clock.monotonic()
    rows = await lagRows(admin, await listings(), { rows: before.rows, elapsedMs: at - before.at })
    before = { rows, at }
  }
}

/** By group and topic. */
export async function lagRows(
  admin: Admin,
  listings: readonly GroupListing[],
  before: { readonly rows: readonly LagRow[]; readonly elapsedMs: number } | null,
): Promise<LagRow[]> {
  const rows: LagRow[] = []
  for (const listing of [...listings].sort((a, b) => (a.group < b.group ? -1 : 1))) {
    const { group, type, state, members, partitions } = await standingOf(admin, listing)
    for (const topic of [...new Set(partitions.map((each) => each.topic))]) {
      const own = partitions.filter((each) => each.topic === topic)
      const known = own.flatMap(({ lag }) => (lag === null ? [] : [lag]))
      const committed = own.reduce((sum, { committedOffset }) => sum + (committedOffset ?? 0), 0)
      const last = before?.rows.find((row) => row.group === group && row.topic === topic)
      rows.push({
        group,
        topic,
        state,
        partitions: own.length,
        members: type === 'share' ? members.length : new Set(own.flatMap(({ member }) => member ?? [])).size,
        lag: known.length === 0 ? null : known.reduce((sum, lag) => sum + lag, 0),
        committed,
        perSecond:
          before === null || last === undefined
            ? null
            : Math.max(0, ((committed - last.committed) * 1000) / before.elapsedMs),
      })
    }
  }
  return rows
}

const COLUMNS: readonly Column<LagRow>[] = [
  { title: 'GROUP', text: ({ group }) => group, isFlexible: true, paint: (text, _, { cyan }) => cyan(text) },
  { title: 'TOPIC', text: ({ topic }) => topic, isFlexible: true },
  { title: 'STATE', text: ({ state }) => state, paint: (text, { state }, style) => paintState(text, state, style) },
  { title: 'PARTITIONS', text: ({ partitions }) => partitions, align: 'right' },
  { title: 'MEMBERS', text: ({ members }) => members, align: 'right' },
  {
    title: 'LAG',
    text: ({ lag }) => (lag === null ? null : formatCount(lag)),
    align: 'right',
    paint: (text, { lag }, { yellow, green }) => ((lag ?? 0) > 0 ? yellow(text) : green(text)),
  },
]

/** What is known from the second look on. */
export const RATE_COLUMNS: readonly Column<LagRow>[] = [
  ...COLUMNS,
  {
    title: 'DONE/S',
    text: ({ perSecond }) => (perSecond === null ? null : formatCount(Math.round(perSecond))),
    align: 'right',
  },
  {
    title: 'LEFT',
    text: ({ lag, perSecond }) =>
      lag === null || lag === 0 || perSecond === null
        ? null
        : perSecond === 0
          ? 'stands still'
          : formatDuration((lag * 1000) / perSecond),
    align: 'right',
    paint: (text, { lag, perSecond }, { red }) => ((lag ?? 0) > 0 && perSecond === 0 ? red(text) : text),
  },
]

function show(rows: readonly LagRow[], { screen, live, now }: { screen: Screen; live: LiveText; now: number }): void {
  if (screen.isJson) {
    screen.jsonLine({ time: now, lags: rows.map(jsonOf) })
    return
  }
  live.show([screen.style.dim(formatTimestamp(now)), ...formatTable(RATE_COLUMNS, rows, screen)])
}

function jsonOf({ committed: _, ...row }: LagRow) {
  return row
}
