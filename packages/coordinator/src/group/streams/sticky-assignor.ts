/**
 * The assignor `sticky` of streams groups (KIP-1071): who had a task keeps it, as long as no member has more than its share; then come those who
 * have its state, as a standby task or on their disk; the rest goes to the least loaded process. Active tasks that have
 * state are shared out first, and evenly among themselves; then those without. Standby tasks never go to a process that has the task.
 *
 * Kafka's walks hash tables where members are equal; here the order of their ids decides.
 */
import { compareText } from '../assignor/assignor.ts'
import type { ConfiguredSubtopology } from './configure-topics.ts'
import { type MemberLoad, ProcessLoad } from './process-load.ts'
import { RackDiversity } from './rack-diversity.ts'
import { eachTask, hasTask, type TaskSet, type Tasks } from './tasks.ts'

export interface AssignableMember {
  readonly memberId: string
  readonly processId: string
  readonly clientTags: ReadonlyMap<string, string>
  /** What it was promised so far. May name tasks that are no more. */
  readonly target: Tasks
  /** How far the state on its disk goes, by subtopology and partition. */
  readonly taskOffsets: ReadonlyMap<string, ReadonlyMap<number, number>>
}

export interface TaskAssignorInput {
  readonly members: readonly AssignableMember[]
  readonly subtopologies: readonly ConfiguredSubtopology[]
  readonly standbyReplicas: number
  /** rack.aware.assignment.tags */
  readonly rackAwareTags: readonly string[]
}

export interface TaskId {
  readonly key: string
  readonly subtopologyId: string
  readonly partition: number
  readonly isStateful: boolean
}

/** Tasks by member id; every member is in it. */
export type TaskAssignment = Map<string, Tasks>

export const STICKY = 'sticky'

export function assignSticky(input: TaskAssignorInput): TaskAssignment {
  return new StickyAssignment(input).run()
}

/** The share of a member: whoever has filled it takes no more, and what is left is shared among the others. */
class Share {
  #taskCount: number
  #memberCount: number
  #perMember: number

  constructor(taskCount: number, memberCount: number) {
    this.#taskCount = taskCount
    this.#memberCount = memberCount
    this.#perMember = memberCount === 0 ? 0 : Math.ceil(taskCount / memberCount)
  }

  hasRoom({ taskCount }: MemberLoad): boolean {
    return taskCount < this.#perMember
  }

  added({ taskCount }: MemberLoad): void {
    if (taskCount !== this.#perMember) return
    this.#memberCount -= 1
    this.#taskCount -= taskCount
    this.#perMember = this.#memberCount === 0 ? 0 : Math.ceil(this.#taskCount / this.#memberCount)
  }
}

interface Candidate {
  readonly member: MemberLoad
  readonly isStandby: boolean
  readonly offset: number
}

class StickyAssignment {
  readonly #input: TaskAssignorInput
  readonly #processes = new Map<string, ProcessLoad>()
  readonly #members: MemberLoad[] = []
  readonly #stateful: TaskId[] = []
  readonly #stateless: TaskId[] = []
  readonly #lastActive = new Map<string, MemberLoad>()
  readonly #lastStandby = new Map<string, Candidate[]>()
  readonly #owners = new Map<string, ProcessLoad>()
  readonly #statefulShare: Share
  readonly #activeShare: Share
  readonly #share: Share

