/**
 * The share partitions whose names fall on one partition of `__share_group_state`: what is known of them, what becomes of it by records,
 * and how the log is kept short. Decisions about requests are in `share-state-requests.ts`.
 *
 * ```
 *   offset  10   11   12   13   14   15   16   17
 *           a    b    b'   a    b'   b    a'   b'      a, b: snapshots; a', b': updates
 *           ╰────── may go ──────╯   ╰ a's last snapshot is at 13, b's at 15: all below 13 may go
 * ```
 *
 * One share partition that nobody uses holds back the whole log: so the snapshots of such are written anew, when that lets go of
 * enough.
 */
import type { Decision, Instant, Shard, TimerOp } from '@ottla/runtime'
import { SnapshotRegistry, TimelineMap, TimelineValue } from '@ottla/stdx'
import {
  coordinatorKey,
  type ShareState,
  type StoredShareState,
  UNCHECKED_EPOCH,
  UNDECIDED_OFFSET,
  UNKNOWN_COUNT,
} from './share-state.ts'
import type { ShareStateConfig } from './share-state-config.ts'
import type { ShareStateRecord, ShareUpdate } from './share-state-record-codec.ts'
import { mergeBatches } from './state-batches.ts'

export type ShareStateTimer =
  /** Time to write the snapshots anew that hold back the log. */
  | { readonly kind: 'snapshot-cold' }
  /** Time to drop what nobody needs. */
  | { readonly kind: 'prune' }

/** All records below the offset may be deleted. */
export interface PruneMessage {
  readonly kind: 'prune'
  readonly beforeOffset: number
}

/** The log was told to drop what lies below. */
export type ShareStateChange = PruneMessage

export type ShareStateDecision = Decision<ShareStateRecord, ShareStateChange, ShareStateTimer, PruneMessage>

/** One batch of cold snapshots holds so many at most. */
const SNAPSHOTS_PER_DECISION = 100
/** So many records may be superfluous before cold snapshots are worth while. */
const SUPERFLUOUS_RECORDS = 100

export class ShareStateShard implements Shard<ShareStateRecord, ShareStateChange, ShareStateTimer, PruneMessage> {
  readonly registry = new SnapshotRegistry()
  /** By the name of the share partition (`coordinatorKey`). */
  readonly states: TimelineMap<string, StoredShareState>
  readonly #config: () => ShareStateConfig
  /** Where the log ends. */
  readonly #endOffset: TimelineValue<number>
  /** What lies below was dropped, or is going to be. */
  readonly #prunedOffset: TimelineValue<number>

  /** `config` is asked at each decision, as settings may change. */
  constructor(config: () => ShareStateConfig) {
    this.states = new TimelineMap(this.registry)
    this.#endOffset = new TimelineValue(this.registry, 0)
    this.#prunedOffset = new TimelineValue(this.registry, 0)
    this.#config = config
  }

  get config(): ShareStateConfig {
    return this.#config()
  }

  replay(record: ShareStateRecord, offset: number): void {
    this.#endOffset.set(offset + 1)
    switch (record.kind) {
      case 'tombstone':
        this.states.delete(coordinatorKey(record.key))
        break
      case 'snapshot': {
        const name = coordinatorKey(record.state.key)
        this.states.set(name, afterSnapshot(this.states.get(name), record.state, offset))
        break
      }
      case 'update': {
        const name = coordinatorKey(record.update.key)
        this.states.set(name, afterUpdate(this.states.get(name), record.update, offset))
        break
      }
    }
  }

  apply({ beforeOffset }: ShareStateChange): void {
    this.#prunedOffset.set(beforeOffset)
  }

