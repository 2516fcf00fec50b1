/** Batches for the tests of this package. */
import { BatchBuilder, type BatchOptions, ControlRecordType, transactionMarkerBatch } from '@ottla/protocol'

export interface BatchFixture extends BatchOptions {
  /** Records; default 1. */
  readonly count?: number
  /** Timestamp of the first record; each next one is 1 ms later. Default 1000. */
  readonly timestampMs?: number
  /** Bytes of each value. Default 10. */
  readonly valueBytes?: number
  /** What the values begin with, to know them again. */
  readonly label?: string
}

export function batchOf(fixture: BatchFixture = {}): Buffer {
  const { count = 1, timestampMs = 1000, valueBytes = 10, label = 'v', ...options } = fixture
  const builder = new BatchBuilder(options)
  for (let i = 0; i < count; i++) {
    builder.append({ key: `k${i}`, value: `${label}${i}`.padEnd(valueBytes, '.'), timestamp: timestampMs + i })
  }
  return builder.build()
}

export interface MarkerFixture {
  readonly producerId: number
  readonly producerEpoch?: number
  readonly coordinatorEpoch?: number
  readonly outcome: 'abort' | 'commit'
  readonly timestampMs?: number
}

export function markerOf(fixture: MarkerFixture): Buffer {
  return transactionMarkerBatch({
    type: ControlRecordType[fixture.outcome],
    producerId: fixture.producerId,
    producerEpoch: fixture.producerEpoch ?? 0,
    coordinatorEpoch: fixture.coordinatorEpoch ?? 0,
    timestamp: fixture.timestampMs ?? 1000,
  })
}