  constructor(input: TaskAssignorInput) {
    this.#input = input
    for (const { subtopologyId, taskCount, isStateful } of input.subtopologies) {
      const list = isStateful ? this.#stateful : this.#stateless
      for (let partition = 0; partition < taskCount; partition++)
        list.push({ key: keyOf(subtopologyId, partition), subtopologyId, partition, isStateful })
    }
    const members = [...input.members].sort((a, b) => compareText(a.memberId, b.memberId))
    for (const member of members) this.#addMember(member)
    for (const candidates of this.#lastStandby.values())
      candidates.sort((a, b) => Number(b.isStandby) - Number(a.isStandby) || b.offset - a.offset)
    const [stateful, active] = [this.#stateful.length, this.#stateful.length + this.#stateless.length]
    this.#statefulShare = new Share(stateful, members.length)
    this.#activeShare = new Share(active, members.length)
    this.#share = new Share(active + stateful * input.standbyReplicas, members.length)
  }

  run(): TaskAssignment {
    if (this.#members.length > 0) {
      this.#assignActive(this.#stateful, this.#statefulShare)
      this.#assignActive(this.#stateless, this.#activeShare)
      if (this.#input.standbyReplicas > 0) this.#assignStandby()
    }
    return new Map(
      this.#members.map(({ memberId, active, standby }) => [
        memberId,
        { active: taskSet(active), standby: taskSet(standby), warmup: new Map() },
      ]),
    )
  }

  #addMember({ memberId, processId, clientTags, target, taskOffsets }: AssignableMember): void {
    let process = this.#processes.get(processId)
    if (process === undefined) this.#processes.set(processId, (process = new ProcessLoad(clientTags)))
    const member = process.addMember(memberId)
    this.#members.push(member)
    for (const [subtopologyId, partition] of eachTask(target.active))
      this.#lastActive.set(keyOf(subtopologyId, partition), member)
    for (const tasks of [target.standby, target.warmup])
      for (const [subtopologyId, partition] of eachTask(tasks)) {
        const offset = taskOffsets.get(subtopologyId)?.get(partition) ?? 0
        this.#addCandidate(keyOf(subtopologyId, partition), { member, isStandby: true, offset })
      }
    // Who comes back under a new id has no promise to show, but its disk.
    for (const [subtopologyId, offsets] of taskOffsets)
      for (const [partition, offset] of offsets)
        if (!hasTask(target.standby, subtopologyId, partition) && !hasTask(target.warmup, subtopologyId, partition))
          this.#addCandidate(keyOf(subtopologyId, partition), { member, isStandby: false, offset })
  }

  #addCandidate(key: string, candidate: Candidate): void {
    const known = this.#lastStandby.get(key)
    if (known === undefined) this.#lastStandby.set(key, [candidate])
    else known.push(candidate)
  }

