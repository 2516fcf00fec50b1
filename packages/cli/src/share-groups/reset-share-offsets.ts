/** kafka-share-groups --reset-offsets: where a group without members begins. */
import { type TopicPartition, unwrap } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { column, formatTable, lastColumn } from '../consumer-groups/columns.ts'
import type { NewOffset } from '../consumer-groups/reset-offsets.ts'
import { newOffsets } from '../consumer-groups/reset-spec.ts'
import { printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { errorText } from '../shared/error-text.ts'
import { type GroupCommand, GroupToolExit } from '../shared/group-command.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'

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

/** `--topic a:0,1` names partitions. Throws UsageError. */
export function checkScope(options: ParsedOptions): void {
  for (const text of options.values('topic')) partitionsIn(text)
}

/** The topic, and its partitions where some are named. */
function partitionsIn(text: string): { readonly topic: string; readonly partitions: readonly number[] | null } {
  const colon = text.indexOf(':')
  if (colon === -1) return { topic: text, partitions: null }
  const partitions = text.slice(colon + 1).split(',')
  for (const partition of partitions) {
    if (/^\d+$/.test(partition)) continue
    throw new UsageError(`Invalid partition '${partition}' specified in topic arg '${text}''`)
  }
  return { topic: text.slice(0, colon), partitions: partitions.map(Number) }
}

/** A group that is not there has none, and its offsets can be set. */
async function isWithoutMembers(group: string, { admin, timeoutMs }: GroupCommand): Promise<boolean> {
  const outcome = (await admin.shareGroups.describe([group], { timeoutMs })).get(group)
  if (outcome?.kind === 'failed' && outcome.error.code === 'GROUP_ID_NOT_FOUND') return true
  const { state } = unwrap(outcome)
  return state === 'Empty' || state === 'Dead'
}

async function scope(group: string, { admin, options, timeoutMs }: GroupCommand): Promise<TopicPartition[]> {
  if (!options.has('topic')) return await admin.shareGroups.offsets(group, { timeoutMs }).catch(nothingKnown)
  const wanted = options.values('topic').map(partitionsIn)
  const topics = await admin.describeTopics([...new Set(wanted.map(({ topic }) => topic))], { timeoutMs })
  const chosen: TopicPartition[] = []
  const unknown: string[] = []
  for (const { topic, partitions } of wanted) {
    const outcome = topics.get(topic)
    if (outcome?.kind === 'failed') throw new ToolError(errorText(outcome.error))
    const there = unwrap(outcome).partitions.map(({ partition }) => partition)
    for (const partition of partitions ?? there) {
      if (!there.includes(partition)) unknown.push(`${topic}-${partition}`)
      chosen.push({ topic, partition })
    }
  }
  if (unknown.length > 0) throw new ToolError(`The partitions "${unknown.join(',')}" do not exist`)
  return chosen
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
