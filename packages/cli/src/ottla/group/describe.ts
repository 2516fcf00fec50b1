/** `ottla group describe`. */
import type { Invocation } from '../command.ts'
import { formatCount } from '../quantities.ts'
import type { Column } from '../screen/table.ts'
import { type GroupStanding, groupsNamed, type PartitionStanding, standingOf, totalLag } from './group-facts.ts'
import { paintState } from './list.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const { admin } = await open()
  const listings = await groupsNamed(admin, args.arguments('GROUP'))
  const standings = await Promise.all(listings.map((listing) => standingOf(admin, listing)))
  screen.json(standings.map(jsonOf))
  standings.forEach((standing, index) => {
    if (index > 0) screen.say('')
    const { group, state, type, coordinator, assignor, members, partitions } = standing
    const lag = totalLag(standing)
    screen.pairs([
      ['Group', screen.style.bold(group)],
      ['Type', type.toLowerCase()],
      ['State', paintState(state, state, screen.style)],
      ['Coordinator', coordinator === null ? null : `${coordinator.id} (${coordinator.host}:${coordinator.port})`],
      ['Assignor', assignor === '' ? null : assignor],
      ['Members', members.length],
      ['Lag', lag === null ? null : formatCount(lag)],
    ])
    if (partitions.length > 0) {
      screen.say('')
      screen.table(PARTITION_COLUMNS, partitions)
    }
    const shown = new Set(partitions.map(({ member }) => member))
    const others = members.filter(({ memberId }) => !shown.has(memberId))
    if (others.length > 0) {
      screen.say('')
      screen.table(
        [
          {
            title: type === 'share' ? 'MEMBER' : 'MEMBER WITHOUT PARTITIONS',
            text: ({ memberId }) => memberId,
            isFlexible: true,
          },
          { title: 'CLIENT', text: ({ clientId }) => clientId },
          { title: 'HOST', text: ({ host }) => host },
        ],
        others,
      )
    }
  })
}

const PARTITION_COLUMNS: readonly Column<PartitionStanding>[] = [
  { title: 'TOPIC', text: ({ topic }) => topic, isFlexible: true, paint: (text, _, { cyan }) => cyan(text) },
  { title: 'PARTITION', text: ({ partition }) => partition, align: 'right' },
  { title: 'COMMITTED', text: ({ committedOffset }) => committedOffset, align: 'right' },
  { title: 'END', text: ({ endOffset }) => endOffset, align: 'right' },
  {
    title: 'LAG',
    text: ({ lag }) => (lag === null ? null : formatCount(lag)),
    align: 'right',
    paint: (text, { lag }, { yellow }) => ((lag ?? 0) > 0 ? yellow(text) : text),
  },
  { title: 'CLIENT', text: ({ clientId }) => clientId, isFlexible: true },
  { title: 'HOST', text: ({ host }) => host },
  { title: 'MEMBER', text: ({ member }) => member, isFlexible: true, paint: (text, _, { dim }) => dim(text) },
]

function jsonOf(standing: GroupStanding) {
  const { group, type, state, coordinator, assignor, members, partitions } = standing
  return {
    group,
    type,
    state,
    coordinator: coordinator?.id ?? null,
    assignor: assignor === '' ? null : assignor,
    lag: totalLag(standing),
    members,
    partitions: partitions.map(({ clientId: _, host: __, ...rest }) => rest),
  }
}
