/** kafka-share-groups --reset-offsets: where a group without members begins. */
import { type TopicPartition, unwrap } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { column, formatTable, lastColumn } from '../consumer-groups/columns.ts'
import { printLine } from '../io.ts'
import { type GroupCommand, GroupToolExit } from '../shared/group-command.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'
import type { NewOffset } from '../shared/reset/new-offset.ts'
import { newOffsets } from '../shared/reset/reset-spec.ts'
import { existingPartitions } from '../shared/reset/topic-scope.ts'

export async function resetShareOffsets(command: GroupCommand): Promise<void> {
  const { admin, options, timeoutMs } = command
  const group = options.required('group')
  if (!(await isWithoutMembers(group, command))) throw new GroupToolExit(`Share group '${group}' is not empty.`)
  const partitions = await scope(group, command)
  const offsets = javaMapOrder(await newOffsets(group, partitions, command), partitionHash)
  if (options.has('execute') && offsets.length > 0) {
    const outcomes = await admin.shareGroups.alterOffsets(group, offsets, { timeoutMs })
    for (const outcome of outcomes.values()) unwrap(outcome)
  }
  print(group, offsets, command)
}

/** A group that is not there has none, and its offsets can be set. */
async function isWithoutMembers(group: string, { admin, timeoutMs }: GroupCommand): Promise<boolean> {
  const outcome = (await admin.shareGroups.describe([group], { timeoutMs })).get(group)
  if (outcome?.kind === 'failed' && outcome.error.code === 'GROUP_ID_NOT_FOUND') return true
  const { state } = unwrap(outcome)
  return state === 'Empty' || state === 'Dead'
}

async function scope(group: string, command: GroupCommand): Promise<TopicPartition[]> {
  const { admin, options, timeoutMs } = command
  if (!options.has('topic')) return await admin.shareGroups.offsets(group, { timeoutMs }).catch(nothingKnown)
  return await existingPartitions(command)
}

/** A group that is not there has no offsets. */
function nothingKnown(error: { readonly code?: string }): TopicPartition[] {
  if (error.code !== 'GROUP_ID_NOT_FOUND') throw error
  return []
}

function print(group: string, offsets: readonly NewOffset[], { io }: GroupCommand): void {
  const columns = [column('GROUP'), column('TOPIC'), column('PARTITION', 10), lastColumn('NEW-OFFSET')]
  const rows = offsets.map(({ topic, partition, offset }) => [group, topic, String(partition), formatInt64(offset)])
  printLine(io.stdout, `\n${formatTable(columns, rows).join('\n')}`)
}
