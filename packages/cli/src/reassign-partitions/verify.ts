/** kafka-reassign-partitions --verify and --list: how far moves are. */
import { type Admin, isBrokerError, type OngoingReassignment, unwrap } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { printLine } from '../io.ts'
import { readTextFile } from '../shared/json-file.ts'
import { type Command, placesOf, type ReplicaPlace } from './command.ts'
import { type Assignment, inOrder, keyOf, type ReplicaDir, readAssignments, replicaKey } from './reassignment-json.ts'
import { clearThrottles } from './throttles.ts'

interface State {
  readonly text: string
  readonly isUnderWay: boolean
}

export async function verify({ admin, options, io }: Command): Promise<void> {
  const { assignments, dirs } = readAssignments(readTextFile(options.required('reassignment-json-file'), io))
  const partitions = await partitionStates(admin, assignments)
  printLine(io.stdout, ['Status of partition reassignment:', ...partitions.map(({ text }) => text)].join('\n'))
  const places = await placesOf(admin, dirs)
  const moves = inOrder(dirs).map((dir) => dirState(dir, places.get(replicaKey(dir))))
  printLine(io.stdout, moves.map(({ text }) => text).join('\n'))
  const isOver = ![...partitions, ...moves].some(({ isUnderWay }) => isUnderWay)
  if (isOver && !options.has('preserve-throttles')) await clearThrottles(admin, assignments, io)
}

export async function list({ admin, io }: Command): Promise<void> {
  const ongoing = await admin.listReassignments()
  if (ongoing.length === 0) return printLine(io.stdout, 'No partition reassignments found.')
  printLine(io.stdout, ['Current partition reassignments:', ...inOrder(ongoing).map(ongoingLine)].join('\n'))
}

function ongoingLine(reassignment: OngoingReassignment): string {
  const { replicas, adding, removing } = reassignment
  const added = adding.length === 0 ? '' : ` adding: ${adding.join(',')}.`
  const removed = removing.length === 0 ? '' : ` removing: ${removing.join(',')}.`
  return `${keyOf(reassignment)}: replicas: ${replicas.join(',')}.${added}${removed}`
}

async function partitionStates(admin: Admin, targets: readonly Assignment[]): Promise<State[]> {
  const ongoing = new Set((await admin.listReassignments()).map(keyOf))
  const current = await currentReplicas(admin, targets)
  const last = new Map(targets.map((target) => [keyOf(target), target]))
  return inOrder([...last.values()]).map((target) => {
    const key = keyOf(target)
    if (ongoing.has(key)) return { text: `Reassignment of partition ${key} is still in progress.`, isUnderWay: true }
    const are = (current.get(key) ?? []).join(',')
    const wanted = target.replicas.join(',')
    const text =
      are === wanted
        ? `Reassignment of partition ${key} is completed.`
        : `There is no active reassignment of partition ${key}, but replica set is ${are} rather than ${wanted}.`
    return { text, isUnderWay: false }
  })
}

/** By partition key; partitions that are not there have none. */
async function currentReplicas(admin: Admin, targets: readonly Assignment[]): Promise<Map<string, readonly number[]>> {
  const outcomes = await admin.describeTopics([...new Set(targets.map(({ topic }) => topic))])
  const replicas = new Map<string, readonly number[]>()
  for (const [topic, outcome] of outcomes) {
    if (outcome.kind === 'failed' && isBrokerError(outcome.error, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)) continue
    for (const partition of unwrap(outcome).partitions) {
      replicas.set(keyOf({ topic, partition: partition.partition }), partition.replicas)
    }
  }
  return replicas
}

function dirState(dir: ReplicaDir, place: ReplicaPlace | undefined): State {
  const { broker, path } = dir
  const key = keyOf(dir)
  const where = `Partition ${key} on broker ${broker}`
  if (place === undefined || place.current === null) {
    const text = `Partition ${key} is not found in any live log dir on broker ${broker}. There is likely an offline log directory on the broker.`
    return { text, isUnderWay: true }
  }
  const { current, future } = place
  if (future === path) {
    return { text: `Reassignment of replica ${replicaKey(dir)} is still in progress.`, isUnderWay: true }
  }
  if (future !== null) {
    return { text: `${where} is being moved to log dir ${future} instead of ${path}.`, isUnderWay: true }
  }
  if (current === path) {
    return { text: `Reassignment of replica ${replicaKey(dir)} completed successfully.`, isUnderWay: false }
  }
  return { text: `${where} is not being moved from log dir ${current} to ${path}.`, isUnderWay: false }
}
