/** kafka-streams-groups --delete. */
import { printLine } from '../io.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { deleteGroups } from '../shared/groups-of-kind.ts'
import { internalTopics } from './input-topics.ts'
import { STREAMS } from './streams-kind.ts'

export async function deleteStreamsGroups(command: GroupCommand): Promise<void> {
  const withInternal = command.options.has('delete-all-internal-topics')
  const { deleted, before: internal } = await deleteGroups(STREAMS, command, async (groups) =>
    withInternal ? await internalOf(groups, command) : null,
  )
  if (internal !== null && deleted.length > 0) await deleteInternal(deleted, internal, command)
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
