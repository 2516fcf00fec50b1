/** kafka-streams-groups --describe: offsets and lag, members, or state. */
import { formatAddress, OffsetMark, partitionKey, type StreamsGroupDescription, unwrap } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { column, formatTable, lastColumn, MISSING } from '../consumer-groups/columns.ts'
import { printLine } from '../io.ts'
import { type GroupCommand, printError } from '../shared/group-command.ts'
import { selectGroups } from '../shared/groups-of-kind.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'
import { partitionsRead } from './input-topics.ts'
import { STREAMS } from './streams-kind.ts'

type Member = StreamsGroupDescription['members'][number]

export async function describeStreamsGroups(command: GroupCommand): Promise<void> {
  const { admin, options, timeoutMs } = command
  const groups = await selectGroups(STREAMS, command)
  const outcomes = await admin.streamsGroups.describe(groups, { timeoutMs })
  for (const description of groups.map((group) => unwrap(outcomes.get(group)))) {
    if (options.has('members')) printMembers(description, command)
    else if (options.has('state')) printState(description, command)
    else await printOffsets(description, command)
  }
}

async function printOffsets(description: StreamsGroupDescription, command: GroupCommand): Promise<void> {
  const { admin, options, io, timeoutMs } = command
  const { groupId: group } = description
  const partitions = javaMapOrder(partitionsRead(description), partitionHash)
  if (partitions.length === 0) return
  const at = (timestamp: number) =>
    admin.listOffsets(
      partitions.map((partition) => ({ ...partition, timestamp })),
      { timeoutMs },
    )
  const [starts, ends, committed] = await Promise.all([
    at(OffsetMark.earliest),
    at(OffsetMark.latest),
    admin.listGroupOffsets(group, { timeoutMs }),
  ])
  const byKey = new Map(committed.map((offset) => [partitionKey(offset.topic, offset.partition), offset]))
  const isVerbose = options.has('verbose')
  const rows = partitions.map(({ topic, partition }) => {
    const key = partitionKey(topic, partition)
    const offset = byKey.get(key)
    const end = unwrap(ends.get(key)).offset
    // What was never committed is read from the start.
    const lag = formatInt64(end - (offset?.offset ?? unwrap(starts.get(key)).offset))
    const epoch = offset === undefined || offset.leaderEpoch < 0 ? MISSING : String(offset.leaderEpoch)
    const current = offset === undefined ? MISSING : formatInt64(offset.offset)
    return [group, topic, String(partition), ...(isVerbose ? [current, epoch, formatInt64(end)] : []), lag]
  })
  const columns = [
    column('GROUP'),
    column('TOPIC'),
    column('PARTITION', 10),
    ...(isVerbose ? [column('CURRENT-OFFSET'), column('LEADER-EPOCH'), column('LOG-END-OFFSET')] : []),
    isVerbose ? column('OFFSET-LAG') : lastColumn('OFFSET-LAG'),
  ]
  printLine(io.stdout, formatTable(columns, rows).join('\n'))
}

function printMembers(description: StreamsGroupDescription, { options, io }: GroupCommand): void {
  const { groupId, members, assignmentEpoch } = description
  if (members.length === 0) return
  const isVerbose = options.has('verbose')
  const columns = [
    column('GROUP'),
    ...(isVerbose ? [column('TARGET-ASSIGNMENT-EPOCH', 25), column('TOPOLOGY-EPOCH', 14)] : []),
    column('MEMBER'),
    ...(isVerbose ? [column('MEMBER-PROTOCOL'), column('MEMBER-EPOCH')] : []),
    column('PROCESS'),
    column('CLIENT-ID'),
    lastColumn('ASSIGNMENTS'),
  ]
  const rows = members.map((member) => [
    groupId,
    ...(isVerbose ? [String(assignmentEpoch), String(member.topologyEpoch)] : []),
    member.memberId,
    ...(isVerbose ? [member.isClassic ? 'classic' : 'streams', String(member.memberEpoch)] : []),
    member.processId,
    member.clientId,
    tasksText('', member.assignment) + (isVerbose ? tasksText('TARGET-', member.targetAssignment) : ''),
  ])
  printLine(io.stdout, formatTable(columns, rows).join('\n'))
}

/** `ACTIVE: 0:[0,1]; 1:[2]; STANDBY: 1:[0]; ` */
function tasksText(prefix: string, { activeTasks, standbyTasks, warmupTasks }: Member['assignment']): string {
  const kinds = [
    ['ACTIVE', activeTasks],
    ['STANDBY', standbyTasks],
    ['WARMUP', warmupTasks],
  ] as const
  return kinds
    .filter(([, tasks]) => tasks.length > 0)
    .map(([kind, tasks]) => {
      const list = tasks.map(({ subtopologyId, partitions }) => `${subtopologyId}:[${partitions.join(',')}]; `)
      return `${prefix}${kind}: ${list.join('')}`
    })
    .join('')
}

function printState(description: StreamsGroupDescription, { options, io }: GroupCommand): void {
  const { groupId, groupState, coordinator, members, groupEpoch, assignmentEpoch } = description
  if (groupState === 'Dead') {
    printError(io, `Streams group '${groupId}' does not exist.`)
    return
  }
  if (groupState === 'Empty') printError(io, `Streams group '${groupId}' has no active members.`)
  const isVerbose = options.has('verbose')
  const columns = [
    column('GROUP'),
    column('COORDINATOR (ID)', 25),
    column('STATE', 25),
    ...(isVerbose ? [column('GROUP-EPOCH'), column('TARGET-ASSIGNMENT-EPOCH', 25)] : []),
    lastColumn('#MEMBERS'),
  ]
  const row = [
    groupId,
    `${formatAddress(coordinator)} (${coordinator.id})`,
    groupState,
    ...(isVerbose ? [String(groupEpoch), String(assignmentEpoch)] : []),
    String(members.length),
  ]
  printLine(io.stdout, formatTable(columns, [row]).join('\n'))
}
