/**
 * Where the controller keeps its records: a log with one writer at a time. Known to the controller alone.
 *
 * An append is atomic and synchronous in its hand-over; it counts when `onCommitted` has passed its end. What is not
 * committed may still be taken back (`onReverted`).
 */
import type { MetadataRecord } from '@ottla/protocol'
import type { MetadataImage } from './image/metadata-image.ts'
import type { Steps } from './steps.ts'

export interface MetadataStore {
  /** Bytes of the largest batch that is atomic. */
  readonly batchBytesMax: number
  /** Leader epoch under which this node writes. */
  readonly epoch: number
  /** The offset that the next record gets. */
  readonly endOffset: number
  /** Everything below is there to stay. */
  readonly committedEnd: number

  /** Does what can be done for these records before they are handed over, while nothing else is appended. */
  prepare(records: readonly MetadataRecord[]): Steps<void>
  /**
   * Hands an atomic batch over; gives the end offset after it. Throws ApiError when it does not take it: NOT_CONTROLLER
   * when the log does not end at `expectedEnd` or another node leads, RECORD_LIST_TOO_LARGE, KAFKA_STORAGE_ERROR.
   */
  append(expectedEnd: number, records: readonly MetadataRecord[]): number
  /** More is committed. */
  onCommitted: (committedEnd: number) => void
  /** All appends at and above `endOffset` were taken back. */
  onReverted: (endOffset: number, error: Error) => void
  /** This node can write no more. Called once. */
  onFailed: (error: Error) => void

  /** Told of each committed image; the store takes a snapshot when it is time. */
  noteImage(image: MetadataImage): void
  /** Ends the writing: what was handed over is committed when it resolves. */
  close(): Promise<void>
}
