/**
 * How a member comes from the tasks that it has to those that it is meant to have (KIP-1071): it first gives up what is not its own any
 * more, and says so with its next heartbeat; then it gets what nobody has any more.
 *
 * An active task is free when no process has it active, and the member's own process has it in no other role. A standby or warm-up task is free
 * when the member's own process has not got the task.
 */
import {
  type EpochTasks,
  type HeldTasks,
  hasTask,
  isNoTask,
  NO_TASKS,
  overlaps,
  sameTasks,
  type TaskSet,
  type Tasks,
} from './tasks.ts'

export const MemberState = {
  STABLE: 1,
  UNREVOKED_TASKS: 2,
  UNRELEASED_TASKS: 3,
  UNKNOWN: 127,
} as const

/** Where a member stands. */
export interface MemberProgress {
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  /** One of {@link MemberState}; what a later release may write besides is UNKNOWN. */
  readonly state: number
  readonly assigned: HeldTasks
  readonly pendingRevocation: HeldTasks
}

/** Which processes have a task now, assigned or not yet given up. */
export interface TaskHolders {
  hasActive(subtopologyId: string, partition: number): boolean
  /** Whether the process has the task, in any of the roles. */
  isHeldBy(processId: string, roles: readonly (keyof Tasks)[], task: readonly [string, number]): boolean
}

export interface Reconciliation {
  readonly progress: MemberProgress
  readonly processId: string
  readonly targetEpoch: number
  readonly target: Tasks
  readonly holders: TaskHolders
  /** What the member says that it has; null: it does not say. */
  readonly owned: Tasks | null
}

/** The same object when nothing changes; 'fenced' when the member has to begin anew. */
export function reconcile(it: Reconciliation): MemberProgress | 'fenced' {
  const { progress, targetEpoch, owned } = it
  switch (progress.state) {
    case MemberState.STABLE:
      return progress.memberEpoch === targetEpoch ? progress : next(it, progress.memberEpoch)
    case MemberState.UNREVOKED_TASKS:
      if (owned === null || overlaps(owned, progress.pendingRevocation)) return progress
      return next(it, progress.memberEpoch + 1)
    case MemberState.UNRELEASED_TASKS:
      return next(it, progress.memberEpoch)
    default:
      // A later release wrote a state that is not known here.
      return owned !== null && isNoTask(owned) ? next(it, targetEpoch) : 'fenced'
  }
}

interface Difference {
  readonly kept: Map<string, Map<number, number>>
  readonly revoked: Map<string, Map<number, number>>
  readonly added: Map<string, Map<number, number>>
  isWaiting: boolean
}

function next(it: Reconciliation, memberEpoch: number): MemberProgress {
  const { progress, target, targetEpoch, owned, holders, processId } = it
  const { assigned } = progress
  const active = difference(assigned.active, target.active, targetEpoch, (task) => {
    return holders.hasActive(...task) || holders.isHeldBy(processId, ['standby', 'warmup'], task)
  })
  const isHeldHere = (task: readonly [string, number]) =>
    holders.isHeldBy(processId, ['active', 'standby', 'warmup'], task)
  const standby = difference(withEpochs(assigned.standby), target.standby, targetEpoch, isHeldHere)
  const warmup = difference(withEpochs(assigned.warmup), target.warmup, targetEpoch, isHeldHere)
  const revoked = { active: active.revoked, standby: standby.revoked, warmup: warmup.revoked }
  const kept = { active: active.kept, standby: standby.kept, warmup: warmup.kept }

  if (!isNoTask(revoked) && (owned === null || overlaps(owned, revoked)))
    return moved(progress, memberEpoch, {
      state: MemberState.UNREVOKED_TASKS,
      assigned: kept,
      pendingRevocation: revoked,
    })
  const isWaiting = active.isWaiting || standby.isWaiting || warmup.isWaiting
  return moved(progress, targetEpoch, {
    state: isWaiting ? MemberState.UNRELEASED_TASKS : MemberState.STABLE,
    assigned: {
      active: merged(active),
      standby: merged(standby),
      warmup: merged(warmup),
    },
    pendingRevocation: NO_TASKS,
  })
}

function sameProgress(a: MemberProgress, b: MemberProgress): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    sameTasks(a.assigned, b.assigned) &&
    sameTasks(a.pendingRevocation, b.pendingRevocation)
  )
}

function moved(
  progress: MemberProgress,
  memberEpoch: number,
  rest: Pick<MemberProgress, 'state' | 'assigned' | 'pendingRevocation'>,
): MemberProgress {
  const after = { memberEpoch, previousMemberEpoch: progress.memberEpoch, ...rest }
  return sameProgress(progress, after) ? progress : after
}

function difference(
  current: EpochTasks,
  target: TaskSet,
  epoch: number,
  isTaken: (task: readonly [string, number]) => boolean,
): Difference {
  const result: Difference = { kept: new Map(), revoked: new Map(), added: new Map(), isWaiting: false }
  for (const [subtopologyId, partitions] of current)
    for (const [partition, since] of partitions)
      put(hasTask(target, subtopologyId, partition) ? result.kept : result.revoked, subtopologyId, partition, since)
  for (const [subtopologyId, partitions] of target) {
    for (const partition of partitions.keys()) {
      if (hasTask(current, subtopologyId, partition)) continue
      if (isTaken([subtopologyId, partition])) result.isWaiting = true
      else put(result.added, subtopologyId, partition, epoch)
    }
  }
  return result
}

function put(tasks: Map<string, Map<number, number>>, subtopologyId: string, partition: number, epoch: number): void {
  const known = tasks.get(subtopologyId)
  if (known === undefined) tasks.set(subtopologyId, new Map([[partition, epoch]]))
  else known.set(partition, epoch)
}

function merged({ kept, added }: Difference): Map<string, Map<number, number>> {
  const tasks = new Map([...kept].map(([subtopologyId, partitions]) => [subtopologyId, new Map(partitions)] as const))
  for (const [subtopologyId, partitions] of added)
    for (const [partition, epoch] of partitions) put(tasks, subtopologyId, partition, epoch)
  return tasks
}

function withEpochs(tasks: TaskSet): EpochTasks {
  return new Map(
    [...tasks].map(([subtopologyId, partitions]) => [
      subtopologyId,
      new Map([...partitions.keys()].map((partition) => [partition, 0])),
    ]),
  )
}
