/**
 * Reads of one log. What is in the tail is answered at once with slices; the rest comes from disk in large sequential
 * pieces, and a reader that goes on where it stopped finds the next piece already there.
 */
import { ErrorCode, HEADER_BYTES, isCrcValid, lastOffset, sizeInBytes } from '@ottla/protocol'
import { doNothing } from '@ottla/stdx'
import type { OffsetPosition } from '../index/offset-index.ts'
import { isPassing, offlineError } from '../io-error.ts'
import { LogError } from '../log-error.ts'
import type { LogState } from '../log-state.ts'
import { headerFault } from '../segment/batch-scan.ts'
import type { Segment } from '../segment/segment.ts'
import type { LogTail } from '../tail/log-tail.ts'
import type { ReadOptions, ReadResult, Retainable } from '../types.ts'
import { type Selection, selectBatches } from './batch-selection.ts'
import type { Piece, PieceUse } from './piece-cache.ts'
import { readFully } from './read-fully.ts'

export interface ReaderOwner {
  /** The indexes of a closed segment could not be had from memory. */
  loadIndexes(segment: Segment): Promise<{ offset: { floor(offset: number): OffsetPosition } }>
  /** The index file of a closed segment says what is not so: it is built anew. */
  rebuildIndexes(segment: Segment): Promise<void>
  failed(error: LogError): void
}

interface Place {
  readonly segment: Segment
  readonly position: number
  /** The position is that of the batch sought, because an earlier read ended there. */
  readonly isExact: boolean
  /** Last offset of the batch at the position as the index has it; null when that is not from an index. */
  readonly indexed: number | null
}

/** Where the batch at some offset begins, and whether a reader went on from there. */
interface Hint {
  readonly segment: Segment
  readonly position: number
  isTaken: boolean
}

/** Readers of one log that are remembered, to find without an index where they go on. */
const HINTS_MAX = 32
/** When two readers came by the same place, so many reads of the log are taken for shared ones. */
const SHARED_READS = 16
/** Bytes that a position from the index may lie before the batch sought, beside the index interval. */
const INDEX_SLACK_BYTES = 16 << 10
const READ_MIN_BYTES = 16 << 10

export class LogReader {
  readonly #state: LogState
  readonly #tail: LogTail
  readonly #owner: ReaderOwner
  /** By offset. */
  readonly #hints = new Map<number, Hint>()
  /** Reads that are still taken for shared ones. */
  #sharedReads = 0

  constructor(state: LogState, tail: LogTail, owner: ReaderOwner) {
    this.#state = state
    this.#tail = tail
    this.#owner = owner
  }

  read(offset: number, options: ReadOptions): ReadResult | Promise<ReadResult> {
    const state = this.#state
    if (state.failure !== null) return storageFailure(state.failure)
    // From memory a fraction would do no harm, until the day when what is asked for is not there any more.
    if (!isWhole(offset) || !isWhole(options.maxBytes) || !(isWhole(options.upTo) || options.upTo === Infinity)) {
      return this.#notWhole(offset, options)
    }
    if (offset < state.logStartOffset || offset > state.logEndOffset) return this.#outOfRange()
    const upTo = Math.min(options.upTo, state.writtenEnd)
    if (offset >= upTo) return nothingAt(offset)
    const bounded = upTo === options.upTo ? options : { ...options, upTo }
    const found = this.#tail.read(offset, bounded)
    if (found === null) return this.#readDisk(offset, bounded)
    state.resources.counters.tailReads++
    state.resources.counters.tailReadBytes += found.sizeBytes
    return new Records(found, found.owners)
  }

  /** The log was cut or its segments changed: forget positions. */
  forget(): void {
    this.#hints.clear()
    this.#state.resources.pieces.forget(this.#state.path)
  }

