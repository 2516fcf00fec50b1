/**
 * Follows the transactions of a log while its batches go by in order: which data were aborted, and which markers have no data left
 * before them.
 */
import {
  ControlRecordType,
  controlRecordTypeOf,
  isTransactional,
  lastOffset,
  producerId,
  RecordCursor,
} from '@ottla/protocol'
import type { TransactionIndexEntry } from '../index/transaction-index.ts'

interface OpenAborted {
  readonly entry: TransactionIndexEntry
  hasData: boolean
}

export class TransactionTracker {
  /** Aborted transactions that have not begun yet, by first offset. */
  readonly #coming: readonly TransactionIndexEntry[]
  readonly #keep: (entry: TransactionIndexEntry) => void
  readonly #aborted = new Map<number, OpenAborted>()
  /** Producers of committed transactions whose data were seen, and not yet their marker. */
  readonly #committed = new Set<number>()
  #next = 0

  /** `keep` is told of aborted transactions that still have data before their marker, in the order of the markers. */
  constructor(aborted: readonly TransactionIndexEntry[], keep: (entry: TransactionIndexEntry) => void = () => {}) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    this.#keep = keep
  }

  /** A batch of data. True when it belongs to an aborted transaction. */
  isAborted(buf: Buffer, pos: number): boolean {
    this.#proceedTo(lastOffset(buf, pos))
    if (!isTransactional(buf, pos)) return false
    const id = producerId(buf, pos)
    const aborted = this.#aborted.get(id)
    if (aborted === undefined) {
      this.#committed.add(id)
      return false
    }
    aborted.hasData = true
    return true
  }

  /** A control batch. True when no data are left of the transaction that it ends. */
  isMarkerOfNothing(buf: Buffer, pos: number): boolean {
    this.#proceedTo(lastOffset(buf, pos))
    const cursor = new RecordCursor(buf, pos)
    if (!cursor.next()) return true
    const id = producerId(buf, pos)
    switch (controlRecordTypeOf(cursor.key)) {
      case ControlRecordType.abort: {
        const aborted = this.#aborted.get(id)
        if (aborted === undefined || aborted.entry.lastOffset > lastOffset(buf, pos)) return true
        this.#aborted.delete(id)
        if (aborted.hasData) this.#keep(aborted.entry)
        return !aborted.hasData
      }
      case ControlRecordType.commit:
        return !this.#committed.delete(id)
      default:
        return false
    }
  }

  #proceedTo(offset: number): void {
    for (let next = this.#coming[this.#next]; next !== undefined && next.firstOffset <= offset; ) {
      this.#aborted.set(next.producerId, { entry: next, hasData: false })
      next = this.#coming[++this.#next]
    }
  }
}
