import { OffsetIndex } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** The three indexes of one segment, in memory. */
export class SegmentIndexes {
  readonly offset: OffsetIndex
  readonly time: TimeIndex
  readonly transaction: TransactionIndex

  constructor(offset: OffsetIndex, time: TimeIndex, transaction: TransactionIndex) {
    this.offset = offset
    this.time = time
    this.transaction = transaction
  }

  static empty(baseOffset: number): SegmentIndexes {
    return new SegmentIndexes(new OffsetIndex(baseOffset), new TimeIndex(baseOffset), new TransactionIndex())
  }

  get capacityBytes(): number {
    return this.offset.capacityBytes + this.time.capacityBytes + this.transaction.capacityBytes
  }

  truncateTo(offset: number): void {
    this.offset.truncateTo(offset)
    this.time.truncateTo(offset)
    this.transaction.truncateTo(offset)
  }
}
