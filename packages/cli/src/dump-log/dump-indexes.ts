/** The files beside a segment as text, held against the segment. */
import { resolve } from 'node:path'
import {
  decodeProducerSnapshot,
  OFFSET_ENTRY_BYTES,
  OffsetIndex,
  TIME_ENTRY_BYTES,
  TimeIndex,
  TransactionIndex,
} from '@ottla/log'
import { crc32c, lastOffset, maxTimestamp, Reader } from '@ottla/protocol'
import { formatInt64 } from '@ottla/stdx'
import { type Io, printLine } from '../io.ts'
import { FileError, ToolError } from '../options/usage-error.ts'
import { BatchFile } from './batch-file.ts'
import { offsetIn } from './dump-batches.ts'

const SNAPSHOT_CRC_AT = 2
const SNAPSHOT_CHECKED_AT = 6

export type IndexMode = 'print' | 'sanity-check' | 'verify-only'

/** What is wrong with entries of an index. */
export interface IndexProblems {
  readonly mismatches: readonly (readonly [indexed: number, found: number])[]
  readonly outOfOrder: readonly (readonly [indexed: number, previous: number])[]
  /** With the offset that stands there, -1 for none. */
  readonly notFound: readonly (readonly [indexed: number, found: number])[]
}

/** Pairs of an indexed offset and the one that the segment has at that place. Throws ToolError. */
export function dumpOffsetIndex(path: string, mode: IndexMode, io: Io): [number, number][] {
  const content = read(path, io)
  const start = offsetIn(path)
  using segment = new BatchFile(segmentOf(path), io)
  const isDone = dumpWhole({ path, mode, isEmpty: content.length < OFFSET_ENTRY_BYTES }, io, () => {
    if (OffsetIndex.parse(start, content, Number.POSITIVE_INFINITY) !== null) return null
    const last =
      start + (content.length < OFFSET_ENTRY_BYTES ? 0 : content.readInt32BE(content.length - OFFSET_ENTRY_BYTES))
    return `Corrupt index found, index file ${path} has non-zero size but the last offset is ${last} which is less than the base offset ${start}`
  })
  const mismatches: [number, number][] = []
  if (isDone) return mismatches
  for (let at = 0; at + OFFSET_ENTRY_BYTES <= content.length; at += OFFSET_ENTRY_BYTES) {
    const offset = start + content.readInt32BE(at)
    const position = content.readInt32BE(at + 4)
    // After a crash zeros can be left behind the entries.
    if (offset === start && at > 0) break
    const found = lastOffsetAt(segment, position)
    if (found !== offset) mismatches.push([offset, found])
    if (mode === 'print') printLine(io.stdout, `offset: ${offset} position: ${position}`)
  }
  return mismatches
}

/** Throws ToolError. */
export function dumpTimeIndex(path: string, mode: IndexMode, io: Io): IndexProblems {
  const content = read(path, io)
  const start = offsetIn(path)
  const problems = { mismatches: [], outOfOrder: [], notFound: [] } satisfies IndexProblems as {
    mismatches: [number, number][]
    outOfOrder: [number, number][]
    notFound: [number, number][]
  }
  using segment = new BatchFile(segmentOf(path), io)
  const isDone = dumpWhole(
    { path, mode, isEmpty: content.length < TIME_ENTRY_BYTES && mode !== 'sanity-check' },
    io,
    () =>
      content.length > 0 && TimeIndex.parse(start, content) === null
        ? `Corrupt time index found, time index file (${path})`
        : null,
  )
  if (isDone) return problems
  let previous = -1
  let hint: FoundBatch = { lastOffset: -1, timestamp: -1, position: 0 }
  for (let at = 0; at + TIME_ENTRY_BYTES <= content.length; at += TIME_ENTRY_BYTES) {
    const timestamp = new Reader(content, at).int64()
    const offset = start + content.readInt32BE(at + 8)
    if (offset === start && at > 0) break
    const found = batchEndingAt(segment, offset, hint)
    hint = found
    if (found.lastOffset !== offset) problems.notFound.push([offset, found.lastOffset])
    else {
      if (found.timestamp !== timestamp) problems.mismatches.push([timestamp, found.timestamp])
      if (previous >= timestamp) problems.outOfOrder.push([timestamp, previous])
    }
    if (mode === 'print') printLine(io.stdout, `timestamp: ${formatInt64(timestamp)} offset: ${offset}`)
    previous = timestamp
  }
  return problems
}

