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
  RecordCursor,
  readRecords,
} from '@ottla/protocol'
import type { Replica } from '../replica/replica.ts'
import type { LoadSlots } from './load-slots.ts'

const READ_BYTES = 1 << 20

/**
 * From the log start to the high watermark. Throws when the log cannot be read. Batches that follow each other and say nothing
 * besides their records come as one: a log that was cleaned has one record in each, and a step of the reader for each is dear.
 */
export async function* storedBatches(replica: Replica, slots: LoadSlots): AsyncGenerator<StoredBatch> {
  const { log } = replica
  // What was written before a restart counts when it is safe: then the high watermark has reached the end.
  await log.flush()
  await slots.take()
  try {
    for (let offset = log.logStartOffset; offset < replica.highWatermark; ) {
      const read = await log.read(offset, { maxBytes: READ_BYTES, upTo: replica.highWatermark, minOneBatch: true })
      if (read.kind !== 'records') throw new Error(`offset ${offset} cannot be read: ${problemOf(read)}`)
      try {
        const bytes = read.buffers.length === 1 ? read.buffers[0]! : Buffer.concat(read.buffers)
        for (const batch of runsOf(bytes)) {
          offset = batch.nextOffset
          yield batch
        }
        if (read.sizeBytes === 0) return
      } finally {
        read.release()
      }
    }
  } finally {
    slots.give()
  }
}

function* runsOf(bytes: Buffer): IterableIterator<StoredBatch> {
  let run: number[] = []
  for (const pos of batchesIn(bytes)) {
    if (!isControl(bytes, pos) && !isTransactional(bytes, pos)) {
      run.push(pos)
      continue
    }
    if (run.length > 0) yield plainBatches(bytes, run)
    run = []
    yield storedBatch(bytes, pos)
  }
  if (run.length > 0) yield plainBatches(bytes, run)
}

function plainBatches(bytes: Buffer, positions: readonly number[]): StoredBatch {
  return {
    nextOffset: nextOffset(bytes, positions[positions.length - 1]!),
    producerId: -1,
    producerEpoch: -1,
    isTransactional: false,
    records: recordsAt(bytes, positions),
  }
}

function* recordsAt(bytes: Buffer, positions: readonly number[]): IterableIterator<StoredRecord> {
  for (const pos of positions) {
    const cursor = new RecordCursor(bytes, pos)
    while (cursor.next()) yield { offset: cursor.offset, key: cursor.key, value: cursor.value }
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
