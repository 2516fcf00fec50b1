/**
 * Gives batches their offsets, stamps them in place and lets producer state and epochs know. What it did can be undone as
 * long as the bytes are not written.
 */
import {
  baseOffset,
  lastOffsetDelta,
  maxTimestamp,
  nextOffset,
  partitionLeaderEpoch,
  setBaseOffset,
  setPartitionLeaderEpoch,
  sizeInBytes,
  stampLogAppendTime,
} from '@ottla/protocol'
import type { LogState } from '../log-state.ts'
import { newSegmentOptions } from '../open/open-log.ts'
import { producerBatchAt } from '../producer/batch-view.ts'
import type { ProducerChange } from '../producer/producer-state.ts'
import { Segment } from '../segment/segment.ts'
import type { AppendOptions, EpochEntry, Retainable } from '../types.ts'
import type { PendingWrite } from '../write/log-writer.ts'

/** Batches that go into one segment with one write, and what they changed. */
export interface AssignedWrite extends PendingWrite {
  readonly owner: Retainable | undefined
  readonly baseOffset: number
  readonly nextOffset: number
  /** The log's end before. */
  readonly previousEnd: number
  readonly isMany: boolean
  readonly changes: readonly ProducerChange[]
  /** The epochs before, when the append began a new one. */
  readonly epochsBefore: readonly EpochEntry[] | null
}

const NO_CHANGES: readonly ProducerChange[] = []
const NO_TIME = -1

export interface Assigned {
  readonly writes: readonly AssignedWrite[]
  readonly baseOffset: number
  readonly lastOffset: number
  readonly logAppendTimeMs: number
}

/** The batches were checked. Rolls the log where it must. */
export function assignOffsets(state: LogState, records: Buffer, options: AppendOptions): Assigned {
  const stampMs =
    state.config.messageTimestampType === 'LogAppendTime' && options.origin !== 'replica'
      ? state.resources.env.clock.now()
      : NO_TIME
  const writes: AssignedWrite[] = []
  let run = new Run(state)
  let first = -1
  for (let pos = 0; pos < records.length; ) {
    const size = sizeInBytes(records, pos)
    if (options.origin !== 'replica') stamp(state, records, pos, { stampMs, leaderEpoch: options.leaderEpoch })
    if (first < 0) first = baseOffset(records, pos)
    if (shouldRoll(state, records, pos, size)) {
      run.end(records, pos, { owner: options.owner, writes })
      rollAt(state, Math.max(state.logEndOffset, rollBase(state, records, pos)))
      run = new Run(state, pos)
    }
    run.note(state, records, pos)
    pos += size
  }
  run.end(records, records.length, { owner: options.owner, writes })
  return { writes, baseOffset: first, lastOffset: state.logEndOffset - 1, logAppendTimeMs: stampMs }
}

/** Adds a segment at the end; the one before it is complete once it is written. */
export function rollAt(state: LogState, offset: number): Segment {
  const segment = Segment.create(newSegmentOptions(state, offset))
  const { active } = state.segments
  active.state = 'rolled'
  segment.snapshotAtBase = state.producers.snapshot()
  state.segments.add(segment)
  return segment
}

/** Takes assigned writes back, newest last, that were not written. */
export function undoAssigned(state: LogState, writes: readonly AssignedWrite[]): void {
  for (let i = writes.length - 1; i >= 0; i--) {
    const write = writes[i]!
    for (let c = write.changes.length - 1; c >= 0; c--) state.producers.undo(write.changes[c]!)
    if (write.epochsBefore !== null) state.epochs.restore(write.epochsBefore)
    write.segment.assignedBytes -= write.records.length
    if (write.segment.assignedBytes === 0) write.segment.firstTimestampMs = -1
    state.logEndOffset = write.previousEnd
  }
  state.epochs.truncateFromStart(state.logStartOffset)
}

interface Stamp {
  readonly stampMs: number
  readonly leaderEpoch: number
}

function stamp(state: LogState, records: Buffer, pos: number, { stampMs, leaderEpoch }: Stamp): void {
  setBaseOffset(records, pos, state.logEndOffset)
  setPartitionLeaderEpoch(records, pos, leaderEpoch)
  if (stampMs !== NO_TIME) stampLogAppendTime(records, pos, stampMs)
}

function shouldRoll(state: LogState, records: Buffer, pos: number, size: number): boolean {
  const { active } = state.segments
  const { config } = state
  const last = baseOffset(records, pos) + lastOffsetDelta(records, pos)
  if (!active.canHold(last)) return true
  if (active.assignedBytes === 0) return false
  if (active.assignedBytes + size > config.segmentBytes) return true
  if (active.isIndexFull(config.segmentIndexBytes)) return true
  // What is in the active segment cannot be cleaned.
  const rollMs = config.cleanupCompact ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs
  return waitedMs(state, active, maxTimestamp(records, pos)) > rollMs - active.rollJitterMs
}

/** How long the segment was open, by the timestamps of the batches; by the clock when the first one has none. */
function waitedMs(state: LogState, active: Segment, timestampMs: number): number {
  if (active.firstTimestampMs >= 0) return timestampMs - active.firstTimestampMs
  return state.resources.env.clock.now() - active.createdMs
}

/** Where a new segment begins: at the log's end, unless the batch lies too far from there. */
function rollBase(state: LogState, records: Buffer, pos: number): number {
  const last = baseOffset(records, pos) + lastOffsetDelta(records, pos)
  return last - state.logEndOffset > 2 ** 31 - 1 ? baseOffset(records, pos) : state.logEndOffset
}

/** Batches of one append that follow each other in one segment. */
class Run {
  readonly #start: number
  readonly #segment: Segment
  readonly #position: number
  readonly #previousEnd: number
  readonly #state: LogState
  #baseOffset = -1
  #batches = 0
  #changes: ProducerChange[] | null = null
  #epochsBefore: readonly EpochEntry[] | null = null

  constructor(state: LogState, start = 0) {
    this.#state = state
    this.#start = start
    this.#segment = state.segments.active
    this.#position = this.#segment.assignedBytes
    this.#previousEnd = state.logEndOffset
  }

  note(state: LogState, records: Buffer, pos: number): void {
    const offset = baseOffset(records, pos)
    if (this.#batches === 0) this.#baseOffset = offset
    this.#batches++
    if (this.#segment.assignedBytes === 0 && pos === this.#start) {
      this.#segment.firstTimestampMs = maxTimestamp(records, pos)
    }
    const batch = producerBatchAt(records, pos)
    const change = batch === null ? null : state.producers.apply(batch)
    if (change !== null) (this.#changes ??= []).push(change)
    const epoch = partitionLeaderEpoch(records, pos)
    if (epoch > state.epochs.latest) {
      this.#epochsBefore ??= state.epochs.entries
      state.epochs.assign(epoch, offset)
    }
    this.#segment.assignedBytes += sizeInBytes(records, pos)
    state.logEndOffset = nextOffset(records, pos)
  }

  end(records: Buffer, pos: number, to: { owner: Retainable | undefined; writes: AssignedWrite[] }): void {
    if (this.#batches === 0) return
    to.owner?.retain()
    to.writes.push({
      records: this.#start === 0 && pos === records.length ? records : records.subarray(this.#start, pos),
      owner: to.owner,
      segment: this.#segment,
      position: this.#position,
      baseOffset: this.#baseOffset,
      nextOffset: this.#state.logEndOffset,
      previousEnd: this.#previousEnd,
      isMany: this.#batches > 1,
      changes: this.#changes ?? NO_CHANGES,
      epochsBefore: this.#epochsBefore,
    })
  }
}
