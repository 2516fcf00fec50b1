/** Segments and snapshots as text: a line for each batch, and below it one for each record. */
import { basename } from 'node:path'
import {
  baseOffset,
  baseSequence,
  baseTimestamp,
  COMPRESSION_NAMES,
  ControlRecordType,
  compressionOf,
  controlRecordTypeOf,
  coordinatorEpochOf,
  crc,
  hasDeleteHorizon,
  isControl,
  isCrcValid,
  isLogAppendTime,
  isTransactional,
  KRaftVersionRecord,
  LeaderChangeMessage,
  type Record as LogRecord,
  lastOffset,
  lastSequence,
  magic,
  maxTimestamp,
  NO_SEQUENCE,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  readRecords,
  recordCount,
  type Schema,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '@ottla/protocol'
import { formatInt64 } from '@ottla/stdx'
import { type Io, printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import { BatchFile, type FileBatch } from './batch-file.ts'
import { type RecordDecoder, selfVersionedText } from './record-decoders.ts'

export interface DumpSettings {
  readonly records: 'hidden' | 'shown' | 'shown-without-metadata'
  /** Null: keys and values are not shown. */
  readonly decode: RecordDecoder | null
  /** Of a file not more than so many bytes are read. Null: all of them. */
  readonly maxBytes: number | null
}

/** Two offsets of neighbours between which others are missing. */
export type OffsetGap = readonly [before: number, after: number]

/** Sequences are counted to here, and go on from 0. */
const SEQUENCES = 2 ** 31

/** Prints the file; gives the gaps between its records. Throws ToolError. */
export async function dumpBatches(path: string, settings: DumpSettings, io: Io): Promise<OffsetGap[]> {
  printLine(io.stdout, titleOf(path))
  using file = new BatchFile(path, io)
  const gaps: OffsetGap[] = []
  let validBytes = 0
  // So Kafka's tool begins too: a segment that begins later than 0 is said to have a gap in front.
  let previous = -1
  for (const batch of file.batches(settings.maxBytes === null ? {} : { to: settings.maxBytes })) {
    printLine(io.stdout, batchLine(batch))
    validBytes += batch.sizeBytes
    if (settings.records === 'hidden') continue
    for (const record of readRecords(batch.bytes)) {
      if (record.offset !== previous + 1) gaps.push([previous, record.offset])
      previous = record.offset
      printLine(io.stdout, recordLine(batch.bytes, record, settings))
    }
    await io.stdout.drained()
  }
  const trailing = file.sizeBytes - validBytes
  if (trailing > 0 && settings.maxBytes === null) {
    printLine(io.stdout, `Found ${trailing} invalid bytes at the end of ${basename(path)}`)
  }
  return gaps
}

function titleOf(path: string): string {
  const name = basename(path)
  if (name === 'bootstrap.checkpoint') return 'KRaft bootstrap snapshot'
  const snapshot = /^(\d+)-(\d+)\.checkpoint$/.exec(name)
  if (snapshot !== null) return `Snapshot end offset: ${Number(snapshot[1])}, epoch: ${Number(snapshot[2])}`
  return `Log starting offset: ${offsetIn(path)}`
}

/** The offset that a file is named for. Throws ToolError. */
export function offsetIn(path: string): number {
  const text = basename(path).split('.')[0]!
  if (/^\d+$/.test(text)) return Number(text)
  throw new ToolError(`For input string: "${text}"`)
}

function batchLine({ bytes, position, sizeBytes }: FileBatch): string {
  const horizon = hasDeleteHorizon(bytes, 0) ? `OptionalLong[${baseTimestamp(bytes, 0)}]` : 'OptionalLong.empty'
  const fields: readonly (readonly [string, string | number | boolean])[] = [
    ['baseOffset', baseOffset(bytes, 0)],
    ['lastOffset', lastOffset(bytes, 0)],
    ['count', recordCount(bytes, 0)],
    ['baseSequence', baseSequence(bytes, 0)],
    ['lastSequence', lastSequence(bytes, 0)],
    ['producerId', producerId(bytes, 0)],
    ['producerEpoch', producerEpoch(bytes, 0)],
    ['partitionLeaderEpoch', partitionLeaderEpoch(bytes, 0)],
    ['isTransactional', isTransactional(bytes, 0)],
    ['isControl', isControl(bytes, 0)],
    ['deleteHorizonMs', horizon],
    ['position', position],
    [timeKind(bytes), formatInt64(maxTimestamp(bytes, 0))],
    ['size', sizeBytes],
    ['magic', magic(bytes, 0)],
    ['compresscodec', COMPRESSION_NAMES[compressionOf(bytes, 0)] ?? 'unknown'],
    ['crc', crc(bytes, 0)],
    ['isvalid', isCrcValid(bytes, 0)],
  ]
  return fields.map(([name, value]) => `${name}: ${value}`).join(' ')
}

function timeKind(batch: Buffer): string {
  return isLogAppendTime(batch, 0) ? 'LogAppendTime' : 'CreateTime'
}

/** Empty where there is nothing to show. */
function recordLine(batch: Buffer, record: LogRecord, { records, decode }: DumpSettings): string {
  const isMarker = isControl(batch, 0)
  if (records === 'shown-without-metadata' && isMarker) return ''
  const parts = records === 'shown' ? [metadataText(batch, record)] : ['|']
  if (isMarker) parts.push(controlText(record))
  else if (decode !== null) {
    const { key, payload } = decode(record)
    if (key !== undefined) parts.push(`key: ${key}`)
    if (payload !== undefined) parts.push(`payload: ${payload}`)
  }
  return records !== 'shown' && parts.length === 1 ? '' : parts.join(' ')
}

function metadataText(batch: Buffer, record: LogRecord): string {
  const { offset, timestamp, key, value, headers } = record
  const first = baseSequence(batch, 0)
  const sequence = first === NO_SEQUENCE ? NO_SEQUENCE : (first + offset - baseOffset(batch, 0)) % SEQUENCES
  const sizes = `keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1}`
  const names = headers.map((header) => header.key).join(',')
  const time = `${timeKind(batch)}: ${formatInt64(timestamp)}`
  return `| offset: ${offset} ${time} ${sizes} sequence: ${sequence} headerKeys: [${names}]`
}

function controlText({ key, value }: LogRecord): string {
  const type = controlRecordTypeOf(key)
  const text = (schema: Schema) => selfVersionedText(schema, value ?? Buffer.alloc(0))
  switch (type) {
    case ControlRecordType.abort:
    case ControlRecordType.commit: {
      const name = type === ControlRecordType.abort ? 'ABORT' : 'COMMIT'
      return `endTxnMarker: ${name} coordinatorEpoch: ${coordinatorEpochOf(value)}`
    }
    case ControlRecordType.leaderChange:
      return `LeaderChange: ${text(LeaderChangeMessage)}`
    case ControlRecordType.snapshotHeader:
      return `SnapshotHeader ${text(SnapshotHeaderRecord)}`
    case ControlRecordType.snapshotFooter:
      return `SnapshotFooter ${text(SnapshotFooterRecord)}`
    case ControlRecordType.kraftVersion:
      return `KRaftVersion ${text(KRaftVersionRecord)}`
    case ControlRecordType.kraftVoters:
      return `KRaftVoters ${text(VotersRecord)}`
    default:
      return `controlType: UNKNOWN(${key?.readInt16BE(2)})`
  }
}
