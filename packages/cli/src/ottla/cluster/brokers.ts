/** `ottla cluster brokers`. */
import type { Invocation } from '../command.ts'
import { formatBytes } from '../quantities.ts'

export async function run({ screen, open }: Invocation): Promise<void> {
  const { admin } = await open()
  const [cluster, listed, logDirs] = await Promise.all([
    admin.describeCluster({ includeFencedBrokers: true }),
    admin.listTopics(),
    // Needs more rights than the rest.
    admin.logDirs.describe().catch(() => null),
  ])
  const described = await admin.describeTopics(listed.map(({ name }) => name))
  const partitions = [...described.values()].flatMap((outcome) =>
    outcome.kind === 'done' ? outcome.value.partitions : [],
  )
  const rows = [...cluster.brokers]
    .sort((a, b) => a.id - b.id)
    .map(({ id, host, port, rack, isFenced }) => {
      const dirs = logDirs?.get(id)
      return {
        id,
        host,
        port,
        rack,
        isController: id === cluster.controllerId,
        isFenced,
        leaders: partitions.filter(({ leader }) => leader?.id === id).length,
        replicas: partitions.filter(({ replicas }) => replicas.includes(id)).length,
        sizeBytes:
          dirs?.reduce((sum, dir) => sum + dir.replicas.reduce((total, { sizeBytes }) => total + sizeBytes, 0), 0) ??
          null,
        usableBytes:
          dirs?.reduce<number | null>(
            (sum, dir) => (dir.usableBytes === null ? sum : (sum ?? 0) + dir.usableBytes),
            null,
          ) ?? null,
      }
    })
  screen.json(rows)
  screen.table(
    [
      { title: 'BROKER', text: ({ id, isController }) => `${id}${isController ? '*' : ''}`, align: 'right' },
      { title: 'ADDRESS', text: ({ host, port }) => `${host}:${port}`, isFlexible: true },
      { title: 'RACK', text: ({ rack }) => rack },
      {
        title: 'STATE',
        text: ({ isFenced }) => (isFenced ? 'fenced' : 'ok'),
        paint: (text, { isFenced }, { green, yellow }) => (isFenced ? yellow(text) : green(text)),
      },
      { title: 'LEADS', text: ({ leaders }) => leaders, align: 'right' },
      { title: 'HOLDS', text: ({ replicas }) => replicas, align: 'right' },
      { title: 'SIZE', text: ({ sizeBytes }) => (sizeBytes === null ? null : formatBytes(sizeBytes)), align: 'right' },
      {
        title: 'FREE',
        text: ({ usableBytes }) => (usableBytes === null ? null : formatBytes(usableBytes)),
        align: 'right',
      },
    ],
    rows,
  )
  screen.remark('* is the controller')
}
