/** kafka-streams-groups --reset-offsets: where applications without members go on, and what they made for themselves. */
import { type Outcome, partitionKey, type StreamsGroupDescription, type TopicPartition, unwrap } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { printLine } from '../io.ts'
import { errorText } from '../shared/error-text.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { selectGroups } from '../shared/groups-of-kind.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'
import type { NewOffset } from '../shared/reset/new-offset.ts'
import { readResetPlan } from '../shared/reset/reset-file.ts'
import { newOffsets } from '../shared/reset/reset-spec.ts'
import { existingPartitions } from '../shared/reset/topic-scope.ts'
import { allInputs, internalTopics } from './input-topics.ts'
import { STREAMS } from './streams-kind.ts'

export async function resetStreamsOffsets(command: GroupCommand): Promise<void> {
  const { admin, options, io, timeoutMs } = command
  const groups = await selectGroups(STREAMS, command)
  const described = await admin.streamsGroups.describe(groups, { timeoutMs })
  const rows: (NewOffset & { readonly group: string })[] = []
  for (const group of groups) {
    const state = stateOf(described.get(group))
    if (state !== 'Empty' && state !== 'Dead') {
      const what = `Assignments can only be reset if the group '${group}' is inactive`
      printError(io, `${what}, but the current state is ${state}.`)
      continue
    }
    const offsets = await planFor(group, command)
    if (options.has('execute')) await execute(group, { offsets, description: described.get(group) }, command)
    rows.push(...offsets.map((offset) => ({ group, ...offset })))
  }
  if (options.has('export')) {
    for (const { group, topic, partition, offset } of rows) {
      const fields = [topic, partition, formatInt64(offset)]
      printLine(io.stdout, (groups.length === 1 ? fields : [group, ...fields]).join(','))
    }
    printLine(io.stdout, '')
    return
  }
  printLine(io.stdout, `\n${line('GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET')}`)
  for (const { group, topic, partition, offset } of rows) {
    printLine(io.stdout, line(group, topic, String(partition), formatInt64(offset)))
  }
}

function line(group: string, topic: string, partition: string, offset: string): string {
  return `${group.padEnd(30)} ${topic.padEnd(30)} ${partition.padEnd(10)} ${offset.padEnd(15)}`
}

/** A group that is not there has no members. */
function stateOf(outcome: Outcome<StreamsGroupDescription> | undefined): string {
  if (outcome?.kind === 'failed' && outcome.error.code === 'GROUP_ID_NOT_FOUND') return 'Dead'
  return unwrap(outcome).groupState
}

async function planFor(group: string, command: GroupCommand): Promise<readonly NewOffset[]> {
  const { options } = command
  const file = options.value('from-file')
  const offsets =
    file === undefined
      ? await newOffsets(group, await scope(group, command), command)
      : await readResetPlan(group, file, command)
  return javaMapOrder(offsets, partitionHash)
}

async function scope(group: string, command: GroupCommand): Promise<readonly TopicPartition[]> {
  const { admin, options, io, timeoutMs } = command
  if (options.has('all-input-topics')) return await allInputs(group, command)
  const partitions = await existingPartitions(command, 'input-topic')
  const found = await admin.listGroupOffsets(group, { timeoutMs })
  const committed = new Set(found.map(({ topic, partition }) => partitionKey(topic, partition)))
  if (partitions.every(({ topic, partition }) => committed.has(partitionKey(topic, partition)))) return partitions
  printError(io, `One or more topics are not part of the group '${group}'.`)
  return []
}

async function execute(
  group: string,
  plan: { offsets: readonly NewOffset[]; description: Outcome<StreamsGroupDescription> | undefined },
  { admin, options, io, timeoutMs }: GroupCommand,
): Promise<void> {
  if (plan.offsets.length > 0) {
    const outcomes = await admin.alterGroupOffsets(group, plan.offsets, { timeoutMs })
    for (const outcome of outcomes.values()) unwrap(outcome)
  }
  const isAll = options.has('delete-all-internal-topics')
  if (!isAll && !options.has('delete-internal-topic')) return
  const own = plan.description?.kind === 'done' ? internalTopics(plan.description.value) : []
  const wanted = options.values('delete-internal-topic')
  // Nothing that is not the application's own is deleted, whatever is named.
  const names = isAll ? own : own.filter((name) => wanted.includes(name))
  const isKnown = isAll || wanted.every((name) => own.includes(name))
  const outcomes = names.length === 0 ? new Map() : await admin.deleteTopics({ names }, { timeoutMs })
  const failed = [...outcomes.values()].find(({ kind }) => kind === 'failed')
  if (!isKnown || failed?.error.code === 'UNKNOWN_TOPIC_OR_PARTITION') {
    printError(io, `Deleting internal topics for group '${group}' failed because the topics do not exist.`)
  } else if (failed !== undefined) {
    printError(io, `Deleting internal topics for group '${group}' failed due to ${errorText(failed.error)}`)
  }
}
