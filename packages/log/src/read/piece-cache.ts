/**
 * Pieces of segments that were read before anybody asked, because a reader goes through its log in order, and pieces that others may come
 * for, because several go through it together. Bounded for the whole process.
 *
 * What is full takes nothing more: a piece that pushed out another before its reader came would have both read twice.
 */
import type { SlabSlice } from '@ottla/stdx'

/** Bytes of a segment's file from `position` on. */
export interface Piece {
  readonly position: number
  /** Exactly the bytes that were read. */
  readonly bytes: Buffer
  readonly slice: SlabSlice
}

export interface PiecePlace {
  readonly path: string
  readonly position: number
  readonly bytes: number
}

/** `once`: who takes a piece is the only one. `shared`: more readers are on the same way, the piece stays for them while there is room. */
export type PieceUse = 'once' | 'shared'

export interface PieceCacheOptions {
  readonly capacityBytes: number
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
}

interface Entry {
  readonly key: string
  readonly bytes: number
  /** The cache has one count on it. Null when reading it failed. */
  readonly piece: Promise<Piece | null>
  readonly startedAt: number
  /** Somebody had it. */
  isUsed: boolean
}

/** A reader that goes on has come back by then. */
const ABANDONED_MS = 2000

export class PieceCache {
  readonly #capacityBytes: number
  readonly #monotonic: () => number
  /** In the order in which they were started. */
  readonly #entries = new Map<string, Entry>()
  #usedBytes = 0

  constructor(options: PieceCacheOptions) {
    this.#capacityBytes = options.capacityBytes
    this.#monotonic = options.monotonic
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Starts to read what will be asked for next, unless that is under way or there is no room. */
  readAhead(place: PiecePlace, read: () => Promise<Piece>): void {
    if (!this.#entries.has(keyOf(place))) this.#add(place, read)
  }

  /** The piece that begins at the place if it is at least so long; undefined when there is none. The caller releases it. */
  take(place: PiecePlace, use: PieceUse): Promise<Piece | null> | undefined {
    const entry = this.#entries.get(keyOf(place))
    if (entry === undefined) return undefined
    if (entry.bytes < place.bytes) {
      this.#drop(entry)
      return undefined
    }
    if (use === 'shared') return this.#share(entry)
    this.#remove(entry)
    return entry.piece
  }

  /** Reads a piece that is not there, and keeps it for others while there is room. Null when that failed. The caller releases it. */
  readShared(place: PiecePlace, read: () => Promise<Piece>): Promise<Piece | null> {
    const entry = this.#add(place, read)
    return entry === null ? read() : this.#share(entry)
  }

  /** Drops what nobody has come for in time, though there is room. To be called now and then. */
  dropAbandoned(): void {
    const now = this.#monotonic()
    for (const entry of [...this.#entries.values()]) if (now - entry.startedAt >= ABANDONED_MS) this.#drop(entry)
  }

  /** The log was cut or removed: what was read of it is stale. */
  forget(folder: string): void {
    for (const entry of [...this.#entries.values()]) if (entry.key.startsWith(`${folder}/`)) this.#drop(entry)
  }

  #add(place: PiecePlace, read: () => Promise<Piece>): Entry | null {
    const { bytes } = place
    const startedAt = this.#monotonic()
    if (!this.#makeRoom(bytes, startedAt)) return null
    const entry = { key: keyOf(place), bytes, piece: read().catch(() => null), startedAt, isUsed: false }
    this.#entries.set(entry.key, entry)
    this.#usedBytes += bytes
    return entry
  }

  /** What was used leaves, and what nobody came for; the oldest first. */
  #makeRoom(bytes: number, now: number): boolean {
    if (bytes > this.#capacityBytes) return false
    if (this.#usedBytes + bytes <= this.#capacityBytes) return true
    for (const entry of [...this.#entries.values()]) {
      if (!entry.isUsed && now - entry.startedAt < ABANDONED_MS) continue
      this.#drop(entry)
      if (this.#usedBytes + bytes <= this.#capacityBytes) return true
    }
    return false
  }

  #share(entry: Entry): Promise<Piece | null> {
    entry.isUsed = true
    return entry.piece.then((piece) => {
      piece?.slice.retain()
      return piece
    })
  }

  /** Its memory goes back when it has arrived and nobody has it any more. */
  #drop(entry: Entry): void {
    this.#remove(entry)
    void entry.piece.then((piece) => piece?.slice.release())
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#usedBytes -= entry.bytes
  }
}

function keyOf({ path, position }: PiecePlace): string {
  return `${path}@${position}`
}
