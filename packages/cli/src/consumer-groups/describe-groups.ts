/** kafka-consumer-groups --describe: offsets and lag, members, or state. */
import {
  byTopic,
  type CommittedOffset,
  type FoundOffset,
  formatAddress,
  type GroupDescription,
  type MemberDescription,
  OffsetMark,
  type Outcome,
  partitionKey,
  type TopicPartition,
  unwrap,
} from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { printLine } from '../io.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { column, formatTable, lastColumn, MISSING } from './columns.ts'
import { selectGroups } from './select-groups.ts'

const OFFSET_WIDTH = 15
const PARTITION_WIDTH = 10

export async function describeGroups(command: GroupCommand): Promise<void> {
  const { admin, options, timeoutMs } = command
  const groups = (await selectGroups(command)).sort()
  const described = await admin.describeGroups(groups, { timeoutMs })
  // One that is not there ends it before any is shown.
  for (const description of groups.map((group) => unwrap(described.get(group)))) {
    if (!tellState(description, command)) continue
    if (options.has('members')) printMembers(description, command)
    else if (options.has('state')) printState(description, command)
    else await printOffsets(description, command)
  }
}

/** What a person should know of the group's state; false when there is nothing more to show. */
function tellState({ group, state, members }: GroupDescription, { io }: GroupCommand): boolean {
  switch (state) {
    case 'Dead':
      printError(io, `Consumer group '${group}' does not exist.`)
      return false
    case 'Empty':
      printLine(io.stderr, `\nConsumer group '${group}' has no active members.`)
      return true
    case 'PreparingRebalance':
    case 'CompletingRebalance':
    case 'Assigning':
    case 'Reconciling':
      printLine(io.stderr, `\nWarning: Consumer group '${group}' is rebalancing.`)
      return true
    default:
      return members.length >= 0
  }
}

async function printOffsets(description: GroupDescription, command: GroupCommand): Promise<void> {
  const { admin, options, io, timeoutMs } = command
  const { group, members } = description
  const committed = await admin.listGroupOffsets(group, { timeoutMs })
  const byPartition = new Map(committed.map((offset) => [partitionKey(offset.topic, offset.partition), offset]))
  const owners = new Map<string, MemberDescription>()
  const partitions: TopicPartition[] = []
  for (const member of members) {
    for (const partition of [...member.assignment].sort(comparePartitions)) {
      owners.set(partitionKey(partition.topic, partition.partition), member)
      partitions.push(partition)
    }
  }
  const unowned = committed.filter(({ topic, partition }) => !owners.has(partitionKey(topic, partition)))
  partitions.push(...unowned.sort(comparePartitions))
  if (partitions.length === 0) return
  const ends = await admin.listOffsets(
    partitions.map(({ topic, partition }) => ({ topic, partition, timestamp: OffsetMark.latest })),
    { timeoutMs },
  )
  const isVerbose = options.has('verbose')
  const rows = partitions.map((partition) => {
    const key = partitionKey(partition.topic, partition.partition)
    const offset = byPartition.get(key)
    return offsetRow(group, partition, { offset, end: ends.get(key), owner: owners.get(key), isVerbose })
  })
  const columns = [
    column('GROUP'),
    column('TOPIC'),
    column('PARTITION', PARTITION_WIDTH),
    ...(isVerbose ? [column('LEADER-EPOCH')] : []),
    column('CURRENT-OFFSET', OFFSET_WIDTH),
    column('LOG-END-OFFSET', OFFSET_WIDTH),
    column('LAG', OFFSET_WIDTH),
    column('CONSUMER-ID'),
    column('HOST'),
    lastColumn('CLIENT-ID'),
  ]
  printLine(io.stdout, `\n${formatTable(columns, rows).join('\n')}`)
}

function offsetRow(
  group: string,
  { topic, partition }: TopicPartition,
  known: {
    offset: CommittedOffset | undefined
    end: Outcome<FoundOffset> | undefined
    owner: MemberDescription | undefined
    isVerbose: boolean
  },
): string[] {
  const { offset, owner, isVerbose } = known
  const end = known.end?.kind === 'done' ? known.end.value.offset : undefined
  const lag = offset === undefined || end === undefined ? undefined : end - offset.offset
  const number = (value: number | undefined) => (value === undefined ? MISSING : formatInt64(value))
  const epoch = offset === undefined || offset.leaderEpoch < 0 ? undefined : offset.leaderEpoch
  return [
    group,
    topic,
    String(partition),
    ...(isVerbose ? [number(epoch)] : []),
    number(offset?.offset),
    number(end),
    number(lag),
    owner?.memberId ?? MISSING,
    owner?.host ?? MISSING,
    owner?.clientId ?? MISSING,
  ]
}

function printMembers(description: GroupDescription, { options, io }: GroupCommand): void {
  const { group, members } = description
  const isVerbose = options.has('verbose')
  const hasInstances = members.some(({ instanceId }) => instanceId !== null)
  const columns = [
    column('GROUP'),
    column('CONSUMER-ID'),
    ...(hasInstances ? [column('GROUP-INSTANCE-ID', 17)] : []),
    column('HOST'),
    column('CLIENT-ID'),
    column('#PARTITIONS', isVerbose ? 15 : 16),
    ...(isVerbose
      ? [
          column('CURRENT-EPOCH'),
          column('CURRENT-ASSIGNMENT', 20),
          column('TARGET-EPOCH'),
          column('TARGET-ASSIGNMENT', 20),
        ]
      : []),
  ]
  const epoch = (value: number | null) => (value === null ? MISSING : String(value))
  const rows = members.map((member) => [
    group,
    member.memberId,
    ...(hasInstances ? [member.instanceId ?? MISSING] : []),
    member.host,
    member.clientId,
    String(member.assignment.length),
    ...(isVerbose
      ? [
          epoch(member.epoch),
          assignmentText(member.assignment),
          epoch(description.targetAssignmentEpoch),
          member.targetAssignment === null ? MISSING : assignmentText(member.targetAssignment),
        ]
      : []),
  ])
  printLine(io.stdout, `\n${formatTable(columns, rows).join('\n')}`)
}

/** `topic:0,1;other:2` */
function assignmentText(partitions: readonly TopicPartition[]): string {
  if (partitions.length === 0) return MISSING
  return [...byTopic([...partitions].sort(comparePartitions))]
    .map(([topic, ofTopic]) => `${topic}:${ofTopic.map(({ partition }) => partition).join(',')}`)
    .join(';')
}

function printState(description: GroupDescription, { options, io }: GroupCommand): void {
  const { group, coordinator, assignor, state, members, groupEpoch, targetAssignmentEpoch } = description
  const isVerbose = options.has('verbose')
  const epoch = (value: number | null) => (value === null ? MISSING : String(value))
  const columns = [
    column('GROUP'),
    column('COORDINATOR (ID)', 25),
    column('ASSIGNMENT-STRATEGY', 20),
    column('STATE', 20),
    ...(isVerbose ? [column('GROUP-EPOCH'), column('TARGET-ASSIGNMENT-EPOCH', 25)] : []),
    lastColumn('#MEMBERS'),
  ]
  const row = [
    group,
    `${formatAddress(coordinator)}  (${coordinator.id})`,
    assignor === '' ? MISSING : assignor,
    state,
    ...(isVerbose ? [epoch(groupEpoch), epoch(targetAssignmentEpoch)] : []),
    String(members.length),
  ]
  printLine(io.stdout, `\n${formatTable(columns, [row]).join('\n')}`)
}

export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}