/** Aborted transactions. Throws ToolError. */
export function dumpTransactionIndex(path: string, io: Io): void {
  const index = TransactionIndex.parse(offsetIn(path), read(path, io))
  if (index === null) throw new ToolError(`${path} is corrupted`)
  for (let at = 0; at < index.count; at += 1) {
    const { producerId, firstOffset, lastOffset: last, lastStableOffset } = index.at(at)
    const offsets = `firstOffset: ${firstOffset} lastOffset: ${last} lastStableOffset: ${lastStableOffset}`
    printLine(io.stdout, `version: 0 producerId: ${producerId} ${offsets}`)
  }
}

/** The producers of a snapshot. */
export function dumpProducers(path: string, io: Io): void {
  const content = read(path, io)
  const entries = decodeProducerSnapshot(content)
  if (entries === null) printLine(io.stderr, snapshotProblem(content))
  for (const {
    producerId,
    producerEpoch,
    coordinatorEpoch,
    transactionStartOffset,
    lastTimestampMs,
    batches,
  } of entries ?? []) {
    const first = transactionStartOffset < 0 ? 'OptionalLong.empty' : `OptionalLong[${transactionStartOffset}]`
    const ids = `producerId: ${producerId} producerEpoch: ${producerEpoch} coordinatorEpoch: ${coordinatorEpoch}`
    const time = `currentTxnFirstOffset: ${first} lastTimestamp: ${formatInt64(lastTimestampMs)}`
    const last = batches.at(-1)
    const batch =
      last === undefined
        ? ''
        : ` firstSequence: ${last.baseSequence} lastSequence: ${last.lastSequence} lastOffset: ${last.lastOffset} offsetDelta: ${last.lastOffset - last.baseOffset} timestamp: ${formatInt64(last.timestampMs)}`
    printLine(io.stdout, `${ids} ${time}${batch}`)
  }
}

function snapshotProblem(content: Buffer): string {
  if (content.length < SNAPSHOT_CHECKED_AT) return 'Snapshot is corrupt (too short).'
  const stored = content.readUInt32BE(SNAPSHOT_CRC_AT)
  const computed = crc32c(content, SNAPSHOT_CHECKED_AT)
  return `Snapshot is corrupt (CRC is no longer valid). Stored crc: ${stored}. Computed crc: ${computed}`
}

/** True: there is nothing more to tell of the file. */
function dumpWhole(
  { path, mode, isEmpty }: { readonly path: string; readonly mode: IndexMode; readonly isEmpty: boolean },
  io: Io,
  problemOf: () => string | null,
): boolean {
  if (isEmpty) printLine(io.stdout, `${path} is empty.`)
  else if (mode === 'sanity-check') {
    const problem = problemOf()
    if (problem !== null) throw new ToolError(problem)
    printLine(io.stdout, `${path} passed sanity check.`)
  }
  return isEmpty || mode === 'sanity-check'
}

function lastOffsetAt(segment: BatchFile, position: number): number {
  for (const { bytes } of segment.headers({ from: position })) return lastOffset(bytes, 0)
  return -1
}

interface FoundBatch {
  /** -1 for none. */
  readonly lastOffset: number
  /** The largest of its records. */
  readonly timestamp: number
  readonly position: number
}

/** The first batch that ends at the offset or behind it. `hint`: one that was found before. */
function batchEndingAt(segment: BatchFile, offset: number, hint: FoundBatch): FoundBatch {
  const from = offset >= hint.lastOffset ? hint.position : 0
  for (const { bytes, position } of segment.headers({ from })) {
    const last = lastOffset(bytes, 0)
    if (last >= offset) return { lastOffset: last, timestamp: maxTimestamp(bytes, 0), position }
  }
  return { lastOffset: -1, timestamp: -1, position: 0 }
}

function segmentOf(path: string): string {
  return path.replace(/\.[^.]*$/, '.log')
}

function read(path: string, io: Io): Buffer {
  const absolute = resolve(io.workingDirectory, path)
  if (io.env.files.statSync(absolute) === null) throw new FileError(path, 'there is no such file')
  return io.env.files.readFileSync(absolute)
}
