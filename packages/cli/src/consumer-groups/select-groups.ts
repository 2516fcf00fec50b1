/** The groups that an action is about. */
import type { GroupListing } from '@ottla/client'
import type { GroupCommand } from '../shared/group-command.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'

/** Those named, or all groups of consumers. */
export async function selectGroups(command: GroupCommand): Promise<string[]> {
  const { options } = command
  if (!options.has('all-groups')) return [...new Set(options.values('group'))]
  return (await consumerGroups(command)).map(({ group }) => group)
}

/** Groups of consumers, of either protocol. */
export async function consumerGroups(
  { admin, timeoutMs }: GroupCommand,
  filter: { readonly states?: readonly string[]; readonly types?: readonly string[] } = {},
): Promise<GroupListing[]> {
  const groups = await admin.listGroups({ timeoutMs, ...filter })
  const found = groups.filter(({ protocolType, type }) => {
    const isOfConsumers = protocolType === 'consumer' || protocolType === ''
    return isOfConsumers && (type === '' || /^(consumer|classic)$/i.test(type))
  })
  return javaMapOrder(found, ({ group }) => stringHash(group))
}
