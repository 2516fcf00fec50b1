import { assert } from './assert.ts'

const MIN_CAPACITY = 16
/** Of those that were never used. */
const NO_SLOTS: undefined[] = []

/** A queue with two ends in one ring of slots that doubles; `shift` of an array is linear, this is not. One that was never used has no slots. */
export class Deque<T> implements Iterable<T> {
  #slots: (T | undefined)[] = NO_SLOTS
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  pushBack(item: T): void {
    if (this.#size === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item
    this.#size++
  }

  pushFront(item: T): void {
    if (this.#size === this.#slots.length) this.#grow()
    this.#head = (this.#head - 1) & (this.#slots.length - 1)
    this.#slots[this.#head] = item
    this.#size++
  }

  /** Takes the first item; undefined when empty. */
  popFront(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#size--
    return item
  }

  /** Takes the last item; undefined when empty. */
  popBack(): T | undefined {
    if (this.#size === 0) return undefined
    this.#size--
    const index = (this.#head + this.#size) & (this.#slots.length - 1)
    const item = this.#slots[index]
    this.#slots[index] = undefined
    return item
  }

  peekFront(): T | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#head]
  }

  peekBack(): T | undefined {
    return this.#size === 0 ? undefined : this.at(this.#size - 1)
  }

  /** The item at `index` from the front, 0 ≤ index < size. */
  at(index: number): T {
    assert(index >= 0 && index < this.#size, 'deque index within bounds')
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)] as T
  }

  clear(): void {
    this.#slots = []
    this.#head = 0
    this.#size = 0
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.#size; i++) yield this.at(i)
  }

  #grow(): void {
    const grown: (T | undefined)[] = new Array(Math.max(this.#slots.length * 2, MIN_CAPACITY))
    for (let i = 0; i < this.#size; i++) grown[i] = this.at(i)
    this.#slots = grown
    this.#head = 0
  }
}
