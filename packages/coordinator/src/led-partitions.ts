/** The partitions that a coordinator leads: what comes to them from the log, and where requests find them. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import { type LoadOutcome, type ShardCounts, ShardTable, type Unloadable } from '@ottla/runtime'
import type { PartitionWriter, StoredBatches } from './ports.ts'

/** Where a partition is read from and written to, in one epoch. */
export interface LedLog {
  /** Read once, from the log start; ends at the log end. */
  readonly batches: StoredBatches
  readonly writer: PartitionWriter
}

/** A partition in service. */
export interface LedPartition extends Unloadable {
  /** Too much waits for the log: nobody else is served before some of it is written. */
  readonly isBehind: boolean
  committed(offset: number): void
  failed(error: Error, logEndOffset: number): void
}

/** The partition that a request is for, or why it cannot be asked. */
export type Found<P> = { readonly partition: P } | { readonly errorCode: number }

export class LedPartitions<P extends LedPartition> {
  readonly #table = new ShardTable<P>()
  #isClosed = false

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isLoading(): boolean {
    return this.#table.isLoading
  }

  load(partition: number, epoch: number, open: (signal: AbortSignal) => Promise<P>): Promise<LoadOutcome> {
    return this.#table.load(partition, epoch, open, notCoordinator)
  }

  unload(partition: number, epoch: number): void {
    this.#table.unload(partition, epoch, notCoordinator())
  }

  forget(partition: number): void {
    this.#table.forget(partition, notCoordinator())
  }

  committed(partition: number, epoch: number, offset: number): void {
    this.servedIn(partition, epoch)?.committed(offset)
  }

  failed(partition: number, epoch: number, { error, logEndOffset }: { error: Error; logEndOffset: number }): void {
    this.servedIn(partition, epoch)?.failed(error, logEndOffset)
  }

  close(): void {
    this.#isClosed = true
    this.#table.forgetAll(new ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE))
  }

  counts(): ShardCounts {
    return this.#table.counts()
  }

  find(partition: number): Found<P> {
    if (this.#isClosed) return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }
    const state = this.#table.stateOf(partition)
    // Clients wait a little and come back with this error, to the same coordinator.
    if (state.kind === 'active' && state.host.isBehind) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
    if (state.kind === 'active') return { partition: state.host }
    return { errorCode: notServedCode(state.kind) }
  }

  /** The partition, however far its log is behind. Throws ApiError when it is not served. */
  served(partition: number): P {
    const state = this.#table.stateOf(partition)
    if (state.kind !== 'active') throw new ApiError(notServedCode(state.kind))
    return state.host
  }

  /** The partition, when it is served in that very epoch. */
  servedIn(partition: number, epoch: number): P | undefined {
    const state = this.#table.stateOf(partition)
    return state.kind === 'active' && state.epoch === epoch ? state.host : undefined
  }

  /** All that are served now. */
  *all(): IterableIterator<P> {
    for (const [, partition] of this.#table.active()) yield partition
  }
}

function notServedCode(kind: string): number {
  return kind === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NOT_COORDINATOR
}

function notCoordinator(): ApiError {
  return new ApiError(ErrorCode.NOT_COORDINATOR)
}
