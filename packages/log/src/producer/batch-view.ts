/** The facts of a batch that producer state needs, read once from its header (and its key, in a control batch). */
import {
  baseOffset,
  baseSequence,
  ControlRecordType,
  controlRecordTypeOf,
  coordinatorEpochOf,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  maxTimestamp,
  ProtocolError,
  producerEpoch,
  producerId,
  RecordCursor,
  recordCount,
} from '@ottla/protocol'

/** How a transaction ended. */
export interface TransactionMarker {
  readonly isAbort: boolean
  readonly coordinatorEpoch: number
}

export interface ProducerBatchView {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  /** The log sets these three when it gives the batch its offsets. */
  baseOffset: number
  lastOffset: number
  timestampMs: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** Only in a control batch that ends a transaction (and was not emptied by compaction). */
  readonly marker: TransactionMarker | null
}

/** Null for a batch without producer id: it leaves no trace in producer state. */
export function producerBatchAt(buf: Buffer, pos: number): ProducerBatchView | null {
  const id = producerId(buf, pos)
  if (id < 0) return null
  const control = isControl(buf, pos)
  return {
    producerId: id,
    producerEpoch: producerEpoch(buf, pos),
    baseSequence: baseSequence(buf, pos),
    lastSequence: lastSequence(buf, pos),
    baseOffset: baseOffset(buf, pos),
    lastOffset: lastOffset(buf, pos),
    timestampMs: maxTimestamp(buf, pos),
    isTransactional: isTransactional(buf, pos),
    isControl: control,
    marker: control && recordCount(buf, pos) > 0 ? markerAt(buf, pos) : null,
  }
}

/** Control batches are not compressed: the first record's key says the type, its value the coordinator epoch. */
function markerAt(buf: Buffer, pos: number): TransactionMarker | null {
  try {
    const cursor = new RecordCursor(buf, pos)
    if (!cursor.next()) return null
    const type = controlRecordTypeOf(cursor.key)
    if (type !== ControlRecordType.abort && type !== ControlRecordType.commit) return null
    return { isAbort: type === ControlRecordType.abort, coordinatorEpoch: coordinatorEpochOf(cursor.value) }
  } catch (error) {
    // What cannot be read as a marker ends no transaction.
    if (error instanceof ProtocolError) return null
    throw error
  }
}