  async #readDisk(offset: number, options: ReadOptions): Promise<ReadResult> {
    const state = this.#state
    const { generation } = state
    for (;;) {
      const { swaps } = state
      const result = await this.#readSegments(offset, options, () => state.generation === generation)
      // What was cleaned meanwhile may have been looked for in the file that took its place.
      if (swaps === state.swaps || (result.kind === 'records' && result.sizeBytes > 0)) return result
    }
  }

  async #readSegments(offset: number, options: ReadOptions, isUncut: () => boolean): Promise<ReadResult> {
    const state = this.#state
    const { swaps } = state
    let segment = state.segments.floor(offset) ?? state.segments.first
    try {
      for (;;) {
        const result = await this.#readSegment(segment, offset, options)
        if (!isUncut() || offset < state.logStartOffset) {
          if (result?.kind === 'records') result.release()
          return offset < state.logStartOffset || offset > state.logEndOffset ? this.#outOfRange() : nothingAt(offset)
        }
        if (result !== null) return result
        const next = state.segments.after(segment)
        if (next === undefined) return nothingAt(offset)
        segment = next
      }
    } catch (error) {
      if (!isUncut() || swaps !== state.swaps) return nothingAt(offset)
      return this.#readFailed(error, segment, offset)
    }
  }

  /** Null when the segment ends before the offset (its last records were compacted away). */
  async #readSegment(segment: Segment, offset: number, options: ReadOptions): Promise<ReadResult | null> {
    const place = await this.#placeOf(segment, offset)
    const slack = place.isExact ? 0 : this.#state.config.indexIntervalBytes + INDEX_SLACK_BYTES
    let { position } = place
    let wanted = this.#clampRead(options.maxBytes) + slack
    for (;;) {
      const bytesLeft = segment.writtenBytes - position
      if (bytesLeft <= 0) return null
      const piece = await this.#pieceAt(segment, position, Math.min(wanted, bytesLeft))
      if (position === place.position && place.indexed !== null && !isIndexRight(piece, place.indexed)) {
        piece.slice.release()
        // One that is in memory because the segment still grows does without what is wrong.
        if (segment.indexes !== null) segment.indexes.offset.truncateTo(place.indexed)
        else await this.#owner.rebuildIndexes(segment)
        return this.#readSegment(segment, offset, options)
      }
      const selection = selectBatches(piece.bytes, { ...options, offset, bytesLeft })
      if (selection.kind === 'batches') return this.#records(segment, piece, selection, { options, place })
      piece.slice.release()
      if (selection.kind === 'behind') return null
      if (selection.kind === 'nothing') return nothingAt(offset)
      if (selection.kind === 'damaged') throw this.#damage(segment, position + selection.at, selection.fault)
      position += selection.from
      wanted = Math.max(selection.bytes, this.#clampRead(options.maxBytes))
    }
  }

  #clampRead(bytes: number): number {
    return Math.min(Math.max(bytes, READ_MIN_BYTES), this.#state.resources.limits.readMaxBytes)
  }

  #records(
    segment: Segment,
    piece: Piece,
    selection: Selection & { kind: 'batches' },
    read: { options: ReadOptions; place: Place },
  ): ReadResult {
    const { start, end } = selection
    const { counters } = this.#state.resources
    const buffer = piece.bytes.subarray(start, end)
    if (read.options.verify === true) {
      const fault = damagedBatch(buffer)
      if (fault >= 0) {
        piece.slice.release()
        throw this.#damage(segment, piece.position + start + fault, 'the checksum is wrong')
      }
    }
    counters.diskReads++
    counters.diskReadBytes += buffer.length
    const nextPosition = piece.position + end
    this.#remember(selection.nextOffset, segment, nextPosition)
    const { firstOffset, nextOffset } = selection
    const content = { buffers: [buffer], sizeBytes: buffer.length, firstOffset, nextOffset }
    if (!read.place.isExact) return new Records(content, [piece.slice])
    const { generation } = this.#state
    // Not before this piece has left: the next one is read into its memory, which the processor's caches still hold.
    const readOn = (): void => {
      if (this.#state.isClosed || this.#state.generation !== generation || segment.isRemoved) return
      this.#readOn(segment, nextPosition, { nextOffset, wanted: read.options.maxBytes })
    }
    return new Records(content, [piece.slice], readOn)
  }

  async #placeOf(segment: Segment, offset: number): Promise<Place> {
    const hint = this.#hints.get(offset)
    if (hint !== undefined && hint.segment === segment) {
      if (hint.isTaken) this.#sharedReads = SHARED_READS
      else if (this.#sharedReads > 0) this.#sharedReads--
      hint.isTaken = true
      this.#hints.delete(offset)
      this.#hints.set(offset, hint)
      return { segment, position: hint.position, isExact: true, indexed: null }
    }
    const indexes = segment.indexes ?? (await this.#owner.loadIndexes(segment))
    const entry = indexes.offset.floor(offset)
    const indexed = entry.position === 0 ? null : entry.offset
    return { segment, position: entry.position, isExact: offset === segment.baseOffset, indexed }
  }

  #remember(offset: number, segment: Segment, position: number): void {
    if (position >= segment.writtenBytes && segment.state !== 'active') return
    const hint = this.#hints.get(offset)
    if (hint?.segment === segment && hint.position === position) return
    this.#hints.delete(offset)
    this.#hints.set(offset, { segment, position, isTaken: false })
    if (this.#hints.size <= HINTS_MAX) return
    for (const oldest of this.#hints.keys()) {
      this.#hints.delete(oldest)
      return
    }
  }

  /** Reads the next piece before it is asked for, unless it is in memory anyway. */
  #readOn(segment: Segment, position: number, read: { nextOffset: number; wanted: number }): void {
    const bytes = Math.min(this.#clampRead(read.wanted), segment.writtenBytes - position)
    const tailStart = this.#tail.startOffset
    if (bytes <= 0 || (tailStart !== undefined && read.nextOffset >= tailStart)) return
    const place = { path: segment.logPath, position, bytes }
    this.#state.resources.pieces.readAhead(place, () => this.#readPiece(segment, position, bytes))
  }

  async #pieceAt(segment: Segment, position: number, bytes: number): Promise<Piece> {
    const { pieces, counters } = this.#state.resources
    const place = { path: segment.logPath, position, bytes }
    const use: PieceUse = this.#sharedReads > 0 ? 'shared' : 'once'
    const ready = await pieces.take(place, use)
    if (ready !== undefined && ready !== null) {
      counters.readAheadHits++
      return ready
    }
    const read = (): Promise<Piece> => this.#readPiece(segment, position, bytes)
    if (use === 'once') return read()
    return (await pieces.readShared(place, read)) ?? read()
  }

  #readPiece(segment: Segment, position: number, bytes: number): Promise<Piece> {
    const { openFiles, reads, slabs } = this.#state.resources
    return reads.run(async () => {
      // The name may be that of the segment which took its place.
      if (segment.isRemoved) throw new LogError('CLOSED', `${segment.logPath} was removed`)
      const file = openFiles.take(segment.logPath, 'r')
      const slice = slabs.allocate(bytes)
      let count = 0
      try {
        count = await readFully(file.handle, slice.buffer, position)
      } catch (error) {
        slice.release()
        throw error
      } finally {
        openFiles.giveBack(file)
      }
      if (count === bytes) return { position, bytes: slice.buffer, slice }
      slice.release()
      throw this.#damage(segment, position + count, 'the file ends here')
    })
  }

  #damage(segment: Segment, position: number, fault: string): LogError {
    return new LogError('CORRUPT', `${segment.logPath} is damaged at ${position}: ${fault}`)
  }

  #readFailed(error: unknown, segment: Segment, offset: number): ReadResult {
    const state = this.#state
    if (segment.isRemoved || state.isClosed) {
      return offset < state.logStartOffset ? this.#outOfRange() : nothingAt(offset)
    }
    if (isPassing(error)) {
      return { kind: 'failed', error: ErrorCode.KAFKA_STORAGE_ERROR, message: `reading ${segment.logPath}: ${error}` }
    }
    const failure = offlineError(`reading ${segment.logPath}`, error)
    if (failure.code === 'CORRUPT') {
      state.resources.env.logger.error('A read met damage', { log: state.name, fault: failure.message })
      return { kind: 'failed', error: ErrorCode.CORRUPT_MESSAGE, message: failure.message }
    }
    this.#owner.failed(failure)
    return storageFailure(failure)
  }

  /** A mistake of the caller, who is told: nothing was read, and nothing is wrong with the log. */
  #notWhole(offset: number, { maxBytes, upTo }: ReadOptions): ReadResult {
    const message = `a read of ${this.#state.name} takes whole numbers, not offset ${offset}, ${maxBytes} bytes, up to ${upTo}`
    this.#state.resources.env.logger.error('A read was refused', { log: this.#state.name, message })
    return { kind: 'failed', error: ErrorCode.UNKNOWN_SERVER_ERROR, message }
  }

  #outOfRange(): ReadResult {
    const { logStartOffset, logEndOffset } = this.#state
    return { kind: 'outOfRange', logStartOffset, logEndOffset }
  }
}

