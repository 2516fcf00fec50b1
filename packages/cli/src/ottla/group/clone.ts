/** `ottla group clone`: another group that stands where this one does. */
import { unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { plural } from '../quantities.ts'
import { Failure } from '../usage-problem.ts'
import { groupsNamed } from './group-facts.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const from = args.required('GROUP')
  const name = args.required('NEW')
  const { admin } = await open()
  await groupsNamed(admin, [from])
  const committed = await admin.listGroupOffsets(from)
  if (committed.length === 0) throw new Failure(`group ${from} has committed nothing`)
  const before = await admin.listGroupOffsets(name)
  if (before.length > 0)
    await screen.confirm(`Group ${name} has committed offsets already. Overwrite them?`, { yes: args.has('yes') })
  for (const outcome of (await admin.alterGroupOffsets(name, committed)).values()) unwrap(outcome)
  screen.json(committed.map(({ topic, partition, offset }) => ({ topic, partition, offset })))
  screen.say(`Group ${screen.style.bold(name)} stands where ${from} does, on ${plural(committed.length, 'partition')}`)
}
