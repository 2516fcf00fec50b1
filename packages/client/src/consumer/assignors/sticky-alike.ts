/** Sticky assignment where all members subscribe to the same topics: two sizes of share, filled up in order. */
import type { StickyGroup } from './sticky-group.ts'

export function assignAlike(group: StickyGroup): number[][] {
  const shares = new Shares(group)
  shares.keep()
  const free = group.racks.inOrder(shares.free())
  shares.dealNear(free)
  shares.dealRest(free)
  return shares.assigned
}

class Shares {
  readonly assigned: number[][]
  readonly #group: StickyGroup
  readonly #isTaken: Uint8Array
  /** Partitions that every member gets, and how many members may still get one more. */
  readonly #quota: number
  #extras: number

  constructor(group: StickyGroup) {
    const { members, topicOf } = group
    this.#group = group
    this.#isTaken = new Uint8Array(topicOf.length)
    this.#quota = Math.floor(topicOf.length / members.length)
    this.#extras = topicOf.length % members.length
    this.assigned = members.map(() => [])
  }

  /** Low partition numbers are kept first, so that a member does not lose all of one topic. Who comes first keeps one more. */
  keep(): void {
    const { arrivals, owned, racks, topics, topicOf } = this.#group
    const numberOf = (index: number) => index - topics[topicOf[index]!]!.start
    for (const member of arrivals) {
      const near = owned[member]!.filter((index) => !racks.isFar(member, index))
      near.sort((a, b) => numberOf(a) - numberOf(b) || a - b)
      const hasExtra = near.length > this.#quota && this.#extras > 0
      for (const index of near.slice(0, this.#quota + (hasExtra ? 1 : 0))) this.#give(index, member)
    }
  }

  free(): number[] {
    return [...this.#isTaken.keys()].filter((index) => this.#isTaken[index] === 0)
  }

  /** Members below the quota in turn, then those at the quota, each only with partitions of its rack. */
  dealNear(free: readonly number[]): void {
    const { racks } = this.#group
    if (!racks.isAware) return
    const below = this.#membersWith((size) => size < this.#quota)
    const atQuota = this.#extras > 0 ? this.#membersWith((size) => size === this.#quota) : []
    let turn = 0
    for (const index of free) {
      const at = nextFrom(below, turn, (member) => racks.isNear(member, index))
      if (at !== -1) {
        const member = below[at]!
        this.#give(index, member)
        turn = at + 1
        if (this.assigned[member]!.length === this.#quota) {
          below.splice(at, 1)
          if (this.#extras > 0) atQuota.push(member)
          turn = at
        }
        turn = below.length === 0 ? 0 : turn % below.length
      } else if (this.#extras > 0) {
        const extraAt = atQuota.findIndex((member) => racks.isNear(member, index))
        if (extraAt === -1) continue
        this.#give(index, atQuota[extraAt]!)
        atQuota.splice(extraAt, 1)
      }
    }
  }

  dealRest(free: readonly number[]): void {
    const below = this.#membersWith((size) => size < this.#quota)
    const atQuota = this.#membersWith((size) => size === this.#quota)
    let turn = 0
    for (const index of free) {
      if (this.#isTaken[index] === 1) continue
      if (below.length === 0) {
        this.#give(index, atQuota.shift()!)
        continue
      }
      if (turn >= below.length) turn = 0
      const member = below[turn]!
      this.#give(index, member)
      if (this.assigned[member]!.length < this.#quota) turn += 1
      else {
        below.splice(turn, 1)
        atQuota.push(member)
      }
    }
  }

  #give(index: number, member: number): void {
    this.assigned[member]!.push(index)
    this.#isTaken[index] = 1
    if (this.assigned[member]!.length === this.#quota + 1) this.#extras -= 1
  }

  #membersWith(isSize: (size: number) => boolean): number[] {
    return [...this.assigned.keys()].filter((member) => isSize(this.assigned[member]!.length))
  }
}

/** Position of the first one from `start` on, and around. */
function nextFrom(members: readonly number[], start: number, accepts: (member: number) => boolean): number {
  for (let step = 0; step < members.length; step += 1) {
    const at = (start + step) % members.length
    if (accepts(members[at]!)) return at
  }
  return -1
}
