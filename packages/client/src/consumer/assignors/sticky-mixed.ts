/**
 * Sticky assignment where members subscribe to different topics. What a member may keep, it keeps; the rest goes to the
 * least loaded subscriber; then partitions move one by one to members with less, until that makes nothing more even.
 */
import { NOBODY, type StickyGroup } from './sticky-group.ts'

export function assignMixed(group: StickyGroup): number[][] {
  const shares = new Shares(group)
  const free = shares.free()
  shares.assign(free)
  // As long as nothing has to be taken from anybody, what is new may be enough to make it even.
  if (!shares.isRevoking) shares.balance(free)
  shares.balance(group.topicOf.keys())
  return shares.assigned()
}

class Shares {
  /** Somebody cannot keep what it has. */
  readonly isRevoking: boolean
  readonly #group: StickyGroup
  readonly #owners: Int32Array
  readonly #loads: Int32Array
  readonly #moves: Moves

  constructor(group: StickyGroup) {
    const { members, owned, racks, topics, topicOf } = group
    this.#group = group
    this.#owners = new Int32Array(topicOf.length).fill(NOBODY)
    this.#loads = new Int32Array(members.length)
    this.#moves = new Moves(group)
    let isRevoking = false
    const subscribed = topics.map(({ subscribers }) => new Set(subscribers))
    owned.forEach((indexes, member) => {
      for (const index of indexes) {
        const keeps = subscribed[topicOf[index]!]!.has(member) && !racks.isFar(member, index)
        if (keeps) this.#give(index, member)
        else isRevoking = true
      }
    })
    this.isRevoking = isRevoking
  }

  free(): number[] {
    return [...this.#owners.keys()].filter((index) => this.#owners[index] === NOBODY)
  }

  assign(free: readonly number[]): void {
    const { racks } = this.#group
    if (racks.isAware) {
      for (const index of free) {
        const member = this.#leastLoaded(index, (candidate) => !racks.isFar(candidate, index))
        if (member !== NOBODY) this.#give(index, member)
      }
    }
    for (const index of free) {
      if (this.#owners[index] === NOBODY)
        this.#give(
          index,
          this.#leastLoaded(index, () => true),
        )
    }
  }

  balance(indexes: Iterable<number>): void {
    const movable = [...indexes].filter((index) => this.#subscribers(index).length > 1)
    let moved = true
    while (moved && !this.#isEven()) {
      moved = false
      for (const index of movable) moved = this.#improve(index) || moved
    }
  }

  assigned(): number[][] {
    const assigned: number[][] = this.#group.members.map(() => [])
    this.#owners.forEach((member, index) => {
      assigned[member]!.push(index)
    })
    return assigned
  }

  /** Whether it moved this partition or another in its place. */
  #improve(index: number): boolean {
    const { earlierOwner, racks } = this.#group
    const owner = this.#owners[index]!
    const isBetter = (member: number) => member !== NOBODY && this.#loads[owner]! > this.#loads[member]! + 1
    let target = earlierOwner[index]!
    if (!isBetter(target)) {
      target = NOBODY
      if (racks.isAware && racks.isNear(owner, index)) {
        target = this.#subscribers(index).find((member) => racks.isNear(member, index) && isBetter(member)) ?? NOBODY
      }
      if (target === NOBODY) target = this.#leastLoaded(index, () => true)
      if (!isBetter(target)) return false
    }
    const actual = this.#moves.instead(index, { from: owner, to: target })
    this.#moves.note(actual, { from: owner, to: target })
    this.#loads[owner]! -= 1
    this.#give(actual, target)
    return true
  }

  #isEven(): boolean {
    let least = Number.POSITIVE_INFINITY
    let most = 0
    for (const load of this.#loads) {
      least = Math.min(least, load)
      most = Math.max(most, load)
    }
    return most - least <= 1
  }

  #give(index: number, member: number): void {
    this.#owners[index] = member
    this.#loads[member]! += 1
  }

  #subscribers(index: number): readonly number[] {
    return this.#group.topics[this.#group.topicOf[index]!]!.subscribers
  }

  #leastLoaded(index: number, accepts: (member: number) => boolean): number {
    let least = NOBODY
    for (const member of this.#subscribers(index)) {
      if ((least === NOBODY || this.#loads[member]! < this.#loads[least]!) && accepts(member)) least = member
    }
    return least
  }
}

interface Move {
  readonly from: number
  readonly to: number
}

/** The way that each partition went, so that no two of one topic are exchanged between members for nothing. */
class Moves {
  readonly #group: StickyGroup
  readonly #moves = new Map<number, Move>()
  readonly #byRoute = new Map<string, Set<number>>()

  constructor(group: StickyGroup) {
    this.#group = group
  }

  /** A partition of the same topic that came the opposite way and can go back, or else this one. */
  instead(index: number, move: Move): number {
    const opposite = this.#byRoute.get(this.#route(index, { from: move.to, to: move.from }))
    for (const other of opposite ?? []) return other
    return index
  }

  note(index: number, move: Move): void {
    const before = this.#moves.get(index)
    if (before !== undefined) this.#byRoute.get(this.#route(index, before))?.delete(index)
    this.#moves.delete(index)
    const whole = { from: before?.from ?? move.from, to: move.to }
    if (whole.from === whole.to) return
    this.#moves.set(index, whole)
    const route = this.#route(index, whole)
    const ofRoute = this.#byRoute.get(route)
    if (ofRoute === undefined) this.#byRoute.set(route, new Set([index]))
    else ofRoute.add(index)
  }

  #route(index: number, { from, to }: Move): string {
    return `${this.#group.topicOf[index]}:${from}:${to}`
  }
}
