/** The committed batches of a coordinator's partition, for loading. */
import type { StoredBatch, StoredRecord } from '@ottla/coordinator'
import type { ReadResult } from '@ottla/log'
import {
  batchesIn,
  ControlRecordType,
  controlRecordTypeOf,
  isControl,
  isTransactional,
  nextOffset,
  producerEpoch,
  producerId,
  readRecords,
} from '@ottla/protocol'
import type { Replica } from '../replica/replica.ts'

const READ_BYTES = 1 << 20

/** From the log start to the high watermark. Throws when the log cannot be read. */
export async function* storedBatches(replica: Replica): AsyncGenerator<StoredBatch> {
  const { log } = replica
  // What was written before a restart counts when it is safe: then the high watermark has reached the end.
  await log.flush()
  for (let offset = log.logStartOffset; offset < replica.highWatermark; ) {
    const read = await log.read(offset, { maxBytes: READ_BYTES, upTo: replica.highWatermark, minOneBatch: true })
    if (read.kind !== 'records') throw new Error(`offset ${offset} cannot be read: ${problemOf(read)}`)
    try {
      const bytes = read.buffers.length === 1 ? read.buffers[0]! : Buffer.concat(read.buffers)
      for (const pos of batchesIn(bytes)) {
        offset = nextOffset(bytes, pos)
        yield storedBatch(bytes, pos)
      }
      if (read.sizeBytes === 0) return
    } finally {
      read.release()
    }
  }
}

function storedBatch(bytes: Buffer, pos: number): StoredBatch {
  const common = {
    nextOffset: nextOffset(bytes, pos),
    producerId: producerId(bytes, pos),
    producerEpoch: producerEpoch(bytes, pos),
    isTransactional: isTransactional(bytes, pos),
  }
  if (!isControl(bytes, pos)) return { ...common, records: readRecords(bytes, pos) }
  const [record] = readRecords(bytes, pos)
  const type = controlRecordTypeOf(record?.key ?? null)
  const none: StoredRecord[] = []
  if (type === ControlRecordType.commit) return { ...common, marker: 'commit', records: none }
  if (type === ControlRecordType.abort) return { ...common, marker: 'abort', records: none }
  return { ...common, records: none }
}

function problemOf(read: Exclude<ReadResult, { kind: 'records' }>): string {
  return read.kind === 'failed' ? read.message : `the log holds ${read.logStartOffset} to ${read.logEndOffset}`
}
