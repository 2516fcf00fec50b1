/** The picture of `ottla demo`. */
import type { LagRow } from '../group/lag.ts'
import { RATE_COLUMNS } from '../group/lag.ts'
import { formatCount } from '../quantities.ts'
import type { Screen } from '../screen/screen.ts'
import { formatTable } from '../screen/table.ts'

export interface TopicFigures {
  readonly name: string
  readonly records: number
  /** Null at the first look. */
  readonly perSecond: number | null
}

export interface DemoPicture {
  readonly topics: readonly TopicFigures[]
  readonly groups: readonly LagRow[]
  readonly isSelling: boolean
  /** Orders that are not billed. */
  readonly lag: number
  readonly lagMax: number
  readonly elapsed: string
}

const BAR_COLUMNS = 40

export function demoLines({ topics, groups, isSelling, lag, lagMax, elapsed }: DemoPicture, screen: Screen): string[] {
  const { dim, cyan, yellow, green } = screen.style
  const [workers = 0] = groups.map(({ members }) => members)
  const rate = (figures: TopicFigures) =>
    figures.perSecond === null ? null : formatCount(Math.round(figures.perSecond))
  const filled = Math.round((lag / lagMax) * BAR_COLUMNS)
  return [
    ...formatTable(
      [
        { title: 'TOPIC', text: ({ name }: TopicFigures) => name, paint: (text) => cyan(text) },
        { title: 'RECORDS', text: ({ records }) => formatCount(records), align: 'right' },
        { title: 'IN/S', text: rate, align: 'right' },
      ],
      topics,
      screen,
    ),
    '',
    ...formatTable(RATE_COLUMNS, groups, screen),
    '',
    `not billed  ${yellow('█'.repeat(filled))}${dim('░'.repeat(BAR_COLUMNS - filled))}  ${formatCount(lag)}`,
    `${dim(elapsed)}  ${says({ isSelling, workers, lag }, green)}`,
  ]
}

function says(
  { isSelling, workers, lag }: { isSelling: boolean; workers: number; lag: number },
  paint: (text: string) => string,
): string {
  if (isSelling && workers === 0) return 'Orders come in, and nobody bills them yet.'
  if (isSelling && workers === 1) return 'One worker bills orders, more slowly than they come in: the lag grows.'
  if (isSelling) return 'A second worker has joined the group, and the partitions are shared out: the lag shrinks.'
  return lag === 0 ? paint('Everything is billed.') : 'The shop has closed; what is left is worked off.'
}
