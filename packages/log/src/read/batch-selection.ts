/** Picks the whole batches out of a piece of a segment that a read is to return. Pure. */
import { baseOffset, HEADER_BYTES, nextOffset, sizeInBytes } from '@ottla/protocol'
import { headerFault } from '../segment/batch-scan.ts'

export interface SelectionOptions {
  readonly offset: number
  readonly maxBytes: number
  readonly upTo: number
  readonly minOneBatch: boolean
  /** Bytes of the file from the piece's beginning on: no batch reaches beyond. */
  readonly bytesLeft: number
}

export type Selection =
  | {
      readonly kind: 'batches'
      readonly start: number
      readonly end: number
      readonly firstOffset: number
      readonly nextOffset: number
    }
  /** Nothing that may be returned. */
  | { readonly kind: 'nothing' }
  /** The piece ends too early: read at least `bytes` from its position `from` on. */
  | { readonly kind: 'more'; readonly from: number; readonly bytes: number }
  /** All batches of the file end at or before the offset. */
  | { readonly kind: 'behind' }
  | { readonly kind: 'damaged'; readonly at: number; readonly fault: string }

export function selectBatches(piece: Buffer, options: SelectionOptions): Selection {
  let start = 0
  for (;;) {
    if (start >= options.bytesLeft) return { kind: 'behind' }
    if (start + HEADER_BYTES > piece.length) {
      if (start + HEADER_BYTES > options.bytesLeft)
        return { kind: 'damaged', at: start, fault: 'the header is cut off' }
      return { kind: 'more', from: start, bytes: HEADER_BYTES }
    }
    const fault = headerFault(piece, start, { minOffset: 0, bytesLeft: options.bytesLeft - start })
    if (fault !== null) return { kind: 'damaged', at: start, fault }
    if (nextOffset(piece, start) > options.offset) break
    start += sizeInBytes(piece, start)
  }
  const firstSize = sizeInBytes(piece, start)
  if (nextOffset(piece, start) > options.upTo) return { kind: 'nothing' }
  if (firstSize > options.maxBytes && !options.minOneBatch) return { kind: 'nothing' }
  if (start + firstSize > piece.length) return { kind: 'more', from: start, bytes: firstSize }
  return extend(piece, start, options)
}

/** The first batch is there; adds what follows while it fits. */
function extend(piece: Buffer, start: number, options: SelectionOptions): Selection {
  let end = start + sizeInBytes(piece, start)
  let next = nextOffset(piece, start)
  while (end + HEADER_BYTES <= piece.length) {
    if (headerFault(piece, end, { minOffset: next, bytesLeft: options.bytesLeft - end }) !== null) break
    const size = sizeInBytes(piece, end)
    if (end + size > piece.length || end + size - start > options.maxBytes) break
    if (nextOffset(piece, end) > options.upTo) break
    next = nextOffset(piece, end)
    end += size
  }
  return { kind: 'batches', start, end, firstOffset: baseOffset(piece, start), nextOffset: next }
}
