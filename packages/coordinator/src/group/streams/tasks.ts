/**
 * Tasks of a streams group (KIP-1071): a task is one partition number of one subtopology. A member has active tasks, which process;
 * standby tasks, which keep a copy of the state; and warm-up tasks, which build such a copy for a task that is to move.
 */
import { compareText } from '../assignor/assignor.ts'

/** Partition numbers; a map of them to something will do. */
export interface Partitions {
  readonly size: number
  has(partition: number): boolean
  keys(): IterableIterator<number>
}

/** Partition numbers by subtopology id. No subtopology without a partition. */
export type TaskSet = ReadonlyMap<string, Partitions>

/** Active tasks with the member epoch at which each came to its member: what its commits are checked against (KIP-1251). */
export type EpochTasks = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface Tasks {
  readonly active: TaskSet
  readonly standby: TaskSet
  readonly warmup: TaskSet
}

/** What a member has: {@link Tasks} whose active ones know since when. */
export interface HeldTasks extends Tasks {
  readonly active: EpochTasks
}

/** As requests, responses and records have tasks. */
export interface TaskIds {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

export const NO_TASKS: HeldTasks = { active: new Map(), standby: new Map(), warmup: new Map() }

export function tasksFrom(ids: readonly TaskIds[]): TaskSet {
  const tasks = new Map<string, Set<number>>()
  for (const { subtopologyId, partitions } of ids) {
    if (partitions.length === 0) continue
    const known = tasks.get(subtopologyId)
    if (known === undefined) tasks.set(subtopologyId, new Set(partitions))
    else for (const partition of partitions) known.add(partition)
  }
  return tasks
}

/** Sorted, so that equal tasks give equal lists. */
export function taskIdsOf(tasks: TaskSet): { subtopologyId: string; partitions: number[] }[] {
  return [...tasks]
    .sort(([a], [b]) => compareText(a, b))
    .map(([subtopologyId, partitions]) => ({
      subtopologyId,
      partitions: [...partitions.keys()].sort((a, b) => a - b),
    }))
}

export function isNoTask({ active, standby, warmup }: Tasks): boolean {
  return active.size === 0 && standby.size === 0 && warmup.size === 0
}

export function hasTask(tasks: TaskSet, subtopologyId: string, partition: number): boolean {
  return tasks.get(subtopologyId)?.has(partition) === true
}

export function* eachTask(tasks: TaskSet): IterableIterator<readonly [subtopologyId: string, partition: number]> {
  for (const [subtopologyId, partitions] of tasks)
    for (const partition of partitions.keys()) yield [subtopologyId, partition]
}

function sameTaskSet(a: TaskSet, b: TaskSet): boolean {
  return a.size === b.size && isSubset(a, b) && isSubset(b, a)
}

export function sameTasks(a: Tasks, b: Tasks): boolean {
  return sameTaskSet(a.active, b.active) && sameTaskSet(a.standby, b.standby) && sameTaskSet(a.warmup, b.warmup)
}

/** Whether all tasks of `part` are in `whole`. */
export function isSubset(part: TaskSet, whole: TaskSet): boolean {
  for (const [subtopologyId, partition] of eachTask(part)) if (!hasTask(whole, subtopologyId, partition)) return false
  return true
}

/** Whether some task is in both, in the same role. */
export function overlaps(a: Tasks, b: Tasks): boolean {
  return overlap(a.active, b.active) || overlap(a.standby, b.standby) || overlap(a.warmup, b.warmup)
}

function overlap(a: TaskSet, b: TaskSet): boolean {
  for (const [subtopologyId, partition] of eachTask(a)) if (hasTask(b, subtopologyId, partition)) return true
  return false
}
