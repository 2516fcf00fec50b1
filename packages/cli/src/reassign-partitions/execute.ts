/** kafka-reassign-partitions --execute: starts to move replicas, to other brokers and to other folders. */
import { isBrokerError, type Outcome } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import { errorText } from '../shared/error-text.ts'
import { readTextFile } from '../shared/json-file.ts'
import { assignmentsOf, type Command, placesOf, plural, Refused, replicasOf, unknownPartition } from './command.ts'
import {
  type Assignment,
  assignmentJson,
  inOrder,
  keyOf,
  type ReplicaDir,
  readSoundAssignments,
  replicaKey,
  type WantedAssignments,
} from './reassignment-json.ts'
import { setThrottles } from './throttles.ts'

const RETRY_MS = 100

export async function execute(command: Command): Promise<void> {
  const { admin, options, io } = command
  const throttles = {
    betweenBrokers: options.integer('throttle') ?? -1,
    betweenDirs: options.integer('replica-alter-log-dirs-throttle') ?? -1,
  }
  const timeoutMs = options.integer('timeout') ?? 0
  const wanted = readSoundAssignments(readTextFile(options.required('reassignment-json-file'), io))
  const ongoing = await admin.listReassignments()
  if (ongoing.length > 0 && !options.has('additional')) {
    throw new Refused(
      'Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a new partition assignment in addition to the existing one. The --additional flag can also be used to change the throttle by resubmitting the current reassignment.',
    )
  }
  await checkBrokers(command, wanted)
  const current = await currentAssignments(command, wanted.assignments)
  await printCurrent(command, current)
  const moves = {
    ongoing,
    proposed: wanted.assignments,
    current: new Map(current.map((assignment) => [keyOf(assignment), assignment.replicas])),
    dirs: wanted.dirs,
  }
  await setThrottles(admin, throttles, moves, io)
  await startReassignments(command, wanted.assignments)
  if (wanted.dirs.length > 0) await startDirMoves(command, inOrder(wanted.dirs), timeoutMs)
}

async function checkBrokers({ admin }: Command, { assignments }: WantedAssignments): Promise<void> {
  const known = new Set((await admin.describeCluster()).brokers.map(({ id }) => id))
  const unknown = assignments.flatMap(({ replicas }) => replicas).find((id) => !known.has(id))
  if (unknown !== undefined) throw new ToolError(`Unknown broker id ${unknown}`)
}

/** In the order of the targets. Throws ToolError for a partition that is not there. */
async function currentAssignments({ admin }: Command, targets: readonly Assignment[]): Promise<Assignment[]> {
  const all = await assignmentsOf(
    admin,
    targets.map(({ topic }) => topic),
  )
  const known = new Map(all.map((assignment) => [keyOf(assignment), assignment]))
  return targets.map((target) => {
    const current = known.get(keyOf(target))
    if (current === undefined) throw unknownPartition(`Unable to find partition: ${keyOf(target)}`)
    return current
  })
}

async function printCurrent({ admin, io }: Command, current: readonly Assignment[]): Promise<void> {
  const places = await placesOf(admin, replicasOf(current))
  const json = assignmentJson(current, (replica) => places.get(replicaKey(replica))?.current ?? undefined)
  printLine(io.stdout, `Current partition replica assignment\n\n${json}\n`)
  printLine(io.stdout, 'Save this to use as the --reassignment-json-file option during rollback')
}

async function startReassignments({ admin, options, io }: Command, targets: readonly Assignment[]): Promise<void> {
  const outcomes = await admin.replicas.reassign(targets, {
    mayChangeReplicationFactor: !options.has('disallow-replication-factor-change'),
  })
  const errors = failuresOf(targets, outcomes)
  if (errors.length > 0) throw new Refused(`Error reassigning partition(s):\n${errors.join('\n')}`)
  const keys = inOrder(targets).map(keyOf)
  printLine(io.stdout, `Successfully started partition reassignment${plural(keys.length)} for ${keys.join(',')}`)
}

/** `topic-partition: why`, in order. */
export function failuresOf(
  targets: readonly { readonly topic: string; readonly partition: number }[],
  outcomes: ReadonlyMap<string, Outcome<void>>,
): string[] {
  return inOrder(targets).flatMap((target) => {
    const outcome = outcomes.get(keyOf(target))
    return outcome?.kind === 'failed' ? [`${keyOf(target)}: ${errorText(outcome.error)}`] : []
  })
}

/** A replica that is on its way to its broker is not there yet: it is asked for until the time is over. */
export async function startDirMoves(command: Command, moves: readonly ReplicaDir[], timeoutMs: number): Promise<void> {
  const { io } = command
  const endAt = io.env.clock.now() + timeoutMs
  let pending = moves
  for (;;) {
    const later: ReplicaDir[] = []
    for (const move of pending) {
      if (await startDirMove(command, move)) {
        const { topic, partition, broker, path } = move
        const what = `for replica ${topic}-${partition} with broker ${broker} `
        printLine(io.stdout, `Successfully started moving log directory to ${path} ${what}`)
      } else later.push(move)
    }
    pending = later
    if (pending.length === 0) return
    if (io.env.clock.now() >= endAt) {
      const keys = pending.map(replicaKey).join(',')
      throw new Refused(`Timed out before log directory move${plural(pending.length)} could be started for: ${keys}`)
    }
    await new Promise<void>((resolve) => {
      io.env.timers.after(RETRY_MS, resolve)
    })
  }
}

/** False: the broker has no such replica yet. */
async function startDirMove({ admin }: Command, move: ReplicaDir): Promise<boolean> {
  const outcome = (await admin.logDirs.alter([move])).get(keyOf(move))
  if (outcome?.kind === 'done') return true
  if (outcome !== undefined && isBrokerError(outcome.error, ErrorCode.REPLICA_NOT_AVAILABLE)) return false
  throw new ToolError(`Failed to alter dir for ${replicaKey(move)}`)
}