interface RecordsContent {
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  readonly firstOffset: number
  readonly nextOffset: number
}

class Records implements RecordsContent {
  readonly kind = 'records'
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  readonly firstOffset: number
  readonly nextOffset: number
  #owners: readonly Retainable[]
  #released: () => void

  /** `released` is called once, when the owners have been. */
  constructor(content: RecordsContent, owners: readonly Retainable[], released: () => void = doNothing) {
    this.buffers = content.buffers
    this.sizeBytes = content.sizeBytes
    this.firstOffset = content.firstOffset
    this.nextOffset = content.nextOffset
    this.#owners = owners
    this.#released = released
  }

  release(): void {
    const owners = this.#owners
    this.#owners = []
    for (const owner of owners) owner.release()
    const released = this.#released
    this.#released = doNothing
    released()
  }
}

const isWhole = Number.isInteger

function nothingAt(offset: number): ReadResult {
  return new Records({ buffers: [], sizeBytes: 0, firstOffset: offset, nextOffset: offset }, [])
}

function storageFailure(error: LogError): ReadResult {
  return { kind: 'failed', error: ErrorCode.KAFKA_STORAGE_ERROR, message: error.message }
}

/** Index files have no checksum: an entry is believed when the batch at its position is the one it names. */
function isIndexRight(piece: Piece, indexed: number): boolean {
  const { bytes } = piece
  if (bytes.length < HEADER_BYTES) return false
  if (headerFault(bytes, 0, { minOffset: 0, bytesLeft: Infinity }) !== null) return false
  return lastOffset(bytes, 0) === indexed
}

/** Position of the first batch with a wrong checksum, or -1. */
function damagedBatch(buffer: Buffer): number {
  for (let pos = 0; pos < buffer.length; pos += sizeInBytes(buffer, pos)) {
    if (!isCrcValid(buffer, pos)) return pos
  }
  return -1
}
