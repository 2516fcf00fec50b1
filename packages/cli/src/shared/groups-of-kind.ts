/** What the tools for share and streams groups do alike with the groups of their kind: they list, choose and delete them. */
import type { GroupListing } from '@ottla/client'
import { printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { codeTextWithClass } from './error-text.ts'
import { chosenStates, type GroupCommand, printError } from './group-command.ts'
import { javaMapOrder, stringHash } from './java-map-order.ts'

/** One of the two kinds, in the words of its tool. */
export interface GroupKind {
  readonly type: 'share' | 'streams'
  /** That --state may name. */
  readonly states: readonly string[]
  /** Of a group that is to be deleted, and is none of the kind. */
  readonly isNone: string
  /** Ends the sentence about groups that were deleted when others were not. */
  readonly end: string
}

const NAME_WIDTH = 15
const EXCEPTIONS = 'org.apache.kafka.common.errors.'

/** --list. */
export async function listGroups(kind: GroupKind, command: GroupCommand): Promise<void> {
  const { options, io } = command
  const states = wantedStates(kind, options)
  const groups = await groupsOf(kind, command, states.length === 0 ? {} : { states })
  if (!options.has('state')) {
    for (const { group } of groups) printLine(io.stdout, group)
    return
  }
  const width = Math.max(NAME_WIDTH, ...groups.map(({ group }) => group.length))
  printLine(io.stdout, `${'GROUP'.padEnd(width)} STATE`)
  for (const { group, state } of groups) printLine(io.stdout, `${group.padEnd(width)} ${state}`)
}

/** Throws UsageError. */
export function wantedStates({ states }: GroupKind, options: ParsedOptions): string[] {
  return chosenStates(options.value('state'), states)
}

/** Those named, or all of the kind. */
export async function selectGroups(kind: GroupKind, command: GroupCommand): Promise<string[]> {
  const { options } = command
  if (!options.has('all-groups')) return [...new Set(options.values('group'))]
  return (await groupsOf(kind, command)).map(({ group }) => group)
}

/**
 * --delete. `beforeDeletion` gets the groups that can be deleted, which nobody knows of afterwards. Resolves to those that were deleted, and to what
 * that gave.
 */
export async function deleteGroups<T>(
  kind: GroupKind,
  command: GroupCommand,
  beforeDeletion: (groups: readonly string[]) => Promise<T>,
): Promise<{ readonly deleted: readonly string[]; readonly before: T }> {
  const { admin, io, timeoutMs } = command
  const failures = new Map<string, string>()
  const wanted = await selectGroups(kind, command)
  const states = new Map((await groupsOf(kind, command)).map(({ group, state }) => [group, state]))
  for (const group of wanted) {
    const problem = whyNot(kind, group, states.get(group))
    if (problem !== null) failures.set(group, problem)
  }
  const groups = wanted.filter((group) => !failures.has(group))
  const before = await beforeDeletion(groups)
  const deleted: string[] = []
  for (const [group, outcome] of await admin.deleteGroups(groups, { timeoutMs })) {
    if (outcome.kind === 'done') deleted.push(group)
    else failures.set(group, codeTextWithClass(outcome.error))
  }
  const names = deleted.map((group) => `'${group}'`).join(', ')
  if (failures.size === 0) {
    printLine(io.stdout, `Deletion of requested ${kind.type} groups (${names}) was successful.`)
    return { deleted, before }
  }
  printError(io, `Deletion of some ${kind.type} groups failed:`)
  for (const [group, problem] of javaMapOrder(failures, ([name]) => stringHash(name))) {
    printLine(io.stdout, `* Group '${group}' could not be deleted due to: ${problem}`)
  }
  if (deleted.length > 0) {
    printLine(io.stdout, `\nThese ${kind.type} groups were deleted successfully: ${names}${kind.end}`)
  }
  return { deleted, before }
}

/** Told without asking to delete it. */
function whyNot({ type, isNone }: GroupKind, group: string, state: string | undefined): string | null {
  const name = `${type === 'share' ? 'Share' : 'Streams'} group '${group}'`
  switch (state) {
    case undefined:
      return `java.lang.IllegalArgumentException: Group '${group}' ${isNone}`
    case 'Empty':
      return null
    case 'Dead':
      return `${EXCEPTIONS}GroupIdNotFoundException: ${name} group state is DEAD.`
    default:
      return `${EXCEPTIONS}GroupNotEmptyException: ${name} is not EMPTY.`
  }
}

async function groupsOf(
  { type }: GroupKind,
  { admin, timeoutMs }: GroupCommand,
  filter: { readonly states?: readonly string[] } = {},
): Promise<GroupListing[]> {
  const groups = await admin.listGroups({ timeoutMs, types: [type], ...filter })
  return javaMapOrder(groups, ({ group }) => stringHash(group))
}
