/**
 * Bytes of a log in memory: one append as it came from the socket, held by its owner's count, or a chunk into which small
 * appends were copied one behind the other.
 */
import { baseOffset, nextOffset, sizeInBytes } from '@ottla/protocol'
import { assert, type SlabSlice } from '@ottla/stdx'
import type { Retainable } from '../types.ts'
import type { TailOwner, TailPlace } from './tail-budget.ts'

/** An append that is in its file. */
export interface WrittenAppend {
  readonly records: Buffer
  readonly owner: Retainable | undefined
  readonly baseOffset: number
  readonly nextOffset: number
  /** Whether it holds more than one batch. */
  readonly isMany: boolean
}

export class TailEntry implements TailPlace {
  readonly tail: TailOwner
  readonly heldBytes: number
  readonly owner: Retainable | undefined
  readonly baseOffset: number
  nextOffset: number
  isMany: boolean
  isFree = false
  usedIn = 0
  nextPlace: TailPlace | null = null
  readonly #buffer: Buffer
  #length: number
  /** Appends may be copied behind what is there. */
  #isOpen: boolean

  private constructor(tail: TailOwner, append: WrittenAppend, chunk: SlabSlice | null) {
    const buffer = chunk?.buffer ?? append.records
    this.tail = tail
    this.#buffer = buffer
    this.heldBytes = buffer.length
    this.owner = chunk ?? append.owner
    this.baseOffset = append.baseOffset
    this.nextOffset = append.nextOffset
    this.isMany = append.isMany
    this.#length = append.records.length
    this.#isOpen = chunk !== null
    if (chunk !== null) append.records.copy(buffer, 0)
  }

  /** Holds the bytes of the append; takes over the caller's count on their owner. */
  static holding(tail: TailOwner, append: WrittenAppend): TailEntry {
    return new TailEntry(tail, append, null)
  }

  /** A new chunk that begins with a copy of the append. Takes over the caller's count on the slice. */
  static chunk(tail: TailOwner, append: WrittenAppend, slice: SlabSlice): TailEntry {
    assert(append.records.length <= slice.buffer.length, 'a chunk holds what it begins with')
    return new TailEntry(tail, append, slice)
  }

  get length(): number {
    return this.#length
  }

  get bytes(): Buffer {
    return this.#length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.#length)
  }

  hasRoomFor(bytes: number): boolean {
    return this.#isOpen && this.#length + bytes <= this.#buffer.length
  }

  /** Copies the append behind the last one. */
  extend(append: WrittenAppend): void {
    append.records.copy(this.#buffer, this.#length)
    this.#length += append.records.length
    this.nextOffset = append.nextOffset
    this.isMany = true
  }

  /** Drops the batches that reach above `offset`. False when none is left. Readers may hold what is dropped: it stays as it is. */
  truncateTo(offset: number): boolean {
    if (!this.#isOpen || this.baseOffset >= offset) return false
    this.#isOpen = false
    let length = 0
    let end = this.baseOffset
    while (length < this.#length && nextOffset(this.#buffer, length) <= offset) {
      end = nextOffset(this.#buffer, length)
      length += sizeInBytes(this.#buffer, length)
    }
    this.#length = length
    this.nextOffset = end
    return length > 0
  }

  /** What is returned first by a read that begins at `position` of {@link bytes}. */
  offsetAt(position: number): number {
    return position === 0 ? this.baseOffset : baseOffset(this.#buffer, position)
  }
}
