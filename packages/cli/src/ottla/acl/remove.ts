/** `ottla acl remove`. */
import { unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { UsageProblem } from '../usage-problem.ts'
import { ACL_COLUMNS, filterOf, operationsOf, sorted } from './acl-words.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const filter = filterOf(args.value('principal'), args.value('resource'))
  const operations = operationsOf(args.values('operation'))
  if (Object.keys(filter).length === 0 && operations.length === 0) {
    throw new UsageProblem('which entries? Give --principal, --resource or --operation')
  }
  const { admin } = await open()
  const doomed = sorted(await admin.acls.describe(filter)).filter(
    ({ operation }) => operations.length === 0 || operations.includes(operation),
  )
  if (doomed.length === 0) {
    screen.json([])
    screen.say('There are no such entries.')
    return
  }
  screen.table(ACL_COLUMNS, doomed)
  await screen.confirm(`Remove ${doomed.length === 1 ? 'this entry' : `these ${doomed.length} entries`}?`, {
    yes: args.has('yes'),
  })
  for (const outcome of await admin.acls.delete(doomed)) unwrap(outcome)
  screen.json(doomed)
  screen.say(`Removed ${doomed.length === 1 ? '1 entry' : `${doomed.length} entries`}`)
}
