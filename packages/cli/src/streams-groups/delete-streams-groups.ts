/** kafka-streams-groups --delete. */
import { printLine } from '../io.ts'
import { codeTextWithClass, errorTextWithClass } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import { internalTopics } from './input-topics.ts'
import { selectStreamsGroups, streamsGroups } from './list-streams-groups.ts'

const EXCEPTIONS = 'org.apache.kafka.common.errors.'

export async function deleteStreamsGroups(command: GroupCommand): Promise<void> {
  const { admin, options, io, timeoutMs } = command
  const failures = new Map<string, string>()
  const wanted = await selectStreamsGroups(command)
  const states = new Map((await streamsGroups(command)).map(({ group, state }) => [group, state]))
  for (const group of wanted) {
    const problem = whyNot(group, states.get(group))
    if (problem !== null) failures.set(group, problem)
  }
  const groups = wanted.filter((group) => !failures.has(group))
  // Afterwards nobody knows them.
  const internal = options.has('delete-all-internal-topics') ? await internalOf(groups, command) : null
  const deleted: string[] = []
  for (const [group, outcome] of await admin.deleteGroups(groups, { timeoutMs })) {
    if (outcome.kind === 'done') deleted.push(group)
    else failures.set(group, codeTextWithClass(outcome.error))
  }
  const names = deleted.map((group) => `'${group}'`).join(', ')
  if (failures.size === 0) printLine(io.stdout, `Deletion of requested streams groups (${names}) was successful.`)
  else {
    printError(io, 'Deletion of some streams groups failed:')
    for (const [group, problem] of javaMapOrder(failures, ([name]) => stringHash(name))) {
      printLine(io.stdout, `* Group '${group}' could not be deleted due to: ${problem}`)
    }
    if (deleted.length > 0) printLine(io.stdout, `\nThese streams groups were deleted successfully: ${names}.`)
  }
  if (internal !== null && deleted.length > 0) await deleteInternal(deleted, internal, command)
}

/** Told without asking to delete it. */
function whyNot(group: string, state: string | undefined): string | null {
  switch (state) {
    case undefined:
      return `java.lang.IllegalArgumentException: Group '${group}' does not exist or is not a streams group.`
    case 'Empty':
      return null
    case 'Dead':
      return `${EXCEPTIONS}GroupIdNotFoundException: Streams group '${group}' group state is DEAD.`
    default:
      return `${EXCEPTIONS}GroupNotEmptyException: Streams group '${group}' is not EMPTY.`
  }
}

async function internalOf(groups: readonly string[], { admin, timeoutMs }: GroupCommand) {
  const topics = new Map<string, string[]>()
  for (const [group, outcome] of await admin.streamsGroups.describe(groups, { timeoutMs })) {
    if (outcome.kind === 'done') topics.set(group, internalTopics(outcome.value))
  }
  return topics
}

async function deleteInternal(
  groups: readonly string[],
  internal: ReadonlyMap<string, readonly string[]>,
  { admin, io, timeoutMs }: GroupCommand,
): Promise<void> {
  const deleted: string[] = []
  const failures: string[] = []
  for (const group of groups) {
    const names = internal.get(group) ?? []
    if (names.length === 0) continue
    const failed = [...(await admin.deleteTopics({ names }, { timeoutMs })).values()].find(
      ({ kind }) => kind === 'failed',
    )
    if (failed?.kind !== 'failed') deleted.push(group)
    else {
      const what = `* Internal topics of the streams group '${group}' could not be deleted due to:`
      failures.push(`${what} ${errorTextWithClass(failed.error)}`)
    }
  }
  if (failures.length > 0) {
    printError(io, 'Deletion of some associated internal topics failed:')
    for (const failure of failures) printLine(io.stdout, failure)
  } else if (deleted.length > 0) {
    const names = deleted.map((group) => `'${group}'`).join(', ')
    const what = `Deletion of associated internal topics of the streams groups (${names})`
    printLine(io.stdout, `${what} was successful.`)
  }
}
