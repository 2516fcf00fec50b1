/** `ottla acl list`. */
import type { Invocation } from '../command.ts'
import { ACL_COLUMNS, filterOf, sorted } from './acl-words.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const filter = filterOf(args.value('principal'), args.value('resource'))
  const { admin } = await open()
  const bindings = sorted(await admin.acls.describe(filter))
  screen.json(bindings)
  if (bindings.length === 0) screen.remark('There are no such entries.')
  else screen.table(ACL_COLUMNS, bindings)
}
