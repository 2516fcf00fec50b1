/** kafka-consumer-groups --delete-offsets. */
import { type Outcome, partitionKey, type TopicPartition } from '@ottla/client'
import { printLine } from '../io.ts'
import { errorText, errorTextWithClass } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { partitionsOfTopics } from '../shared/reset/topic-scope.ts'
import { MISSING } from './columns.ts'
import { comparePartitions } from './describe-groups.ts'

export async function deleteOffsets(command: GroupCommand): Promise<void> {
  const { admin, options, io, timeoutMs } = command
  const group = options.required('group')
  const { partitions, missing } = await partitionsOfTopics(command)
  const wanted: TopicPartition[] = [...partitions].sort(comparePartitions)
  let outcomes = new Map<string, Outcome<void>>()
  /** Concerns the group as a whole. */
  let failure: unknown
  try {
    if (wanted.length > 0) outcomes = await admin.deleteGroupOffsets(group, wanted, { timeoutMs })
  } catch (error) {
    failure = error
  }
  const isWhole = [...outcomes.values()].every(({ kind }) => kind === 'done')
  if (failure !== undefined) printError(io, errorText(failure))
  else if (isWhole) printLine(io.stdout, `Request succeeded for deleting offsets from group ${group}.`)
  else printError(io, 'Encountered some partition-level error, see the follow-up details.')
  printLine(io.stdout, `\n${row('TOPIC', 'PARTITION', 'STATUS')}`)
  for (const { topic, error } of missing) printLine(io.stdout, row(topic, MISSING, errorStatus(error)))
  for (const { topic, partition } of wanted) {
    const outcome = outcomes.get(partitionKey(topic, partition))
    const isDone = failure === undefined && outcome?.kind === 'done'
    const error = failure ?? (outcome?.kind === 'failed' ? outcome.error : undefined)
    printLine(io.stdout, row(topic, String(partition), isDone ? 'Successful' : errorStatus(error)))
  }
}

function errorStatus(error: unknown): string {
  return `Error: ${errorTextWithClass(error)}`
}

function row(topic: string, partition: string, status: string): string {
  return `${topic.padEnd(15)} ${partition.padEnd(10)} ${status.padEnd(15)}`
}
