/**
 * `uniform` for members that subscribe to different topics. Members keep what they have; what nobody has goes to the least loaded
 * subscriber, topics with the fewest subscribers first; then partitions move, one by one, from members to less loaded ones, until no
 * single move makes the loads more even. Every move lowers the sum of the squared loads, so that it ends.
 */
import {
  type AssignorInput,
  type GroupAssignment,
  type PartitionTable,
  partitionTable,
  type SubscribedMember,
  stillAssigned,
  subscribersByTopic,
  toAssignment,
} from './assignor.ts'

const NOBODY = -1

export function assignMixed(input: AssignorInput): GroupAssignment {
  const { members } = input
  const shares = new Shares(members, partitionTable(input))
  const positions = shares.table.topics.map((_, position) => position)
  positions.sort((a, b) => shares.subscribersOf(a).length - shares.subscribersOf(b).length || a - b)
  for (const position of positions) shares.assignFree(position)
  let moved = true
  while (moved) {
    moved = false
    for (const position of positions) moved = shares.balance(position) || moved
  }
  return shares.result(members)
}

/** Who has what, while it changes. Members and partitions are numbers here, topics are positions in the table. */
class Shares {
  readonly table: PartitionTable
  readonly #subscribers: readonly (readonly number[])[]
  /** Before, and now, by partition. */
  readonly #previous: Int32Array
  readonly #owners: Int32Array
  /** Partitions that a member has, of all topics. */
  readonly #loads: Int32Array

  constructor(members: readonly SubscribedMember[], table: PartitionTable) {
    this.table = table
    this.#loads = new Int32Array(members.length)
    this.#owners = new Int32Array(table.partitionCount).fill(NOBODY)
    members.forEach((member, at) => {
      for (const index of stillAssigned(member, table)) {
        if (this.#owners[index] === NOBODY) this.#give(index, at)
      }
    })
    this.#subscribers = subscribersByTopic(members, table)
    this.#previous = this.#owners.slice()
  }

  subscribersOf(position: number): readonly number[] {
    return this.#subscribers[position]!
  }

  assignFree(position: number): void {
    for (const index of this.#indexesOf(position)) {
      if (this.#owners[index] === NOBODY) this.#give(index, this.#leastLoaded(position))
    }
  }

  /** Whether anything moved. */
  balance(position: number): boolean {
    let moved = false
    const byOwner = new Map<number, number[]>()
    for (const index of this.#indexesOf(position)) {
      const owner = this.#owners[index]!
      const ofOwner = byOwner.get(owner)
      if (ofOwner === undefined) byOwner.set(owner, [index])
      else ofOwner.push(index)
    }
    for (;;) {
      const to = this.#leastLoaded(position)
      let from = to
      for (const owner of byOwner.keys()) if (this.#loads[owner]! > this.#loads[from]!) from = owner
      if (this.#loads[from]! <= this.#loads[to]! + 1) return moved
      const index = this.#takeFrom(byOwner.get(from)!, { from, to })
      if (byOwner.get(from)!.length === 0) byOwner.delete(from)
      this.#loads[from]! -= 1
      this.#give(index, to)
      const ofTarget = byOwner.get(to)
      if (ofTarget === undefined) byOwner.set(to, [index])
      else ofTarget.push(index)
      moved = true
    }
  }

  result(members: readonly SubscribedMember[]): GroupAssignment {
    const indexesOf: number[][] = members.map(() => [])
    this.#owners.forEach((owner, index) => {
      indexesOf[owner]?.push(index)
    })
    return toAssignment(members, indexesOf, this.table)
  }

  /** One that goes home, or else one that is away from home anyway, or else the last. Taken out of the list. */
  #takeFrom(indexes: number[], { from, to }: { from: number; to: number }): number {
    let at = indexes.findLastIndex((index) => this.#previous[index] === to)
    if (at === -1) at = indexes.findLastIndex((index) => this.#previous[index] !== from)
    if (at === -1) at = indexes.length - 1
    return indexes.splice(at, 1)[0]!
  }

  #give(index: number, member: number): void {
    this.#owners[index] = member
    this.#loads[member]! += 1
  }

  #leastLoaded(position: number): number {
    const subscribers = this.#subscribers[position]!
    let least = subscribers[0]!
    for (const member of subscribers) if (this.#loads[member]! < this.#loads[least]!) least = member
    return least
  }

  #indexesOf(position: number): number[] {
    const start = this.table.starts[position]!
    return Array.from({ length: this.table.topics[position]!.partitionCount }, (_, partition) => start + partition)
  }
}
