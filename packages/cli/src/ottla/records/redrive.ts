/** `ottla redrive`: dead letters go back to where they came from. */
import type { Invocation } from '../command.ts'
import { formatCount, plural } from '../quantities.ts'
import { oneLine } from '../screen/text-width.ts'
import { describeNamed } from '../topic/topic-facts.ts'
import { recordFilter } from './record-filter.ts'

export async function run({ args, io, screen, open }: Invocation): Promise<void> {
  const from = args.required('TOPIC')
  const to = args.value('to')
  const filter = recordFilter(args)
  const limit = args.integer('count', 1)
  const groupId = args.value('group')
  const dryRun = args.has('dry-run')
  const { kafka, admin } = await open()
  await describeNamed(admin, to === undefined ? [from] : [from, to])
  if (!dryRun)
    await screen.confirm(`Send the dead letters of ${from} back to ${to ?? 'where they came from'}?`, {
      yes: args.has('yes'),
    })
  const targets = new Map<string, number>()
  const progress = screen.progress({ label: 'sending back', unit: 'records' })
  let count = 0
  const result = await kafka.redrive({
    from,
    dryRun,
    signal: io.signal,
    begin: args.has('again') ? 'earliest' : 'committed',
    ...(to === undefined ? {} : { to }),
    ...(filter === null ? {} : { filter }),
    ...(limit === undefined ? {} : { limit }),
    ...(groupId === undefined ? {} : { groupId }),
    onRecord: (record, target) => {
      count += 1
      targets.set(target, (targets.get(target) ?? 0) + 1)
      progress.update(count)
      if (args.has('verbose'))
        screen.say(
          screen.style.dim(
            `${record.partition}:${record.offset} ${oneLine(record.key?.toString('utf8') ?? '')} → ${target}`,
          ),
        )
    },
  })
  progress.end()
  screen.json({
    from,
    redriven: result.redriven,
    passedBy: result.passedBy,
    isComplete: result.isComplete,
    targets: Object.fromEntries(targets),
    isDryRun: dryRun,
  })
  screen.say(
    `${dryRun ? 'Would send' : 'Sent'} ${plural(result.redriven, 'record')} of ${screen.style.bold(from)} back${result.passedBy === 0 ? '' : `, passed ${formatCount(result.passedBy)} by`}`,
  )
  for (const [target, sent] of targets) screen.say(`  ${formatCount(sent)} to ${target}`)
  if (!result.isComplete) screen.remark('There are more.')
}
