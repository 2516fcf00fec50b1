/** kafka-streams-groups --delete-offsets. */
import { type Outcome, partitionKey } from '@ottla/client'
import { MISSING } from '../consumer-groups/columns.ts'
import { comparePartitions } from '../consumer-groups/describe-groups.ts'
import { printLine } from '../io.ts'
import { errorText, errorTextWithClass } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { partitionsOfTopics } from '../shared/reset/topic-scope.ts'
import { allInputs } from './input-topics.ts'

export async function deleteStreamsOffsets(command: GroupCommand): Promise<void> {
  const { admin, options, io, timeoutMs } = command
  const group = options.required('group')
  const { partitions, missing } = options.has('all-input-topics')
    ? { partitions: await allInputs(group, command), missing: [] }
    : await partitionsOfTopics(command, 'input-topic')
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition }))
  let outcomes = new Map<string, Outcome<void>>()
  /** Concerns the group as a whole. */
  let failure: unknown = null
  try {
    if (wanted.length > 0 || options.has('all-input-topics'))
      outcomes = await admin.deleteGroupOffsets(group, wanted, { timeoutMs })
  } catch (error) {
    failure = error
  }
  const isWhole = [...outcomes.values()].every(({ kind }) => kind === 'done')
  if (failure !== null) printError(io, errorText(failure))
  else if (isWhole) printLine(io.stdout, `Request succeeded for deleting offsets from group ${group}.`)
  else printError(io, 'Encountered some partition-level error, see the follow-up details.')
  const rows = wanted.map(({ topic, partition }) => {
    const outcome = outcomes.get(partitionKey(topic, partition))
    const error = failure ?? (outcome?.kind === 'failed' ? outcome.error : null)
    return { topic, partition, status: error === null ? 'Successful' : errorStatus(error) }
  })
  rows.push(...missing.map(({ topic, error }) => ({ topic, partition: -1, status: errorStatus(error) })))
  rows.sort(comparePartitions)
  const width = Math.max(15, ...rows.map(({ topic }) => topic.length))
  const line = (topic: string, partition: string, status: string) =>
    `${topic.padEnd(width)} ${partition.padEnd(10)} ${status.padEnd(15)}`
  printLine(io.stdout, `\n${line('TOPIC', 'PARTITION', 'STATUS')}`)
  for (const { topic, partition, status } of rows) {
    printLine(io.stdout, line(topic, partition < 0 ? MISSING : String(partition), status))
  }
}

function errorStatus(error: unknown): string {
  return `Error: ${errorTextWithClass(error)}`
}
