/** The processes of a streams application while tasks are shared out: each has as much room as it has members (threads). */
import type { TaskId } from './sticky-assignor.ts'

export interface MemberLoad {
  readonly memberId: string
  readonly process: ProcessLoad
  readonly active: TaskId[]
  readonly standby: TaskId[]
  taskCount: number
}

export class ProcessLoad {
  readonly tags: ReadonlyMap<string, string>
  readonly members: MemberLoad[] = []
  readonly #taskKeys = new Set<string>()
  #taskCount = 0
  #statelessCount = 0

  constructor(tags: ReadonlyMap<string, string>) {
    this.tags = tags
  }

  addMember(memberId: string): MemberLoad {
    const member: MemberLoad = { memberId, process: this, active: [], standby: [], taskCount: 0 }
    this.members.push(member)
    return member
  }

  /** Tasks for each member. */
  get load(): number {
    return this.#taskCount / this.members.length
  }

  get statelessLoad(): number {
    return this.#statelessCount / this.members.length
  }

  /** In any role: a process has a task at most once. */
  has(task: TaskId): boolean {
    return this.#taskKeys.has(task.key)
  }

  add(member: MemberLoad, task: TaskId, role: 'active' | 'standby'): void {
    member[role].push(task)
    member.taskCount += 1
    this.#taskKeys.add(task.key)
    this.#taskCount += 1
    if (!task.isStateful) this.#statelessCount += 1
  }

  leastLoadedMember(): MemberLoad {
    return this.members.reduce((least, member) => (member.taskCount < least.taskCount ? member : least))
  }
}
