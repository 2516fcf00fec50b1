/** `ottla topic alter`. */
import { type ConfigChange, ConfigResourceType, unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { UsageProblem } from '../usage-problem.ts'
import { describeNamed } from './topic-facts.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const topic = args.required('TOPIC')
  const totalCount = args.integer('partitions', 1)
  const changes: ConfigChange[] = [
    ...args.pairs('set').map(([name, value]) => ({ kind: 'set', name, value }) as const),
    ...args.values('unset').map((name) => ({ kind: 'delete', name }) as const),
  ]
  if (totalCount === undefined && changes.length === 0) {
    throw new UsageProblem('nothing to change: give --partitions, --set or --unset')
  }
  const validateOnly = args.has('dry-run')
  const { admin } = await open()
  const [before] = await describeNamed(admin, [topic])
  const verb = validateOnly ? 'Would change' : 'Changed'
  if (totalCount !== undefined) {
    unwrap((await admin.createPartitions([{ topic, totalCount }], { validateOnly })).get(topic))
    screen.say(`${verb} ${screen.style.bold(topic)} from ${before!.partitions.length} to ${totalCount} partitions`)
    screen.remark('Records with a key may go to another partition than before from now on.')
  }
  if (changes.length > 0) {
    const resource = { type: ConfigResourceType.topic, name: topic }
    const outcomes = await admin.incrementalAlterConfigs([{ resource, changes }], { validateOnly })
    for (const outcome of outcomes.values()) unwrap(outcome)
    for (const change of changes)
      screen.say(
        `${verb} ${screen.style.bold(topic)}: ${change.name} ${change.kind === 'set' ? `= ${change.value}` : 'back to its default'}`,
      )
  }
  screen.json({
    topic,
    partitions: totalCount ?? before!.partitions.length,
    set: Object.fromEntries(args.pairs('set')),
    unset: args.values('unset'),
    isChanged: !validateOnly,
  })
}
