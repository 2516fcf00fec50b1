/** `ottla acl add`. */
import { type AclBinding, unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { ACL_COLUMNS, operationsOf, principalOf, resourceOf } from './acl-words.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const resource = resourceOf(args.required('RESOURCE'))
  const bindings = operationsOf(args.arguments('OPERATION')).map(
    (operation): AclBinding => ({
      ...resource,
      principal: principalOf(args.required('PRINCIPAL')),
      host: args.value('host') ?? '*',
      operation,
      permission: args.has('deny') ? 'DENY' : 'ALLOW',
    }),
  )
  const { admin } = await open()
  for (const outcome of (await admin.acls.create(bindings)).values()) unwrap(outcome)
  screen.json(bindings)
  screen.table(ACL_COLUMNS, bindings)
}
