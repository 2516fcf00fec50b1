import { ApiError, ErrorCode } from '@ottla/protocol'
import { doNothing } from '@ottla/stdx'
import type { AppendOptions, NewRecord, PartitionMarker, PartitionWriter, StoredBatch } from '../ports.ts'

/** A log in memory whose commits, failures and refusals a test decides on. */
export class MemoryLog implements PartitionWriter {
  readonly #batches: StoredBatch[] = []
  /** Refuses all records with this error code. */
  refusal: number = ErrorCode.NONE
  /** All below was deleted. */
  startOffset = 0
  /** Hears of each batch that is taken. */
  onAppend: (records: readonly NewRecord[], endOffset: number) => void = doNothing
  /** Hears that all below was deleted. */
  onDelete: (beforeOffset: number) => void = doNothing

  get endOffset(): number {
    return this.#batches.at(-1)?.nextOffset ?? 0
  }

  append(records: readonly NewRecord[], { producer }: Partial<AppendOptions> = {}): number {
    if (this.refusal !== ErrorCode.NONE) throw new ApiError(this.refusal)
    const base = this.endOffset
    const nextOffset = base + records.length
    this.#batches.push({
      nextOffset,
      producerId: producer?.id ?? -1,
      producerEpoch: producer?.epoch ?? -1,
      isTransactional: producer !== undefined,
      records: records.map(({ key, value }, index) => ({ offset: base + index, key, value })),
    })
    this.onAppend(records, nextOffset)
    return nextOffset
  }

  appendMarker({ producerId, producerEpoch, outcome }: PartitionMarker): number {
    if (this.refusal !== ErrorCode.NONE) throw new ApiError(this.refusal)
    const nextOffset = this.endOffset + 1
    this.#batches.push({ nextOffset, producerId, producerEpoch, isTransactional: true, marker: outcome, records: [] })
    this.onAppend([], nextOffset)
    return nextOffset
  }

  /** Adds what the coordinator did not write itself. */
  addBatch(batch: Partial<StoredBatch> & Pick<StoredBatch, 'records'>, recordCount: number): void {
    const nextOffset = this.endOffset + recordCount
    this.#batches.push({ producerId: -1, producerEpoch: -1, isTransactional: false, nextOffset, ...batch })
  }

  truncateTo(offset: number): void {
    while (this.endOffset > offset) this.#batches.pop()
  }

  /** Batches that lie below it altogether go. */
  deleteRecordsBefore(offset: number): void {
    this.startOffset = offset
    this.onDelete(offset)
  }

  batches(): readonly StoredBatch[] {
    return this.#batches.filter(({ nextOffset }) => nextOffset > this.startOffset)
  }
}
