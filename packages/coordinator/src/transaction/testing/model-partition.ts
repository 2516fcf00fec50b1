/** A partition leader as far as transactions are concerned: who writes, what is open, which markers came. */
import { ErrorCode } from '@ottla/protocol'
import type { TransactionMarkers, TransactionOutcome } from '../ports.ts'
import type { ProducerIdAndEpoch } from '../transaction.ts'

export interface Written {
  readonly value: string
  /** null: of a transaction that is open. */
  outcome: TransactionOutcome | null
}

export interface ProducerState {
  epoch: number
  coordinatorEpoch: number
  /** Grows with each marker, so that a verification from before it is known for what it is. */
  markerCount: number
  open: Written[]
}

export class ModelPartition {
  readonly written: Written[] = []
  readonly #producers = new Map<number, ProducerState>()

  stateOf(producerId: number): ProducerState {
    let state = this.#producers.get(producerId)
    if (state === undefined)
      this.#producers.set(producerId, (state = { epoch: -1, coordinatorEpoch: -1, markerCount: 0, open: [] }))
    return state
  }

  get openCount(): number {
    return [...this.#producers.values()].reduce((count, { open }) => count + open.length, 0)
  }

  /** Whether the first batch of a transaction still has to be verified with the coordinator. */
  needsVerification({ producerId, producerEpoch }: ProducerIdAndEpoch): 'yes' | 'no' {
    const { epoch, open } = this.stateOf(producerId)
    return epoch === producerEpoch && open.length > 0 ? 'no' : 'yes'
  }

  append({ producerId, producerEpoch }: ProducerIdAndEpoch, value: string): void {
    const state = this.stateOf(producerId)
    const entry: Written = { value, outcome: null }
    state.epoch = producerEpoch
    state.open.push(entry)
    this.written.push(entry)
  }

  /** The error code of a marker, which is written when there is none. */
  mark(markers: TransactionMarkers): number {
    const { producerId, producerEpoch, coordinatorEpoch, outcome, transactionVersion } = markers
    const state = this.stateOf(producerId)
    if (coordinatorEpoch < state.coordinatorEpoch) return ErrorCode.TRANSACTION_COORDINATOR_FENCED
    // With version 2 a marker has a later epoch than what it ends: data of its own epoch are of the next transaction.
    const isOfNext = transactionVersion >= 2 && producerEpoch === state.epoch && state.open.length > 0
    if (producerEpoch < state.epoch || isOfNext) return ErrorCode.INVALID_PRODUCER_EPOCH
    for (const entry of state.open) entry.outcome = outcome
    state.open = []
    state.epoch = producerEpoch
    state.coordinatorEpoch = coordinatorEpoch
    state.markerCount += 1
    return ErrorCode.NONE
  }
}
