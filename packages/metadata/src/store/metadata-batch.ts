/** Metadata records as record batches of the log, and back. */
import {
  BatchBuilder,
  baseOffset,
  batchesIn,
  ControlRecordType,
  controlRecordTypeOf,
  decodeMetadataRecord,
  encodeMetadataRecords,
  isControl,
  lastOffset,
  type MetadataRecord,
  maxTimestamp,
  partitionLeaderEpoch,
  readRecords,
} from '@ottla/protocol'
import { finish, ITEMS_PER_STEP, type Steps } from '../steps.ts'

/** What a batch holds, with its place in the log. */
export interface ReadBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly timestampMs: number
  /** Empty for a control batch. */
  readonly records: readonly MetadataRecord[]
  readonly controls: readonly ControlRecord[]
}

/** A record of the quorum: its value begins with two bytes of version. */
export interface ControlRecord {
  readonly type: number
  readonly value: Buffer
}

export interface BatchPlace {
  readonly timestampMs: number
  readonly baseOffset?: number
  readonly epoch?: number
}

/** One batch with all the records. Offset and epoch are stamped by the log. */
export function metadataBatch(records: readonly MetadataRecord[], at: BatchPlace): Buffer {
  return finish(metadataBatchInSteps(records, at))
}

export function* metadataBatchInSteps(records: readonly MetadataRecord[], at: BatchPlace): Steps<Buffer> {
  const builder = new BatchBuilder({
    timestamp: at.timestampMs,
    baseOffset: at.baseOffset ?? 0,
    partitionLeaderEpoch: at.epoch ?? 0,
  })
  for (const value of encodeMetadataRecords(records)) {
    if (builder.count > 0 && builder.count % ITEMS_PER_STEP === 0) yield
    builder.append({ value })
  }
  return builder.build()
}

/** One batch with all the control records. */
export function controlRecordsBatch(controls: readonly ControlRecord[], at: BatchPlace): Buffer {
  const builder = new BatchBuilder({
    control: true,
    timestamp: at.timestampMs,
    baseOffset: at.baseOffset ?? 0,
    partitionLeaderEpoch: at.epoch ?? 0,
  })
  for (const { type, value } of controls) builder.append({ key: Buffer.from([0, 0, 0, type]), value })
  return builder.build()
}

/** The batches in the bytes. Throws ProtocolError when they are damaged or hold a record of a newer release. */
export function* readMetadataBatches(bytes: Buffer): Generator<ReadBatch> {
  for (const pos of batchesIn(bytes)) {
    const records: MetadataRecord[] = []
    const controls: ControlRecord[] = []
    const control = isControl(bytes, pos)
    for (const { key, value } of readRecords(bytes, pos)) {
      if (control) controls.push({ type: controlRecordTypeOf(key), value: value ?? Buffer.alloc(0) })
      else if (value !== null) records.push(decodeMetadataRecord(value))
    }
    yield {
      baseOffset: baseOffset(bytes, pos),
      lastOffset: lastOffset(bytes, pos),
      epoch: partitionLeaderEpoch(bytes, pos),
      timestampMs: maxTimestamp(bytes, pos),
      records,
      controls,
    }
  }
}

export { ControlRecordType }
