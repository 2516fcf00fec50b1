import { assert } from '@ottla/stdx'
import type { Segment } from './segment.ts'

/** The segments of a log by base offset; the last one is active. Never empty once the log is open. */
export class SegmentList {
  #segments: Segment[] = []

  get count(): number {
    return this.#segments.length
  }

  get first(): Segment {
    assert(this.#segments.length > 0, 'a log has a segment')
    return this.#segments[0]!
  }

  get active(): Segment {
    assert(this.#segments.length > 0, 'a log has a segment')
    return this.#segments[this.#segments.length - 1]!
  }

  at(index: number): Segment {
    assert(index >= 0 && index < this.#segments.length, 'a segment index is in range')
    return this.#segments[index]!
  }

  values(): readonly Segment[] {
    return this.#segments
  }

  add(segment: Segment): void {
    assert(
      this.#segments.length === 0 || segment.baseOffset > this.active.baseOffset,
      'segments are added behind the last one',
    )
    this.#segments.push(segment)
  }

  /** The segment whose range holds `offset`: the last with a base offset at or below it; undefined below the first. */
  floor(offset: number): Segment | undefined {
    const index = this.indexOf(offset)
    return index < 0 ? undefined : this.#segments[index]
  }

  /** Index of {@link floor}, or -1. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** The one after `segment`; undefined for the active one. */
  after(segment: Segment): Segment | undefined {
    return this.#segments[this.indexOf(segment.baseOffset) + 1]
  }

  /** Puts the segment in the place of `count` others, of which the first begins where it does. */
  replace(count: number, segment: Segment): void {
    const index = this.indexOf(segment.baseOffset)
    assert(index >= 0 && index + count < this.#segments.length, 'the active segment is never replaced')
    assert(this.#segments[index]!.baseOffset === segment.baseOffset, 'a segment begins where those it replaces do')
    this.#segments.splice(index, count, segment)
  }

  /** Takes the first `count` out. */
  removeFirst(count: number): Segment[] {
    return this.#segments.splice(0, count)
  }

  /** Takes all from `index` on out. */
  removeFrom(index: number): Segment[] {
    return this.#segments.splice(index)
  }
}
