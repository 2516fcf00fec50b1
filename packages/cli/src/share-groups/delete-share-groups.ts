/** kafka-share-groups --delete. */
import { printLine } from '../io.ts'
import { codeTextWithClass } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import { selectShareGroups, shareGroups } from './list-share-groups.ts'

const EXCEPTIONS = 'org.apache.kafka.common.errors.'

export async function deleteShareGroups(command: GroupCommand): Promise<void> {
  const { admin, io, timeoutMs } = command
  const failures = new Map<string, string>()
  const wanted = await selectShareGroups(command)
  const states = new Map((await shareGroups(command)).map(({ group, state }) => [group, state]))
  for (const group of wanted) {
    const problem = whyNot(group, states.get(group))
    if (problem !== null) failures.set(group, problem)
  }
  const groups = wanted.filter((group) => !failures.has(group))
  const deleted: string[] = []
  for (const [group, outcome] of await admin.deleteGroups(groups, { timeoutMs })) {
    if (outcome.kind === 'done') deleted.push(group)
    else failures.set(group, codeTextWithClass(outcome.error))
  }
  const names = deleted.map((group) => `'${group}'`).join(', ')
  if (failures.size === 0) {
    printLine(io.stdout, `Deletion of requested share groups (${names}) was successful.`)
    return
  }
  printError(io, 'Deletion of some share groups failed:')
  for (const [group, problem] of javaMapOrder(failures, ([name]) => stringHash(name))) {
    printLine(io.stdout, `* Group '${group}' could not be deleted due to: ${problem}`)
  }
  if (deleted.length > 0) printLine(io.stdout, `\nThese share groups were deleted successfully: ${names}`)
}

/** Told without asking to delete it. */
function whyNot(group: string, state: string | undefined): string | null {
  switch (state) {
    case undefined:
      return `java.lang.IllegalArgumentException: Group '${group}' is not a share group.`
    case 'Empty':
      return null
    case 'Dead':
      return `${EXCEPTIONS}GroupIdNotFoundException: Share group '${group}' group state is DEAD.`
    default:
      return `${EXCEPTIONS}GroupNotEmptyException: Share group '${group}' is not EMPTY.`
  }
}
