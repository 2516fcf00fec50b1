/**
 * Pieces of segments that were read before anybody asked, because a reader goes through its log in order. Bounded for the
 * whole process; what waits for the longest goes first.
 */
import { Lru, type SlabSlice } from '@ottla/stdx'

/** Bytes of a segment's file from `position` on. */
export interface Piece {
  readonly position: number
  /** Exactly the bytes that were read. */
  readonly bytes: Buffer
  readonly slice: SlabSlice
}

/** A piece on its way; null when reading it failed. */
export interface ComingPiece {
  readonly reservedBytes: number
  readonly piece: Promise<Piece | null>
}

export class ReadAhead {
  readonly #capacityBytes: number
  readonly #pieces: Lru<string, ComingPiece>

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes
    this.#pieces = new Lru({
      capacity: capacityBytes,
      weigh: (coming) => coming.reservedBytes,
      onEvict: (_key, coming) => drop(coming),
    })
  }

  get usedBytes(): number {
    return this.#pieces.weight
  }

  /** Starts to read `bytes` at `position` of the file, unless that is under way. */
  start(path: string, position: number, bytes: number, read: () => Promise<Piece | null>): void {
    const key = keyOf(path, position)
    if (bytes > this.#capacityBytes || this.#pieces.has(key)) return
    this.#pieces.set(key, { reservedBytes: bytes, piece: read() })
  }

  /** Takes the piece that begins at `position`, if there is one; the caller releases its slice. */
  take(path: string, position: number): Promise<Piece | null> | undefined {
    const key = keyOf(path, position)
    const coming = this.#pieces.peek(key)
    if (coming === undefined) return undefined
    this.#pieces.delete(key)
    return coming.piece
  }

  /** The log was cut or removed: what was read ahead of it is stale. */
  forget(folder: string): void {
    for (const [key, coming] of [...this.#pieces.entries()]) {
      if (!key.startsWith(`${folder}/`)) continue
      this.#pieces.delete(key)
      drop(coming)
    }
  }
}

/** Nobody wants it any more: its memory goes back when it has arrived. */
function drop(coming: ComingPiece): void {
  void coming.piece.then((piece) => piece?.slice.release())
}

function keyOf(path: string, position: number): string {
  return `${path}@${position}`
}
