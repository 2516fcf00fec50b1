/**
 * What was written to a log's file since its last sync, held for the journal: the newest writes in a row, up to the written end.
 * Too much of it is let go; then a sync of the file is the way.
 */
import { assert } from '@ottla/stdx'
import type { JournalPiece } from '../journal/journal-client.ts'
import { PIECE_BYTES_MAX } from '../journal/sync-way.ts'
import type { Segment } from '../segment/segment.ts'
import type { Retainable } from '../types.ts'

/** A write that is in its file. */
export interface HeldWrite {
  readonly records: Buffer
  readonly segment: Segment
  readonly position: number
  readonly owner: Retainable | undefined
  /** The log's end before it, and behind it. */
  readonly previousEnd: number
  readonly nextOffset: number
}

export class HeldWrites {
  #writes: HeldWrite[] = []
  #bytes = 0

  /** Takes a count of its own on the owners. */
  add(writes: readonly HeldWrite[]): void {
    for (const write of writes) {
      // One between them was not held, since nobody waited for it then: without it the others are of no use.
      if (this.#writes.length > 0 && this.#writes.at(-1)!.nextOffset !== write.previousEnd) this.clear()
      write.owner?.retain()
      this.#writes.push(write)
      this.#bytes += write.records.length
    }
    if (this.#bytes > 2 * PIECE_BYTES_MAX) this.clear()
  }

  clear(): void {
    for (const write of this.#writes) write.owner?.release()
    this.#writes = []
    this.#bytes = 0
  }

  /** All below `end` is durable. */
  dropBelow(end: number): void {
    let count = 0
    while (count < this.#writes.length && this.#writes[count]!.nextOffset <= end) {
      this.#bytes -= this.#writes[count]!.records.length
      this.#writes[count]!.owner?.release()
      count++
    }
    if (count > 0) this.#writes.splice(0, count)
  }

  /** The writes that follow `end` in one segment; null when something before them is missing, or there are none. */
  next(end: number): { readonly segment: Segment; readonly bytes: number } | null {
    const first = this.#writes[0]
    if (first === undefined || first.previousEnd > end) return null
    let bytes = 0
    for (const { segment, records } of this.#writes) {
      if (segment !== first.segment) break
      bytes += records.length
    }
    return { segment: first.segment, bytes }
  }

  /** Takes out what {@link next} told of; there is something. */
  take(): JournalPiece {
    const { segment, position } = this.#writes[0]!
    let count = 0
    let bytes = 0
    while (count < this.#writes.length && this.#writes[count]!.segment === segment) {
      assert(
        this.#writes[count]!.position === position + bytes,
        'a piece of the journal stands in a row in its segment',
      )
      bytes += this.#writes[count]!.records.length
      count++
    }
    const taken = count === this.#writes.length ? this.#writes : this.#writes.slice(0, count)
    this.#writes = count === this.#writes.length ? [] : this.#writes.slice(count)
    this.#bytes -= bytes
    return {
      segmentBase: segment.baseOffset,
      position,
      nextOffset: taken.at(-1)!.nextOffset,
      buffers: taken.map(({ records }) => records),
      bytes,
      release: () => {
        for (const { owner } of taken) owner?.release()
      },
    }
  }
}
