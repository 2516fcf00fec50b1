/**
 * Snapshot files in Kafka's format: a batch with the snapshot header (and what the quorum says of itself), batches of
 * records, a batch with the footer. `bootstrap.checkpoint` has the same form.
 */
import {
  ControlRecordType,
  checkBatch,
  decodeMessage,
  encodeMessage,
  type MetadataRecord,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  sizeInBytes,
} from '@ottla/protocol'
import { type ControlRecord, controlRecordsBatch, metadataBatch, readMetadataBatches } from './metadata-batch.ts'

/** Which state a snapshot holds: all before the end offset, whose last record was written in the epoch. */
export interface SnapshotId {
  readonly endOffset: number
  readonly epoch: number
}

export interface CheckpointContents {
  readonly lastTimestampMs: number
  readonly records: readonly MetadataRecord[]
  /** Control records of the quorum (kraft.version, voters), without header and footer. */
  readonly controls: readonly ControlRecord[]
}

const NAME = /^([0-9]{20})-([0-9]{10})\.checkpoint$/
const RECORDS_PER_BATCH = 1000

/** `<end offset, 20 digits>-<epoch, 10 digits>.checkpoint` */
export function checkpointName({ endOffset, epoch }: SnapshotId): string {
  return `${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

/** The snapshot that a file of this name holds; undefined for other names. */
export function parseCheckpointName(name: string): SnapshotId | undefined {
  const match = NAME.exec(name)
  return match === null ? undefined : { endOffset: Number(match[1]), epoch: Number(match[2]) }
}

/** The file's bytes, batch by batch, so that a large one need not be made in one turn. */
export function* checkpointBatches(
  records: Iterable<MetadataRecord>,
  options: {
    readonly nowMs: number
    readonly lastTimestampMs: number
    readonly epoch: number
    readonly controls?: readonly ControlRecord[]
  },
): Generator<Buffer> {
  const at = { timestampMs: options.nowMs, epoch: options.epoch }
  const header = { version: 0, lastContainedLogTimestamp: options.lastTimestampMs }
  const opening = [
    { type: ControlRecordType.snapshotHeader, value: encodeMessage(SnapshotHeaderRecord, 0, header) },
    ...(options.controls ?? []),
  ]
  yield controlRecordsBatch(opening, at)
  let baseOffset = opening.length
  let group: MetadataRecord[] = []
  for (const record of records) {
    group.push(record)
    if (group.length < RECORDS_PER_BATCH) continue
    yield metadataBatch(group, { ...at, baseOffset })
    baseOffset += group.length
    group = []
  }
  if (group.length > 0) yield metadataBatch(group, { ...at, baseOffset })
  baseOffset += group.length
  const footer = encodeMessage(SnapshotFooterRecord, 0, { version: 0 })
  yield controlRecordsBatch([{ type: ControlRecordType.snapshotFooter, value: footer }], { ...at, baseOffset })
}

/**
 * Reads a snapshot file. Gives null when it is not whole: no footer, a wrong checksum, bytes left over. Throws
 * ProtocolError for a record that a newer release wrote.
 */
export function readCheckpoint(bytes: Buffer): CheckpointContents | null {
  if (!isWhole(bytes)) return null
  const records: MetadataRecord[] = []
  const controls: ControlRecord[] = []
  let lastTimestampMs = -1
  let isEnded = false
  for (const batch of readMetadataBatches(bytes)) {
    records.push(...batch.records)
    for (const control of batch.controls) {
      isEnded = control.type === ControlRecordType.snapshotFooter
      if (control.type === ControlRecordType.snapshotHeader) {
        lastTimestampMs = decodeMessage(SnapshotHeaderRecord, 0, control.value).lastContainedLogTimestamp
      } else if (!isEnded) controls.push(control)
    }
  }
  return isEnded ? { lastTimestampMs, records, controls } : null
}

function isWhole(bytes: Buffer): boolean {
  let at = 0
  while (at < bytes.length) {
    if (checkBatch(bytes, at, bytes.length) !== null) return false
    at += sizeInBytes(bytes, at)
  }
  return at > 0
}
