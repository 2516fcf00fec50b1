/** The facts of a batch that producer state needs, read once from its header (and its key, in a control batch). */
import {
  baseOffset,
  baseSequence,
  HEADER_BYTES,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  maxTimestamp,
  ProtocolError,
  producerEpoch,
  producerId,
  readVarint,
  readVarlong,
  recordCount,
  sizeInBytes,
} from '@ottla/protocol'

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

const ABORT = 0
const COMMIT = 1
/** int16 version, int16 type. */
const KEY_BYTES = 4
/** int16 version, int32 coordinator epoch. */
const VALUE_BYTES = 6

/** Control batches are not compressed: the first record's key says the type, its value the coordinator epoch. */
function markerAt(buf: Buffer, pos: number): TransactionMarker | null {
  const cursor = { buffer: buf, position: pos + HEADER_BYTES, end: pos + sizeInBytes(buf, pos) }
  try {
    readVarint(cursor)
    cursor.position += 1
    readVarlong(cursor)
    readVarint(cursor)
    const keyLength = readVarint(cursor)
    const keyAt = cursor.position
    cursor.position += keyLength
    const valueLength = readVarint(cursor)
    if (keyLength < KEY_BYTES || valueLength < VALUE_BYTES || cursor.position + valueLength > cursor.end) return null
    const type = buf.readInt16BE(keyAt + 2)
    if (type !== ABORT && type !== COMMIT) return null
    return { isAbort: type === ABORT, coordinatorEpoch: buf.readInt32BE(cursor.position + 2) }
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
