/**
 * `simple` of share groups (KIP-932), where a partition may go to several members. As long as there are no more members than
 * partitions, every partition goes to one; otherwise every partition is shared by equally many, so that nobody is idle. Members have equally
 * many partitions, or one more than others, and keep what they had as far as that allows. Where members subscribe to different topics,
 * each topic is shared out for itself.
 */
import {
  type AssignorInput,
  type GroupAssignment,
  type PartitionAssignor,
  type PartitionTable,
  partitionTable,
  type SubscribedMember,
  stillAssigned,
  subscribersByTopic,
  toAssignment,
} from './assignor.ts'

export const simpleAssignor: PartitionAssignor = {
  name: 'simple',
  assign(input: AssignorInput): GroupAssignment {
    const { members } = input
    const table = partitionTable(input)
    const previous = members.map((member) => stillAssigned(member, table))
    const indexesOf: number[][] = members.map(() => [])
    /** What members have in all, as far as it is known. */
    const loads = previous.map(({ length }) => length)
    for (const scope of scopesOf(members, table)) {
      const shares = new Shares(scope, { previous, loads })
      shares.keep()
      shares.fill()
      shares.swapForDuplicates()
      shares.held.forEach((held, at) => {
        const member = scope.members[at]!
        for (const index of held) indexesOf[member]!.push(index)
        loads[member]! += held.size - shares.previous[at]!.length
      })
    }
    return toAssignment(members, indexesOf, table)
  },
}

/** What is shared out at a time. */
interface Scope {
  /** Positions of the members. */
  readonly members: readonly number[]
  readonly start: number
  readonly end: number
}

function scopesOf(members: readonly SubscribedMember[], table: PartitionTable): Scope[] {
  const subscribers = subscribersByTopic(members, table)
  if (subscribers.every(({ length }) => length === members.length)) {
    return [{ members: [...members.keys()], start: 0, end: table.partitionCount }]
  }
  return table.topics.map(({ partitionCount }, position) => {
    const start = table.starts[position]!
    return { members: subscribers[position]!, start, end: start + partitionCount }
  })
}

class Shares {
  /** Partition indexes by member of the scope. */
  readonly held: readonly Set<number>[]
  readonly previous: readonly (readonly number[])[]
  readonly #scope: Scope
  /** How many members a partition is for, and how many partitions a member. */
  readonly #sharing: number
  readonly #desired: readonly number[]
  /** Members that a partition still lacks, by index from the start of the scope. */
  readonly #open: Int32Array

  constructor(scope: Scope, whole: { previous: readonly (readonly number[])[]; loads: readonly number[] }) {
    const { members, start, end } = scope
    const partitionCount = end - start
    this.#scope = scope
    this.previous = members.map((at) => slice(whole.previous[at]!, start, end))
    this.#sharing = partitionCount === 0 ? 0 : Math.ceil(members.length / partitionCount)
    this.#desired = desiredCounts(
      this.#sharing * partitionCount,
      members.map((at, i) => ({
        held: this.previous[i]!.length,
        elsewhere: whole.loads[at]! - this.previous[i]!.length,
      })),
    )
    this.#open = new Int32Array(partitionCount).fill(this.#sharing)
    this.held = members.map(() => new Set())
  }

  /** A member that has too many gives up what the most members have; of those, the first ones. */
  keep(): void {
    const { start } = this.#scope
    const holders = new Int32Array(this.#open.length)
    for (const indexes of this.previous) for (const index of indexes) holders[index - start]! += 1
    this.previous.forEach((indexes, at) => {
      const byPreference = [...indexes].sort((a, b) => holders[a - start]! - holders[b - start]! || b - a)
      for (const index of byPreference) {
        if (this.#need(at) > 0 && this.#open[index - start]! > 0) this.#give(index, at)
        else holders[index - start]! -= 1
      }
    })
  }

  /** The last members first, as Kafka does. */
  fill(): void {
    const members = [...this.held.keys()].reverse()
    if (this.#sharing === 1) this.#fillUnshared(members)
    else for (const at of members) this.#fillShared(at)
  }

  /** A member that lacks a partition, where all that are open are its own already, gets one of a member that can take an open one. */
  swapForDuplicates(): void {
    this.held.forEach((held, at) => {
      while (this.#need(at) > 0) {
        const open = this.#open.findIndex((count) => count > 0)
        if (open === -1) return
        const index = this.#scope.start + open
        const swap = this.#findSwap(held, index)
        if (swap === undefined) return
        this.held[swap.at]!.delete(swap.index)
        held.add(swap.index)
        this.#give(index, swap.at)
      }
    })
  }

  /** A new group deals partitions out in turn, so that each member gets some of each topic; later ones take what is there. */
  #fillUnshared(members: readonly number[]): void {
    const { start } = this.#scope
    const isNew = this.held.every(({ size }) => size === 0)
    const waiting = members.filter((at) => this.#need(at) > 0)
    let turn = 0
    this.#open.forEach((count, partition) => {
      if (count === 0) return
      while (this.#need(waiting[turn % waiting.length]!) === 0) turn += 1
      this.#give(start + partition, waiting[turn % waiting.length]!)
      if (isNew) turn += 1
    })
  }

  /** Partitions that lack most members first. */
  #fillShared(at: number): void {
    while (this.#need(at) > 0) {
      let most = -1
      this.#open.forEach((count, partition) => {
        if (count === 0 || this.held[at]!.has(this.#scope.start + partition)) return
        if (most === -1 || count > this.#open[most]!) most = partition
      })
      if (most === -1) return
      this.#give(this.#scope.start + most, at)
    }
  }

  #findSwap(held: ReadonlySet<number>, open: number): { at: number; index: number } | undefined {
    for (const [at, others] of this.held.entries()) {
      if (others.has(open)) continue
      for (const index of others) if (!held.has(index)) return { at, index }
    }
    return undefined
  }

  #need(at: number): number {
    return this.#desired[at]! - this.held[at]!.size
  }

  #give(index: number, at: number): void {
    this.held[at]!.add(index)
    this.#open[index - this.#scope.start]! -= 1
  }
}

/** The numbers from start, inclusive, to end, exclusive, of a sorted list. */
function slice(sorted: readonly number[], start: number, end: number): readonly number[] {
  return sorted.slice(lowerBound(sorted, start), lowerBound(sorted, end))
}

function lowerBound(sorted: readonly number[], number: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < number) low = middle + 1
    else high = middle
  }
  return low
}

/** Partitions by member. Those that do not come out even stay where most are, or else go where least is of other topics. */
function desiredCounts(total: number, members: readonly { held: number; elsewhere: number }[]): number[] {
  const quota = Math.floor(total / members.length)
  const counts = members.map(() => quota)
  const byClaim = [...members.keys()].sort((a, b) => {
    const [one, other] = [members[a]!, members[b]!]
    return other.held - one.held || one.elsewhere - other.elsewhere
  })
  for (const at of byClaim.slice(0, total % members.length)) counts[at] = quota + 1
  return counts
}
