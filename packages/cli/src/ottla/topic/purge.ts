/** `ottla topic purge`: moves the log start. */
import { partitionKey, unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { formatCount, momentMs } from '../quantities.ts'
import { UsageProblem } from '../usage-problem.ts'
import { describeNamed, offsetRanges } from './topic-facts.ts'

export async function run({ args, io, screen, open }: Invocation): Promise<void> {
  const topic = args.required('TOPIC')
  const beforeOffset = args.integer('before-offset')
  const beforeTime = args.value('before-time')
  if (beforeOffset !== undefined && beforeTime !== undefined) {
    throw new UsageProblem('--before-offset and --before-time exclude each other')
  }
  const moment = beforeTime === undefined ? null : momentMs(beforeTime, io.env.clock.now())
  if (beforeTime !== undefined && moment === null) throw new UsageProblem(`--before-time is no time: '${beforeTime}'`)
  const { admin } = await open()
  const [description] = await describeNamed(admin, [topic])
  const chosen = new Set(args.values('partition').map(Number))
  const partitions = description!.partitions
    .filter(({ partition }) => chosen.size === 0 || chosen.has(partition))
    .map(({ partition }) => ({ topic, partition }))
  const ranges = await offsetRanges(admin, partitions)
  const byTime =
    moment === null ? null : await admin.listOffsets(partitions.map((each) => ({ ...each, timestamp: moment })))
  const plan = partitions.flatMap(({ partition }) => {
    const key = partitionKey(topic, partition)
    const range = ranges.get(key)
    if (range === undefined) return []
    const found = byTime === null ? null : unwrap(byTime.get(key)).offset
    const wanted = found === null ? (beforeOffset ?? range.end) : found === -1 ? range.end : found
    const target = Math.min(Math.max(wanted, range.start), range.end)
    return target > range.start ? [{ topic, partition, beforeOffset: target, records: target - range.start }] : []
  })
  const records = plan.reduce((sum, each) => sum + each.records, 0)
  if (plan.length > 0 && !args.has('dry-run')) {
    await screen.confirm(`Delete ${formatCount(records)} offsets' worth of records of ${topic}?`, {
      yes: args.has('yes'),
    })
    const outcomes = await admin.deleteRecords(plan)
    for (const outcome of outcomes.values()) unwrap(outcome)
  }
  screen.json(
    plan.map(({ partition, beforeOffset: startOffset, records: deleted }) => ({
      topic,
      partition,
      startOffset,
      records: deleted,
    })),
  )
  if (plan.length === 0) screen.say('There is nothing to delete.')
  else {
    screen.table(
      [
        { title: 'PARTITION', text: ({ partition }) => partition, align: 'right' },
        { title: 'NEW START', text: ({ beforeOffset: start }) => start, align: 'right' },
        {
          title: args.has('dry-run') ? 'WOULD GO' : 'DELETED',
          text: (row) => formatCount(row.records),
          align: 'right',
        },
      ],
      plan,
    )
  }
}