  #assignActive(tasks: readonly TaskId[], share: Share): void {
    // Who had the same partitions of several subtopologies is to keep them together.
    let left = [...tasks].sort(byPartition)
    left = left.filter((task) => {
      const member = this.#lastActive.get(task.key)
      return member === undefined || !this.#takeActive(member, task, share)
    })
    left = left.filter((task) => {
      const member = this.#leastLoadedOf(this.#lastStandby.get(task.key) ?? [])
      return member === undefined || !this.#takeActive(member, task, share)
    })
    // What is left goes round by subtopology, so that a new group gets the like partitions together.
    for (const task of left.sort(bySubtopology))
      this.#add(this.#leastLoadedProcess().leastLoadedMember(), task, 'active')
  }

  #takeActive(member: MemberLoad, task: TaskId, share: Share): boolean {
    if (!share.hasRoom(member)) return false
    this.#add(member, task, 'active')
    return true
  }

  #add(member: MemberLoad, task: TaskId, role: 'active' | 'standby'): void {
    member.process.add(member, task, role)
    if (role === 'active') {
      if (task.isStateful) {
        this.#statefulShare.added(member)
        this.#owners.set(task.key, member.process)
      }
      this.#activeShare.added(member)
    }
    this.#share.added(member)
  }

  #leastLoadedProcess(): ProcessLoad {
    return [...this.#processes.values()].reduce((least, process) => {
      const difference = process.load - least.load || process.statelessLoad - least.statelessLoad
      return difference < 0 ? process : least
    })
  }

  #leastLoadedOf(candidates: readonly Candidate[], task?: TaskId): MemberLoad | undefined {
    let least: MemberLoad | undefined
    for (const { member } of candidates) {
      if (task !== undefined && member.process.has(task)) continue
      const isLess =
        least === undefined || (member.process.load < least.process.load && member.taskCount < least.taskCount)
      if (isLess) least = member
    }
    return least
  }

  #assignStandby(): void {
    const left: { task: TaskId; replicas: number }[] = []
    for (const task of [...this.#stateful].sort(byPartition).reverse()) {
      const placed = this.#assignDiverse(task)
      const replicas = this.#assignStickyStandby(task, this.#input.standbyReplicas - placed)
      if (replicas > 0) left.push({ task, replicas })
    }
    left.sort((a, b) => bySubtopology(b.task, a.task))
    for (const { task, replicas } of left) {
      for (let replica = 0; replica < replicas; replica++) {
        const process = this.#leastLoadedWithout(task)
        // There are more copies asked for than processes.
        if (process === undefined) break
        this.#add(process.leastLoadedMember(), task, 'standby')
      }
    }
  }

  /** Returns how many standby tasks found a place by the tags of clients. */
  #assignDiverse(task: TaskId): number {
    const { rackAwareTags, standbyReplicas } = this.#input
    const owner = this.#owners.get(task.key)
    if (rackAwareTags.length === 0 || owner === undefined) return 0
    const diversity = new RackDiversity(rackAwareTags, owner)
    const ranks = this.#holderRanks(task)
    let placed = 0
    while (placed < standbyReplicas) {
      const able = [...this.#processes.values()].filter(
        (process) => !process.has(task) && process.members.some((member) => this.#share.hasRoom(member)),
      )
      const [first, ...others] = diversity.best(able)
      if (first === undefined) break
      const rank = (process: ProcessLoad) => ranks.get(process)?.rank ?? Number.MAX_SAFE_INTEGER
      const process = others.reduce(
        (best, each) => ((rank(each) - rank(best) || each.load - best.load) < 0 ? each : best),
        first,
      )
      const holder = ranks.get(process)?.member
      const member = holder !== undefined && this.#share.hasRoom(holder) ? holder : process.leastLoadedMember()
      this.#add(member, task, 'standby')
      diversity.use(process)
      placed += 1
    }
    return placed
  }

  /** Processes that had the task: the one that had it active first. */
  #holderRanks(task: TaskId): Map<ProcessLoad, { rank: number; member: MemberLoad }> {
    const ranks = new Map<ProcessLoad, { rank: number; member: MemberLoad }>()
    const active = this.#lastActive.get(task.key)
    if (active !== undefined) ranks.set(active.process, { rank: 0, member: active })
    ;(this.#lastStandby.get(task.key) ?? []).forEach(({ member }, index) => {
      if (!ranks.has(member.process)) ranks.set(member.process, { rank: 1 + index, member })
    })
    return ranks
  }

  /** Returns how many found no place. */
  #assignStickyStandby(task: TaskId, replicas: number): number {
    for (let left = replicas; left > 0; left--) {
      const active = this.#lastActive.get(task.key)
      const wasActive = active !== undefined && !active.process.has(task) && this.#share.hasRoom(active)
      const member = wasActive ? active : this.#leastLoadedOf(this.#lastStandby.get(task.key) ?? [], task)
      if (member === undefined || !this.#share.hasRoom(member)) return left
      this.#add(member, task, 'standby')
    }
    return 0
  }

  #leastLoadedWithout(task: TaskId): ProcessLoad | undefined {
    let least: ProcessLoad | undefined
    for (const process of this.#processes.values())
      if (!process.has(task) && (least === undefined || process.load < least.load)) least = process
    return least
  }
}

function keyOf(subtopologyId: string, partition: number): string {
  return `${partition}/${subtopologyId}`
}

function byPartition(a: TaskId, b: TaskId): number {
  return a.partition - b.partition || compareText(a.subtopologyId, b.subtopologyId)
}

function bySubtopology(a: TaskId, b: TaskId): number {
  return compareText(a.subtopologyId, b.subtopologyId) || a.partition - b.partition
}

function taskSet(tasks: readonly TaskId[]): TaskSet {
  const set = new Map<string, Set<number>>()
  for (const { subtopologyId, partition } of tasks) {
    const known = set.get(subtopologyId)
    if (known === undefined) set.set(subtopologyId, new Set([partition]))
    else known.add(partition)
  }
  return set
}
