/** kafka-share-groups --delete-offsets. */
import type { Outcome } from '@ottla/client'
import { printLine } from '../io.ts'
import { errorText } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'

const WIDTH = 15

export async function deleteShareOffsets({ admin, options, io, timeoutMs }: GroupCommand): Promise<void> {
  const group = options.required('group')
  const topics = [...new Set(options.values('topic'))].sort()
  let outcomes = new Map<string, Outcome<void>>()
  /** Concerns the group as a whole. */
  let failure: string | null = null
  try {
    outcomes = await admin.shareGroups.deleteOffsets(group, topics, { timeoutMs })
  } catch (error) {
    failure = errorText(error)
    printError(io, failure)
  }
  const width = Math.max(WIDTH, ...topics.map((topic) => topic.length))
  printLine(io.stdout, `\n${'TOPIC'.padEnd(width)} STATUS`)
  for (const topic of topics) {
    const outcome = outcomes.get(topic)
    const problem = failure ?? (outcome?.kind === 'failed' ? errorText(outcome.error) : null)
    printLine(io.stdout, `${topic.padEnd(width)} ${problem === null ? 'Successful' : `Error: ${problem}`}`)
  }
}
