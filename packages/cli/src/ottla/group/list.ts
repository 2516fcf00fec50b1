/** `ottla group list`. */
import type { Invocation } from '../command.ts'
import { formatCount, plural } from '../quantities.ts'
import type { Style } from '../screen/style.ts'
import type { Column } from '../screen/table.ts'
import { globPattern } from '../topic/topic-facts.ts'
import { standingOf, totalLag } from './group-facts.ts'

interface Row {
  readonly group: string
  readonly type: string
  readonly state: string
  readonly protocolType: string
  /** The last three only with --long. */
  readonly members: number | null
  readonly topics: readonly string[] | null
  readonly lag: number | null
}

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const { admin } = await open()
  const pattern = globPattern(args.argument('PATTERN') ?? '*')
  const states = args.values('state').map((state) => state.toLowerCase())
  const types = args.values('type')
  const listed = (await admin.listGroups())
    .filter(
      ({ group, state, type }) =>
        pattern.test(group) &&
        (states.length === 0 || states.includes(state.toLowerCase())) &&
        (types.length === 0 || types.includes(type)),
    )
    .sort((a, b) => (a.group < b.group ? -1 : 1))
  const isLong = args.has('long')
  const rows: Row[] = []
  const progress = screen.progress({ label: 'asking', unit: 'groups', total: listed.length })
  for (const listing of listed) {
    const { group, type, state, protocolType } = listing
    const standing = isLong ? await standingOf(admin, listing) : null
    rows.push({
      group,
      type,
      // A broker before Kafka 2.6 lists no states.
      state: standing?.state ?? state,
      protocolType,
      members: standing?.members.length ?? null,
      topics: standing === null ? null : [...new Set(standing.partitions.map(({ topic }) => topic))],
      lag: standing === null ? null : totalLag(standing),
    })
    progress.update(rows.length)
  }
  progress.end()
  screen.json(rows)
  if (rows.length === 0) {
    screen.remark('There are no such groups.')
    return
  }
  screen.table(isLong ? [...COLUMNS, ...LONG_COLUMNS] : COLUMNS, rows)
  screen.remark(plural(rows.length, 'group'))
}

/** Green where members work, yellow where it moves. */
export function paintState(text: string, state: string, { green, yellow, dim }: Style): string {
  if (state === 'Stable') return green(text)
  return state === 'Empty' || state === 'Dead' || state === '' ? dim(text) : yellow(text)
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'GROUP', text: ({ group }) => group, isFlexible: true, paint: (text, _, { cyan }) => cyan(text) },
  { title: 'TYPE', text: ({ type }) => type.toLowerCase() },
  { title: 'STATE', text: ({ state }) => state, paint: (text, { state }, style) => paintState(text, state, style) },
]

const LONG_COLUMNS: readonly Column<Row>[] = [
  { title: 'MEMBERS', text: ({ members }) => members, align: 'right' },
  {
    title: 'LAG',
    text: ({ lag }) => (lag === null ? null : formatCount(lag)),
    align: 'right',
    paint: (text, { lag }, { yellow }) => ((lag ?? 0) > 0 ? yellow(text) : text),
  },
  { title: 'TOPICS', text: ({ topics }) => topics?.join(','), isFlexible: true },
]