  loaded(now: Instant): ShareStateDecision {
    return { records: [], timers: [this.#next('snapshot-cold', now), this.#next('prune', now)] }
  }

  fire(timer: ShareStateTimer, now: Instant): ShareStateDecision {
    const timers = [this.#next(timer.kind, now)]
    if (timer.kind === 'snapshot-cold') return { records: this.#coldSnapshots(now), timers }
    const beforeOffset = this.lowestNeededOffset()
    if (beforeOffset <= this.#prunedOffset.get()) return { records: [], timers }
    const prune: PruneMessage = { kind: 'prune', beforeOffset }
    return { records: [], timers, changes: [prune], messages: [prune] }
  }

  /** Nothing below is needed to load the state. */
  lowestNeededOffset(): number {
    let lowest = this.#endOffset.get()
    for (const { snapshotOffset } of this.states.values()) lowest = Math.min(lowest, snapshotOffset)
    return lowest
  }

  /** Of the share partitions that hold back most, when more than half of the log could go. */
  #coldSnapshots(now: Instant): ShareStateRecord[] {
    let needed = 0
    for (const { updateCount } of this.states.values()) needed += 1 + updateCount
    const superfluous = this.#endOffset.get() - this.lowestNeededOffset() - needed
    if (superfluous < Math.max(needed, SUPERFLUOUS_RECORDS)) return []
    const coldSinceMs = now.wallMs - this.config.coldPartitionSnapshotIntervalMs
    return [...this.states.values()]
      .filter(({ writeTimestampMs }) => writeTimestampMs <= coldSinceMs)
      .sort((left, right) => left.snapshotOffset - right.snapshotOffset)
      .slice(0, SNAPSHOTS_PER_DECISION)
      .map((state) => ({ kind: 'snapshot', state: nextSnapshot(state, { writeTimestampMs: now.wallMs }) }))
  }

  #next(kind: ShareStateTimer['kind'], now: Instant): TimerOp<ShareStateTimer> {
    const { coldPartitionSnapshotIntervalMs, pruneIntervalMs } = this.config
    const afterMs = kind === 'prune' ? pruneIntervalMs : coldPartitionSnapshotIntervalMs
    return { kind: 'set', key: kind, atMonotonicMs: now.monotonicMs + afterMs, timer: { kind } }
  }
}

/** The snapshot after this state, with what changes. */
export function nextSnapshot(state: StoredShareState, changes: Partial<ShareState>): ShareState {
  const { key, stateEpoch, highestLeaderEpoch: leaderEpoch, startOffset, deliveryCompleteCount, batches } = state
  const { createTimestampMs, writeTimestampMs } = state
  const snapshotEpoch = state.snapshotEpoch + 1
  const same = { key, stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount, batches }
  return { ...same, snapshotEpoch, createTimestampMs, writeTimestampMs, ...changes }
}

function afterSnapshot(known: StoredShareState | undefined, state: ShareState, offset: number): StoredShareState {
  return {
    ...state,
    batches: mergeBatches([], state.batches, state.startOffset),
    highestLeaderEpoch: Math.max(known?.highestLeaderEpoch ?? UNCHECKED_EPOCH, state.leaderEpoch),
    highestStateEpoch: Math.max(known?.highestStateEpoch ?? UNCHECKED_EPOCH, state.stateEpoch),
    snapshotOffset: offset,
    updateCount: 0,
  }
}

function afterUpdate(known: StoredShareState | undefined, update: ShareUpdate, offset: number): StoredShareState {
  const state = known ?? beginning(update, offset)
  const startOffset = update.startOffset === UNDECIDED_OFFSET ? state.startOffset : update.startOffset
  return {
    ...state,
    leaderEpoch: update.leaderEpoch === UNCHECKED_EPOCH ? state.leaderEpoch : update.leaderEpoch,
    startOffset,
    deliveryCompleteCount: update.deliveryCompleteCount,
    batches: mergeBatches(state.batches, update.batches, startOffset),
    highestLeaderEpoch: Math.max(state.highestLeaderEpoch, update.leaderEpoch),
    updateCount: state.updateCount + 1,
  }
}

/** An update without a snapshot before it is in no log that is whole; what it says is the best that there is. */
function beginning({ key, snapshotEpoch, leaderEpoch, startOffset }: ShareUpdate, offset: number): StoredShareState {
  return {
    key,
    snapshotEpoch,
    stateEpoch: 0,
    leaderEpoch,
    startOffset,
    deliveryCompleteCount: UNKNOWN_COUNT,
    batches: [],
    createTimestampMs: 0,
    writeTimestampMs: 0,
    highestLeaderEpoch: leaderEpoch,
    highestStateEpoch: 0,
    snapshotOffset: offset,
    updateCount: 0,
  }
}
