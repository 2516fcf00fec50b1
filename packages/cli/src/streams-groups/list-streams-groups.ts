/** kafka-streams-groups --list, and the groups that the other actions are about. */
import type { GroupListing } from '@ottla/client'
import { printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { chosenStates, type GroupCommand } from '../shared/group-command.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'

const NAME_WIDTH = 15

export async function listStreamsGroups(command: GroupCommand): Promise<void> {
  const { options, io } = command
  const states = wantedStates(options)
  const groups = await streamsGroups(command, states.length === 0 ? {} : { states })
  if (!options.has('state')) {
    for (const { group } of groups) printLine(io.stdout, group)
    return
  }
  const width = Math.max(NAME_WIDTH, ...groups.map(({ group }) => group.length))
  printLine(io.stdout, `${'GROUP'.padEnd(width)} STATE`)
  for (const { group, state } of groups) printLine(io.stdout, `${group.padEnd(width)} ${state}`)
}

/** Throws UsageError. */
export function wantedStates(options: ParsedOptions): string[] {
  return chosenStates(options.value('state'), ['Empty', 'NotReady', 'Stable', 'Assigning', 'Reconciling', 'Dead'])
}

/** Those named, or all streams groups. */
export async function selectStreamsGroups(command: GroupCommand): Promise<string[]> {
  const { options } = command
  if (!options.has('all-groups')) return [...new Set(options.values('group'))]
  return (await streamsGroups(command)).map(({ group }) => group)
}

export async function streamsGroups(
  { admin, timeoutMs }: GroupCommand,
  filter: { readonly states?: readonly string[] } = {},
): Promise<GroupListing[]> {
  const groups = await admin.listGroups({ timeoutMs, types: ['streams'], ...filter })
  return javaMapOrder(groups, ({ group }) => stringHash(group))
}
