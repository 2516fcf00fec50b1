/** `ottla topic create`. */
import { unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { codeOf } from '../failure.ts'
import { plural } from '../quantities.ts'
import { Failure } from '../usage-problem.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const names = [...new Set(args.arguments('TOPIC'))]
  const partitionCount = args.integer('partitions', 1)
  const replicationFactor = args.integer('replicas', 1)
  const configs = Object.fromEntries(args.pairs('config'))
  const { admin } = await open()
  const outcomes = await admin.createTopics(
    names.map((name) => ({ name, partitionCount, replicationFactor, configs })),
    { validateOnly: args.has('dry-run') },
  )
  const created: { name: string; id: string; partitions: number; replicationFactor: number; isNew: boolean }[] = []
  for (const name of names) {
    const outcome = outcomes.get(name)
    if (outcome?.kind === 'failed' && codeOf(outcome.error) === 'TOPIC_ALREADY_EXISTS') {
      if (!args.has('if-not-exists')) {
        throw new Failure(`topic ${name} exists already`, {
          hint: '--if-not-exists takes that for granted; `ottla topic alter` changes it.',
        })
      }
      screen.say(`Topic ${name} exists already`)
      continue
    }
    const { id, partitionCount: partitions, replicationFactor: replicas } = unwrap(outcome)
    created.push({ name, id, partitions, replicationFactor: replicas, isNew: !args.has('dry-run') })
    const verb = args.has('dry-run') ? 'Would create' : 'Created'
    const size =
      partitions > 0 ? ` with ${plural(partitions, 'partition')}${replicas > 1 ? ` of ${replicas} replicas` : ''}` : ''
    screen.say(`${verb} topic ${screen.style.bold(name)}${size}`)
  }
  screen.json(created)
}
