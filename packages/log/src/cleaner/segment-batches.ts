/** Reads the batches of a segment's file in order, in pieces of whole batches, into one buffer that is used again and again. */
import type { FileHandle } from '@ottla/env'
import { HEADER_BYTES, nextOffset, sizeInBytes } from '@ottla/protocol'
import { LogError } from '../log-error.ts'
import { headerFault } from '../segment/batch-scan.ts'
import type { Segment } from '../segment/segment.ts'

export class SegmentBatches {
  readonly #handle: FileHandle
  readonly #segment: Segment
  readonly #to: number
  #buffer: Buffer
  #position = 0
  /** Bytes behind the last whole batch of the piece before, moved to the front. */
  #carried = 0
  #nextOffset: number

  /** `buffer` grows where a batch is larger; {@link buffer} is the one in use. */
  constructor(segment: Segment, handle: FileHandle, buffer: Buffer) {
    this.#handle = handle
    this.#segment = segment
    this.#to = segment.writtenBytes
    this.#buffer = buffer
    this.#nextOffset = segment.baseOffset
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  /** Loads the next whole batches to the front of {@link buffer}; gives where they end, 0 when there are none. Throws CORRUPT. */
  async next(): Promise<number> {
    this.#buffer.copyWithin(0, this.#buffer.length - this.#carried)
    let loaded = this.#carried
    for (;;) {
      loaded = await this.#fill(loaded)
      const end = this.#wholeBatches(loaded)
      if (end > 0 || loaded === 0) {
        this.#carried = loaded - end
        // To the end of the buffer, where the next call finds them.
        this.#buffer.copyWithin(this.#buffer.length - this.#carried, end, loaded)
        return end
      }
      if (this.#position >= this.#to) throw this.#damage('the batch is cut off', loaded)
      this.#grow(loaded)
    }
  }

  async #fill(from: number): Promise<number> {
    let loaded = from
    const wanted = Math.min(this.#buffer.length, from + this.#to - this.#position)
    while (loaded < wanted) {
      const count = await this.#handle.read(this.#buffer, loaded, wanted - loaded, this.#position)
      if (count === 0) throw this.#damage('the file ends here', loaded)
      loaded += count
      this.#position += count
    }
    return loaded
  }

  #wholeBatches(loaded: number): number {
    let end = 0
    while (end + HEADER_BYTES <= loaded) {
      const at = this.#position - loaded + end
      const bounds = { minOffset: this.#nextOffset, bytesLeft: this.#to - at }
      const fault = headerFault(this.#buffer, end, bounds)
      if (fault !== null) throw this.#damage(fault, loaded - end)
      const size = sizeInBytes(this.#buffer, end)
      if (end + size > loaded) break
      this.#nextOffset = nextOffset(this.#buffer, end)
      end += size
    }
    return end
  }

  #grow(loaded: number): void {
    const needed = loaded >= HEADER_BYTES ? sizeInBytes(this.#buffer, 0) : HEADER_BYTES
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, loaded)
    this.#buffer = larger
  }

  #damage(fault: string, behind: number): LogError {
    return new LogError('CORRUPT', `${this.#segment.logPath} is damaged at ${this.#position - behind}: ${fault}`)
  }
}
