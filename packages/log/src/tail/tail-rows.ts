/**
 * What a log has in memory, oldest first: a row of numbers for each piece, and the memory in which it lies. A ring, so that nothing is
 * made for a piece: an object would live as long as the piece does, by which V8 takes it for one that lives for good, and hundreds of them
 * a second are a collection of everything every few seconds.
 */
import { assert } from '@ottla/stdx'
import type { Retainable } from '../types.ts'

/** First offset of the piece. */
export const BASE_OFFSET = 0
/** Offset behind it. */
export const NEXT_OFFSET = 1
/** Where it begins in its memory, and its bytes. */
export const START = 2
export const LENGTH = 3
/** {@link IS_MANY}, {@link IS_CHUNK}. */
export const FLAGS = 4
/** Its place in the budget. */
export const PLACE = 5
const COLUMNS = 6

/** It holds more than one batch. */
export const IS_MANY = 1
/** It is a chunk of copies, which may be cut. */
export const IS_CHUNK = 2

export type Column =
  | typeof BASE_OFFSET
  | typeof NEXT_OFFSET
  | typeof START
  | typeof LENGTH
  | typeof FLAGS
  | typeof PLACE

const CAPACITY_MIN = 4

export class TailRows {
  #numbers = new Float64Array(CAPACITY_MIN * COLUMNS)
  #memory: (Buffer | null)[] = new Array(CAPACITY_MIN).fill(null)
  #owners: (Retainable | null)[] = new Array(CAPACITY_MIN).fill(null)
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a row behind the last one and gives its index. Its columns are whatever they were. */
  pushBack(memory: Buffer, owner: Retainable | null): number {
    if (this.#size === this.#memory.length) this.#grow()
    const index = this.#size++
    const slot = this.#slot(index)
    this.#memory[slot] = memory
    this.#owners[slot] = owner
    return index
  }

  popFront(): void {
    this.#forget(0)
    this.#head = this.#slot(1)
    this.#size--
  }

  popBack(): void {
    this.#forget(this.#size - 1)
    this.#size--
  }

  /** A number of the row at `index` from the front. */
  get(index: number, column: Column): number {
    return this.#numbers[this.#slot(index) * COLUMNS + column]!
  }

  set(index: number, column: Column, value: number): void {
    this.#numbers[this.#slot(index) * COLUMNS + column] = value
  }

  memory(index: number): Buffer {
    const memory = this.#memory[this.#slot(index)]!
    assert(memory !== null && index < this.#size, 'a row of the tail has its memory')
    return memory
  }

  /** Null: nobody counts. */
  owner(index: number): Retainable | null {
    return this.#owners[this.#slot(index)]!
  }

  #slot(index: number): number {
    return (this.#head + index) & (this.#memory.length - 1)
  }

  #forget(index: number): void {
    const slot = this.#slot(index)
    this.#memory[slot] = null
    this.#owners[slot] = null
  }

  #grow(): void {
    const capacity = this.#memory.length
    const numbers = new Float64Array(capacity * 2 * COLUMNS)
    const head = this.#head * COLUMNS
    numbers.set(this.#numbers.subarray(head))
    numbers.set(this.#numbers.subarray(0, head), capacity * COLUMNS - head)
    const none: null[] = new Array(capacity).fill(null)
    this.#memory = [...this.#memory.slice(this.#head), ...this.#memory.slice(0, this.#head), ...none]
    this.#owners = [...this.#owners.slice(this.#head), ...this.#owners.slice(0, this.#head), ...none]
    this.#numbers = numbers
    this.#head = 0
  }
}
