/** Which processes have which tasks, assigned or not yet given up: kept beside the members, so that a reconciliation need not look at all. */
import { type SnapshotRegistry, TimelineMap } from '@ottla/stdx'
import type { TaskHolders } from './reconcile.ts'
import type { StreamsMember } from './streams-member.ts'
import { eachTask, type Tasks } from './tasks.ts'

const ROLES = ['active', 'standby', 'warmup'] as const

export class TaskHolderCounts implements TaskHolders {
  /** Members by task that they have active. */
  readonly #active: TimelineMap<string, number>
  /** Members by role, process and task. */
  readonly #held: TimelineMap<string, number>

  constructor(registry: SnapshotRegistry) {
    this.#active = new TimelineMap(registry)
    this.#held = new TimelineMap(registry)
  }

  hasActive(subtopologyId: string, partition: number): boolean {
    return this.#active.has(taskKey(subtopologyId, partition))
  }

  isHeldBy(processId: string, roles: readonly (keyof Tasks)[], task: readonly [string, number]): boolean {
    return roles.some((role) => this.#held.has(heldKey(role, processId, task)))
  }

  replace(before: StreamsMember | undefined, after: StreamsMember | undefined): void {
    if (
      before?.assigned === after?.assigned &&
      before?.pendingRevocation === after?.pendingRevocation &&
      before?.processId === after?.processId
    )
      return
    if (before !== undefined) this.#count(before, -1)
    if (after !== undefined) this.#count(after, 1)
  }

  #count({ processId, assigned, pendingRevocation }: StreamsMember, by: 1 | -1): void {
    for (const tasks of [assigned, pendingRevocation]) {
      for (const role of ROLES)
        for (const task of eachTask(tasks[role])) {
          add(this.#held, heldKey(role, processId, task), by)
          if (role === 'active') add(this.#active, taskKey(...task), by)
        }
    }
  }
}

function add(counts: TimelineMap<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}

function taskKey(subtopologyId: string, partition: number): string {
  return `${partition}/${subtopologyId}`
}

/** The length keeps ids that hold the separator apart. */
function heldKey(role: keyof Tasks, processId: string, task: readonly [string, number]): string {
  return `${role}/${processId.length}/${processId}/${taskKey(...task)}`
}
