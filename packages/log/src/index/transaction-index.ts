/**
 * The aborted transactions whose markers lie in one segment, in the order of the markers. An entry is int16 version 0,
 * int64 producer id, int64 first offset, int64 last offset (the marker), int64 last stable offset at that time.
 */
import { assert } from '@ottla/stdx'
import { readInt64, writeInt64 } from '../bytes.ts'
import type { AbortedTransaction } from '../types.ts'
import { Entries } from './entries.ts'

const TRANSACTION_ENTRY_BYTES = 34
const VERSION = 0

export interface TransactionIndexEntry extends AbortedTransaction {
  /** Offset of the abort marker. */
  readonly lastOffset: number
  /** First offset still undecided once this transaction was. */
  readonly lastStableOffset: number
}

export class TransactionIndex {
  readonly #entries: Entries

  constructor(entries: Entries = new Entries(TRANSACTION_ENTRY_BYTES)) {
    this.#entries = entries
  }

  /** The content of a file (empty when there is none); null when it cannot be one. */
  static parse(baseOffset: number, content: Buffer): TransactionIndex | null {
    if (content.length % TRANSACTION_ENTRY_BYTES !== 0) return null
    const index = new TransactionIndex(new Entries(TRANSACTION_ENTRY_BYTES, content))
    for (let i = 0; i < index.count; i++) {
      if (content.readInt16BE(i * TRANSACTION_ENTRY_BYTES) > VERSION) return null
      if (index.at(i).lastOffset < baseOffset) return null
    }
    return index
  }

  get count(): number {
    return this.#entries.count
  }

  get capacityBytes(): number {
    return this.#entries.capacityBytes
  }

  at(index: number): TransactionIndexEntry {
    assert(index >= 0 && index < this.count, 'a transaction index is read where it has entries')
    const bytes = this.#entries.bytes
    const pos = index * TRANSACTION_ENTRY_BYTES
    return {
      producerId: readInt64(bytes, pos + 2),
      firstOffset: readInt64(bytes, pos + 10),
      lastOffset: readInt64(bytes, pos + 18),
      lastStableOffset: readInt64(bytes, pos + 26),
    }
  }

  append(entry: TransactionIndexEntry): void {
    assert(this.count === 0 || entry.lastOffset > this.at(this.count - 1).lastOffset, 'a transaction index grows')
    const pos = this.#entries.add()
    const bytes = this.#entries.bytes
    bytes.writeInt16BE(VERSION, pos)
    writeInt64(bytes, pos + 2, entry.producerId)
    writeInt64(bytes, pos + 10, entry.firstOffset)
    writeInt64(bytes, pos + 18, entry.lastOffset)
    writeInt64(bytes, pos + 26, entry.lastStableOffset)
  }

  /**
   * Adds to `found` what overlaps [from, upTo). True when no later segment can hold more: a transaction that ends later
   * began at or after the last stable offset of an entry seen here.
   */
  collect(from: number, upTo: number, found: AbortedTransaction[]): boolean {
    for (let i = 0; i < this.count; i++) {
      const entry = this.at(i)
      if (entry.lastOffset >= from && entry.firstOffset < upTo) {
        found.push({ producerId: entry.producerId, firstOffset: entry.firstOffset })
      }
      if (entry.lastStableOffset >= upTo) return true
    }
    return false
  }

  /** Drops the entries whose marker is at or above `offset`. */
  truncateTo(offset: number): void {
    let count = this.count
    while (count > 0 && this.at(count - 1).lastOffset >= offset) count--
    this.#entries.cutTo(count)
  }

  content(): Buffer {
    return this.#entries.content()
  }
}
