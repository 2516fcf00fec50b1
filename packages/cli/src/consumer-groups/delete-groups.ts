/** kafka-consumer-groups --delete. */
import type { KafkaError } from '@ottla/client'
import { printLine } from '../io.ts'
import { codeTextWithClass } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { selectGroups } from './select-groups.ts'

export async function deleteGroups(command: GroupCommand): Promise<void> {
  const { admin, io, timeoutMs } = command
  const groups = await selectGroups(command)
  const outcomes = await admin.deleteGroups(groups, { timeoutMs })
  const deleted: string[] = []
  const failures: [string, KafkaError][] = []
  for (const [group, outcome] of outcomes) {
    if (outcome.kind === 'done') deleted.push(group)
    else failures.push([group, outcome.error])
  }
  if (failures.length === 0) {
    printLine(io.stdout, `Deletion of requested consumer groups ('${deleted.join("', '")}') was successful.`)
    return
  }
  printError(io, 'Deletion of some consumer groups failed:')
  for (const [group, error] of failures) {
    printLine(io.stdout, `* Group '${group}' could not be deleted due to: ${codeTextWithClass(error)}`)
  }
  if (deleted.length > 0) {
    printLine(io.stdout, `\nThese consumer groups were deleted successfully: '${deleted.join("', '")}'`)
  }
}
