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
    const { group, state, type, description, partitions } = standing
    const lag = totalLag(standing)
    screen.pairs([
      ['Group', screen.style.bold(group)],
      ['Type', type.toLowerCase()],
      ['State', paintState(state, state, screen.style)],
      ...(description === null
        ? []
        : ([
            [
              'Coordinator',
              `${description.coordinator.id} (${description.coordinator.host}:${description.coordinator.port})`,
            ],
            ['Assignor', description.assignor === '' ? null : description.assignor],
            ['Members', description.members.length],
          ] as const)),
      ['Lag', lag === null ? null : formatCount(lag)],
    ])
    if (partitions.length > 0) {
      screen.say('')
      screen.table(PARTITION_COLUMNS, partitions)
    }
    const idle = description?.members.filter(({ assignment }) => assignment.length === 0) ?? []
    if (idle.length > 0) {
      screen.say('')
      screen.table(
        [
          { title: 'MEMBER WITHOUT PARTITIONS', text: ({ memberId }) => memberId, isFlexible: true },
          { title: 'CLIENT', text: ({ clientId }) => clientId },
          { title: 'HOST', text: ({ host }) => host },
        ],
        idle,
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
  const { group, type, state, description, partitions } = standing
  return {
    group,
    type,
    state,
    coordinator: description?.coordinator.id ?? null,
    assignor: description?.assignor ?? null,
    lag: totalLag(standing),
    members: (description?.members ?? []).map(({ memberId, instanceId, clientId, host, assignment }) => ({
      memberId,
      instanceId,
      clientId,
      host,
      partitions: assignment,
    })),
    partitions: partitions.map(({ topic, partition, committedOffset, endOffset, lag, member }) => ({
      topic,
      partition,
      committedOffset,
      endOffset,
      lag,
      member,
    })),
  }
}
