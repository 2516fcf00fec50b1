/** Walks the batches of what was read from a log, whatever buffers they lie in, and cuts out those that a member got. */
import type { AbortedTransaction } from '@ottla/log'
import {
  ATTRIBUTES_AT,
  baseOffset,
  CONTROL_BIT,
  HEADER_BYTES,
  isTransactional,
  lastOffset,
  producerId,
  sizeInBytes,
  TRANSACTIONAL_BIT,
} from '@ottla/protocol'
import type { BatchCursor } from './partition/acquire.ts'

export const NONE_ABORTED: readonly AbortedTransaction[] = []
const NO_BYTES = Buffer.alloc(0)

/** Gives the bytes of a header that begins at a position, in whichever buffer or buffers it lies. */
class Headers {
  readonly #buffers: readonly Buffer[]
  #index = 0
  /** Position of the buffer's first byte. */
  #start = 0
  buffer: Buffer = NO_BYTES
  at = 0

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers
  }

  /** False at the end, or when less than a header is left. Positions ascend. */
  seek(position: number): boolean {
    let current = this.#buffers[this.#index]
    while (current !== undefined && position >= this.#start + current.length) {
      this.#start += current.length
      current = this.#buffers[++this.#index]
    }
    if (current === undefined) return false
    this.at = position - this.#start
    this.buffer = current
    if (this.at + HEADER_BYTES <= current.length) return true
    // It lies in several: that is rare.
    const header = Buffer.alloc(HEADER_BYTES)
    let copied = current.copy(header, 0, this.at)
    for (let next = this.#index + 1; copied < HEADER_BYTES && next < this.#buffers.length; next++) {
      copied += this.#buffers[next]!.copy(header, copied)
    }
    this.buffer = header
    this.at = 0
    return copied === HEADER_BYTES
  }
}

/** The batches in order, looked at as they are asked for. `aborted`: under read_committed, the aborted transactions among them. */
export class BatchWalk implements BatchCursor {
  readonly #headers: Headers
  readonly #open: OpenAborted | null
  first = -1
  last = -1
  kind: BatchCursor['kind'] = 'data'
  /** Where the batch's bytes are in what was read. */
  startByte = 0
  /** Exclusive. */
  endByte = 0

  constructor(buffers: readonly Buffer[], aborted: readonly AbortedTransaction[]) {
    this.#headers = new Headers(buffers)
    this.#open = aborted.length === 0 ? null : new OpenAborted(aborted)
  }

  next(): boolean {
    const headers = this.#headers
    if (!headers.seek(this.endByte)) return false
    const { buffer, at } = headers
    this.first = baseOffset(buffer, at)
    this.last = lastOffset(buffer, at)
    this.startByte = this.endByte
    this.endByte += sizeInBytes(buffer, at)
    const attributes = buffer.readInt16BE(at + ATTRIBUTES_AT)
    let isSkipped = (attributes & CONTROL_BIT) !== 0
    if (this.#open !== null && (attributes & TRANSACTIONAL_BIT) !== 0) {
      const isAborted = this.#open.isAborted(producerId(buffer, at), this.last)
      if (isSkipped) this.#open.end(producerId(buffer, at))
      else isSkipped = isAborted
    }
    this.kind = isSkipped ? 'skipped' : 'data'
    return true
  }
}

/** Whether some batch belongs to a transaction. */
export function hasTransactions(buffers: readonly Buffer[]): boolean {
  const headers = new Headers(buffers)
  for (let position = 0; headers.seek(position); position += sizeInBytes(headers.buffer, headers.at)) {
    if (isTransactional(headers.buffer, headers.at)) return true
  }
  return false
}

/** Aborted transactions that are open at the batch looked at: each from its first offset to its producer's next marker. */
class OpenAborted {
  readonly #pending: AbortedTransaction[]
  readonly #producers = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  isAborted(producer: number, batchLast: number): boolean {
    while (this.#pending.length > 0 && this.#pending[0]!.firstOffset <= batchLast) {
      this.#producers.add(this.#pending.shift()!.producerId)
    }
    return this.#producers.has(producer)
  }

  end(producer: number): void {
    this.#producers.delete(producer)
  }
}

/** The bytes from the batch that holds `first` to the one that holds `last`. */
export function cutBatches(buffers: readonly Buffer[], first: number, last: number): Buffer[] {
  const walk = new BatchWalk(buffers, NONE_ABORTED)
  while (walk.next() && walk.last < first);
  const from = walk.startByte
  while (walk.last < last && walk.next());
  const cut: Buffer[] = []
  let position = 0
  for (const buffer of buffers) {
    const [start, end] = [Math.max(from - position, 0), Math.min(walk.endByte - position, buffer.length)]
    if (start < end) cut.push(buffer.subarray(start, end))
    position += buffer.length
    if (position >= walk.endByte) break
  }
  return cut
}
