/** kafka-consumer-groups --reset-offsets: where groups without members go on. */
import { type GroupDescription, type Outcome, type TopicPartition, unwrap } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { printLine } from '../io.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'
import type { NewOffset } from '../shared/reset/new-offset.ts'
import { readResetPlan } from '../shared/reset/reset-file.ts'
import { newOffsets } from '../shared/reset/reset-spec.ts'
import { existingPartitions } from '../shared/reset/topic-scope.ts'
import { selectGroups } from './select-groups.ts'

/** Options that say where to; one of them is given. */
export const RESET_SPECS = [
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'shift-by',
  'from-file',
  'to-current',
  'to-offset',
] as const

export async function resetOffsets(command: GroupCommand): Promise<void> {
  const { admin, options, io, timeoutMs } = command
  const groups = await selectGroups(command)
  const described = await admin.describeGroups(groups, { timeoutMs })
  const plans = new Map<string, readonly NewOffset[]>()
  for (const group of groups) {
    const state = stateOf(described.get(group))
    if (state === 'Empty' || state === 'Dead') plans.set(group, await planFor(group, command))
    else {
      printError(
        io,
        `Assignments can only be reset if the group '${group}' is inactive, but the current state is ${state}.`,
      )
      plans.set(group, [])
    }
  }
  const willExecute = options.has('execute')
  if (willExecute) {
    for (const [group, offsets] of plans) {
      const outcomes = offsets.length === 0 ? new Map() : await admin.alterGroupOffsets(group, offsets, { timeoutMs })
      for (const outcome of outcomes.values()) unwrap(outcome)
    }
  }
  print(plans, command)
}

/** A group that is not there has no members, and its offsets can be set. */
function stateOf(outcome: Outcome<GroupDescription> | undefined): string {
  if (outcome?.kind === 'failed' && outcome.error.code === 'GROUP_ID_NOT_FOUND') return 'Dead'
  return unwrap(outcome).state
}

async function planFor(group: string, command: GroupCommand): Promise<readonly NewOffset[]> {
  const { options } = command
  const file = options.value('from-file')
  if (file !== undefined) return javaMapOrder(await readResetPlan(group, file, command), partitionHash)
  const partitions = await scope(group, command)
  return javaMapOrder(await newOffsets(group, partitions, command), partitionHash)
}

async function scope(group: string, command: GroupCommand): Promise<readonly TopicPartition[]> {
  const { admin, options, timeoutMs } = command
  if (options.has('all-topics')) return await admin.listGroupOffsets(group, { timeoutMs })
  return await existingPartitions(command)
}

function print(plans: ReadonlyMap<string, readonly NewOffset[]>, { options, io }: GroupCommand): void {
  const rows = [...plans].flatMap(([group, offsets]) => offsets.map((offset) => ({ group, ...offset })))
  if (options.has('export')) {
    const isOfOne = plans.size === 1
    for (const { group, topic, partition, offset } of rows) {
      const fields = [topic, partition, formatInt64(offset)]
      printLine(io.stdout, (isOfOne ? fields : [group, ...fields]).join(','))
    }
    printLine(io.stdout, '')
    return
  }
  const width = (texts: readonly string[]) => Math.max(15, ...texts.map((text) => text.length))
  const groupWidth = width(rows.map(({ group }) => group))
  const topicWidth = width(rows.map(({ topic }) => topic))
  const line = (group: string, topic: string, partition: string, offset: string) =>
    `${group.padEnd(groupWidth)} ${topic.padEnd(topicWidth)} ${partition.padEnd(10)} ${offset}`
  printLine(io.stdout, `\n${line('GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET')}`)
  for (const { group, topic, partition, offset } of rows) {
    printLine(io.stdout, line(group, topic, String(partition), formatInt64(offset)))
  }
}
