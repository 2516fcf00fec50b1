/** kafka-share-groups --describe: offsets and lag, members, or state. */
import {
  byTopic,
  formatAddress,
  type ShareGroupDescription,
  type SharePartitionOffset,
  type TopicPartition,
  unwrap,
} from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { column, formatTable, lastColumn, MISSING } from '../consumer-groups/columns.ts'
import { comparePartitions } from '../consumer-groups/describe-groups.ts'
import { printLine } from '../io.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { selectGroups } from '../shared/groups-of-kind.ts'
import { SHARE } from './share-kind.ts'

export async function describeShareGroups(command: GroupCommand): Promise<void> {
  const { admin, options, timeoutMs } = command
  const groups = (await selectGroups(SHARE, command)).sort()
  const outcomes = await admin.shareGroups.describe(groups, { timeoutMs })
  const described = groups.map((group) => unwrap(outcomes.get(group)))
  if (!options.has('members') && !options.has('state')) {
    const offsets = await Promise.all(groups.map((group) => admin.shareGroups.offsets(group, { timeoutMs })))
    for (const [at, group] of groups.entries()) printOffsets(group, offsets[at]!, command)
    return
  }
  for (const description of described) {
    if (!tellState(description, command)) continue
    if (options.has('state')) printState(description, command)
    else if (description.members.length > 0) printMembers(description, command)
  }
}

/** What a person should know of the group's state; false when there is nothing more to show. */
function tellState({ group, state }: ShareGroupDescription, { io }: GroupCommand): boolean {
  if (state === 'Dead') {
    printError(io, `Share group '${group}' does not exist.`)
    return false
  }
  if (state === 'Empty') printLine(io.stderr, `\nShare group '${group}' has no active members.`)
  return true
}

function printOffsets(group: string, offsets: readonly SharePartitionOffset[], { options, io }: GroupCommand): void {
  if (offsets.length === 0) {
    printLine(io.stdout, `\nShare group '${group}' has no offset information.`)
    return
  }
  const isVerbose = options.has('verbose')
  const number = (value: number) => (value < 0 ? MISSING : formatInt64(value))
  const columns = [
    column('GROUP'),
    column('TOPIC'),
    column('PARTITION', 10),
    ...(isVerbose ? [column('LEADER-EPOCH', 13)] : []),
    column('START-OFFSET', 13),
    lastColumn('LAG'),
  ]
  const rows = [...offsets]
    .sort(comparePartitions)
    .map(({ topic, partition, startOffset, leaderEpoch, lag }) => [
      group,
      topic,
      String(partition),
      ...(isVerbose ? [startOffset < 0 ? number(-1) : number(leaderEpoch)] : []),
      number(startOffset),
      number(lag),
    ])
  printLine(io.stdout, `\n${formatTable(columns, rows).join('\n')}`)
}

function printMembers({ group, members }: ShareGroupDescription, { options, io }: GroupCommand): void {
  const isVerbose = options.has('verbose')
  const columns = [
    column('GROUP'),
    column('CONSUMER-ID'),
    column('HOST'),
    column('CLIENT-ID'),
    column('#PARTITIONS', 12),
    ...(isVerbose ? [column('MEMBER-EPOCH', 13)] : []),
    lastColumn('ASSIGNMENT'),
  ]
  const rows = [...members]
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    .map(({ memberId, host, clientId, assignment, epoch }) => [
      group,
      memberId,
      host,
      clientId,
      String(assignment.length),
      ...(isVerbose ? [String(epoch)] : []),
      assignmentText(assignment),
    ])
  printLine(io.stdout, `\n${formatTable(columns, rows).join('\n')}`)
}

/** `topic:0,1;other:2` */
function assignmentText(partitions: readonly TopicPartition[]): string {
  return [...byTopic([...partitions].sort(comparePartitions))]
    .map(([topic, ofTopic]) => `${topic}:${ofTopic.map(({ partition }) => partition).join(',')}`)
    .join(';')
}

function printState(description: ShareGroupDescription, { options, io }: GroupCommand): void {
  const { group, coordinator, state, members, groupEpoch, targetAssignmentEpoch } = description
  const isVerbose = options.has('verbose')
  const columns = [
    column('GROUP'),
    column('COORDINATOR (ID)', 25),
    column('STATE', 15),
    ...(isVerbose ? [column('GROUP-EPOCH', 12), column('ASSIGNMENT-EPOCH', 17)] : []),
    lastColumn('#MEMBERS'),
  ]
  const row = [
    group,
    `${formatAddress(coordinator)}  (${coordinator.id})`,
    state,
    ...(isVerbose ? [String(groupEpoch), String(targetAssignmentEpoch)] : []),
    String(members.length),
  ]
  printLine(io.stdout, `\n${formatTable(columns, [row]).join('\n')}`)
}
