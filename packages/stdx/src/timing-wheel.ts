/**
 * A hierarchical timing wheel: very many deadlines, most of which are cancelled or moved before they are reached
 * (sessions, delayed fetches), at constant cost each. It has no clock of its own: its owner calls `advance` and sets one real
 * timer to `nextMs`.
 *
 * Level 0 has one slot per tick; a slot of level n + 1 is as long as all of level n. An entry lies on the lowest level whose
 * current turn holds its tick, and moves down when time reaches its slot:
 *
 * ```
 *   level 1   [  0–31 ][ 32–63 ][ 64–95 ]…      slot = 32 ticks
 *   level 0   [0][1][2] … [31]                  slot = 1 tick
 * ```
 */
import { assert } from './assert.ts'

const SLOT_BITS = 5
const SLOTS = 1 << SLOT_BITS
const LEVELS = 7
/** Ticks of one whole turn per level: 32, 1024, … */
const TURN_TICKS = Array.from({ length: LEVELS }, (_, level) => SLOTS ** (level + 1))
const FURTHEST_TICKS = (SLOTS - 1) * SLOTS ** (LEVELS - 1)

/** A scheduled item; hand it to `cancel`. */
export interface WheelEntry<T> {
  readonly item: T
  /** The deadline that was asked for, in milliseconds. */
  readonly atMs: number
  /** False once it fired or was cancelled. */
  readonly isPending: boolean
}

export interface TimingWheelOptions {
  /** Deadlines are rounded up to multiples of this. Default 1. */
  readonly tickMs?: number
  /** The time at which the wheel starts, on the clock that `advance` is given. */
  readonly nowMs: number
}

export class TimingWheel<T> {
  readonly #tickMs: number
  readonly #slots: Slot<T>[]
  /** Per level one bit per slot that holds something. */
  readonly #occupied = new Int32Array(LEVELS)
  #tick: number
  #size = 0

  constructor(options: TimingWheelOptions) {
    this.#tickMs = options.tickMs ?? 1
    assert(this.#tickMs > 0, 'tick is positive')
    this.#tick = Math.floor(options.nowMs / this.#tickMs)
    this.#slots = Array.from({ length: LEVELS * SLOTS }, (_, index) => new Slot<T>(index))
  }

  /** Entries that are pending. */
  get size(): number {
    return this.#size
  }

  /** Fires at the first `advance` to `atMs` or later, and in the next one if that time has passed. */
  schedule(atMs: number, item: T): WheelEntry<T> {
    const tick = Math.max(Math.ceil(atMs / this.#tickMs), this.#tick + 1)
    const entry = new Entry<T>(item, atMs, tick)
    this.#place(entry)
    this.#size++
    return entry
  }

  /** False when the entry had fired or been cancelled before. */
  cancel(entry: WheelEntry<T>): boolean {
    const own = entry as Entry<T>
    if (own.slot === undefined) return false
    this.#take(own)
    this.#size--
    return true
  }

  /**
   * A time at or before the earliest deadline, to set a timer to; undefined when nothing is pending. It may come before
   * the deadline (then entries only move to a lower level), never after.
   */
  get nextMs(): number | undefined {
    const next = this.#nextSlot()
    return next === undefined ? undefined : next.tick * this.#tickMs
  }

  /** Moves time on and calls `fire` for each item that is due, in order of their ticks. `fire` may schedule and cancel. */
  advance(nowMs: number, fire: (item: T) => void): void {
    const target = Math.floor(nowMs / this.#tickMs)
    for (let next = this.#nextSlot(); next !== undefined && next.tick <= target; next = this.#nextSlot()) {
      this.#tick = next.tick
      this.#empty(next.slot, fire)
    }
    if (target > this.#tick) this.#tick = target
  }

  #empty(slot: Slot<T>, fire: (item: T) => void): void {
    for (let entry = slot.first; entry !== undefined; entry = slot.first) {
      this.#take(entry)
      if (entry.tick > this.#tick) this.#place(entry)
      else {
        this.#size--
        fire(entry.item)
      }
    }
  }

  /** The occupied slot that time reaches first. Lower levels lie within the present slot of the higher ones. */
  #nextSlot(): { slot: Slot<T>; tick: number } | undefined {
    if (this.#size === 0) return undefined
    for (let level = 0; level < LEVELS; level++) {
      const occupied = this.#occupied[level] as number
      if (occupied === 0) continue
      const slotTicks = (TURN_TICKS[level] as number) / SLOTS
      const turnStart = Math.floor(this.#tick / (TURN_TICKS[level] as number)) * (TURN_TICKS[level] as number)
      const index = firstFrom(occupied, Math.floor((this.#tick - turnStart) / slotTicks))
      const tick = Math.max(turnStart + index * slotTicks, this.#tick)
      return { slot: this.#slots[level * SLOTS + (index & (SLOTS - 1))] as Slot<T>, tick }
    }
    return undefined
  }

  #place(entry: Entry<T>): void {
    // Only the highest level runs round. What lies further away than its turn waits in its last slot and is placed again.
    const tick = Math.min(entry.tick, this.#tick + FURTHEST_TICKS)
    let level = 0
    while (level < LEVELS - 1 && !this.#inTurn(level, tick)) level++
    const slotTicks = (TURN_TICKS[level] as number) / SLOTS
    const index = Math.floor(tick / slotTicks) % SLOTS
    const slot = this.#slots[level * SLOTS + index] as Slot<T>
    slot.append(entry)
    this.#occupied[level] = (this.#occupied[level] as number) | (1 << index)
  }

  #inTurn(level: number, tick: number): boolean {
    const turn = TURN_TICKS[level] as number
    return Math.floor(tick / turn) === Math.floor(this.#tick / turn)
  }

  #take(entry: Entry<T>): void {
    const slot = entry.slot as Slot<T>
    slot.remove(entry)
    if (slot.first !== undefined) return
    const level = slot.index >> SLOT_BITS
    this.#occupied[level] = (this.#occupied[level] as number) & ~(1 << (slot.index & (SLOTS - 1)))
  }
}

/** The lowest set bit at or above `from`, else the lowest set bit plus 32: the next turn of the wheel. */
function firstFrom(bits: number, from: number): number {
  const ahead = bits & (-1 << from)
  return ahead !== 0 ? lowestBit(ahead) : lowestBit(bits) + SLOTS
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}

class Entry<T> implements WheelEntry<T> {
  readonly item: T
  readonly atMs: number
  readonly tick: number
  slot: Slot<T> | undefined = undefined
  previous: Entry<T> | undefined = undefined
  next: Entry<T> | undefined = undefined

  constructor(item: T, atMs: number, tick: number) {
    this.item = item
    this.atMs = atMs
    this.tick = tick
  }

  get isPending(): boolean {
    return this.slot !== undefined
  }
}

class Slot<T> {
  readonly index: number
  first: Entry<T> | undefined = undefined
  last: Entry<T> | undefined = undefined

  constructor(index: number) {
    this.index = index
  }

  append(entry: Entry<T>): void {
    entry.slot = this
    entry.previous = this.last
    if (this.last === undefined) this.first = entry
    else this.last.next = entry
    this.last = entry
  }

  remove(entry: Entry<T>): void {
    if (entry.previous === undefined) this.first = entry.next
    else entry.previous.next = entry.next
    if (entry.next === undefined) this.last = entry.previous
    else entry.next.previous = entry.previous
    entry.slot = undefined
    entry.previous = undefined
    entry.next = undefined
  }
}
