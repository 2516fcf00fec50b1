/**
 * Decisions about requests. Each takes what is asked of several share partitions, no two of them the same, and replies one
 * {@link Outcome} for each, in order; what is to be written is one atomic batch.
 */
import { ErrorCode, errorOf } from '@ottla/protocol'
import type { Instant, ReplyToken } from '@ottla/runtime'
import {
  coordinatorKey,
  type SharePartitionKey,
  type StoredShareState,
  UNCHECKED_EPOCH,
  UNDECIDED_OFFSET,
  UNKNOWN_COUNT,
} from './share-state.ts'
import type { ShareStateRecord } from './share-state-record-codec.ts'
import { nextSnapshot, type ShareStateDecision, type ShareStateShard } from './share-state-shard.ts'
import { faultOf, mergeBatches, type StateBatch } from './state-batches.ts'

export interface Asked {
  readonly shard: ShareStateShard
  readonly token: ReplyToken
  readonly now: Instant
}

export interface Initialization {
  readonly key: SharePartitionKey
  readonly stateEpoch: number
  readonly startOffset: number
}

export interface Read {
  readonly key: SharePartitionKey
  readonly leaderEpoch: number
}

export interface Write {
  readonly key: SharePartitionKey
  readonly stateEpoch: number
  readonly leaderEpoch: number
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly batches: readonly StateBatch[]
}

export interface Named {
  readonly key: SharePartitionKey
}

/** What became of one share partition: its state, undefined where there is none or none is given, or an error. */
export type Outcome =
  | { readonly errorCode: 0; readonly state?: StoredShareState | undefined }
  | { readonly errorCode: number; readonly errorMessage: string }

interface Judgement {
  readonly outcome: Outcome
  readonly record?: ShareStateRecord
}

type Judge<A> = (known: StoredShareState | undefined, asked: A, context: JudgeContext) => Judgement

interface JudgeContext {
  readonly nowMs: number
  readonly updatesPerSnapshot: number
}

const DONE: Outcome = { errorCode: ErrorCode.NONE }

export const initialize = (asked: Asked, items: readonly Initialization[]): ShareStateDecision =>
  decide(asked, items, judgeInitialization)

/** Remembers the leader epochs too. */
export const read = (asked: Asked, items: readonly Read[]): ShareStateDecision => decide(asked, items, judgeRead)

export const write = (asked: Asked, items: readonly Write[]): ShareStateDecision => decide(asked, items, judgeWrite)

export const remove = (asked: Asked, items: readonly Named[]): ShareStateDecision => decide(asked, items, judgeRemoval)

/** Tells the state, answered when it is committed. */
export const summarize = (asked: Asked, items: readonly Named[]): ShareStateDecision =>
  decide(asked, items, (state) => ({ outcome: { errorCode: ErrorCode.NONE, state } }))

/** Drops all that `isGone` says, as much as fits into one batch. Replies whether that was all. */
export function dropTopics({ shard, token }: Asked, isGone: (topicId: string) => boolean): ShareStateDecision {
  const records: ShareStateRecord[] = []
  let isDone = true
  for (const { key } of shard.states.values()) {
    if (!isGone(key.topicId)) continue
    isDone = records.length < TOMBSTONES_MAX
    if (!isDone) break
    records.push({ kind: 'tombstone', key })
  }
  return { records, replies: [{ token, value: isDone }] }
}

const TOMBSTONES_MAX = 1_000

function decide<A extends Named>(
  { shard, token, now }: Asked,
  items: readonly A[],
  judge: Judge<A>,
): ShareStateDecision {
  const context = { nowMs: now.wallMs, updatesPerSnapshot: shard.config.updateRecordsPerSnapshot }
  const records: ShareStateRecord[] = []
  const outcomes: Outcome[] = []
  for (const item of items) {
    const { outcome, record } = judge(shard.states.get(coordinatorKey(item.key)), item, context)
    outcomes.push(outcome)
    if (record !== undefined) records.push(record)
  }
  return { records, replies: [{ token, value: outcomes }] }
}

function judgeInitialization(
  known: StoredShareState | undefined,
  { key, stateEpoch, startOffset }: Initialization,
  { nowMs }: JudgeContext,
): Judgement {
  if (known !== undefined && isBelow(stateEpoch, known.highestStateEpoch)) return refuse(ErrorCode.FENCED_STATE_EPOCH)
  const state = {
    key,
    snapshotEpoch: known === undefined ? 0 : known.snapshotEpoch + 1,
    stateEpoch: stateEpoch === UNCHECKED_EPOCH ? (known?.highestStateEpoch ?? 0) : stateEpoch,
    // Kafka writes 0 here, and forgets who is fenced when the records before are deleted.
    leaderEpoch: known?.highestLeaderEpoch ?? 0,
    startOffset,
    deliveryCompleteCount: startOffset === UNDECIDED_OFFSET ? UNKNOWN_COUNT : 0,
    batches: [],
    createTimestampMs: nowMs,
    writeTimestampMs: nowMs,
  }
  return { outcome: DONE, record: { kind: 'snapshot', state } }
}

function judgeRead(known: StoredShareState | undefined, { leaderEpoch }: Read, context: JudgeContext): Judgement {
  if (known === undefined)
    return refuse(ErrorCode.INVALID_REQUEST, 'Read operation on uninitialized share partition not allowed.')
  if (isBelow(leaderEpoch, known.highestLeaderEpoch)) return refuse(ErrorCode.FENCED_LEADER_EPOCH)
  const outcome = { errorCode: ErrorCode.NONE, state: known } as const
  if (leaderEpoch === UNCHECKED_EPOCH || leaderEpoch === known.highestLeaderEpoch) return { outcome }
  const { startOffset, deliveryCompleteCount } = known
  const change = { leaderEpoch, startOffset, deliveryCompleteCount, batches: [] }
  return { outcome, record: recordOf(known, change, context) }
}

function judgeWrite(known: StoredShareState | undefined, asked: Write, context: JudgeContext): Judgement {
  const { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount, batches } = asked
  if (known === undefined)
    return refuse(ErrorCode.INVALID_REQUEST, 'Write operation on uninitialized share partition not allowed.')
  if (isBelow(leaderEpoch, known.highestLeaderEpoch)) return refuse(ErrorCode.FENCED_LEADER_EPOCH)
  if (isBelow(stateEpoch, known.highestStateEpoch)) return refuse(ErrorCode.FENCED_STATE_EPOCH)
  for (const batch of batches) {
    const fault = faultOf(batch)
    if (fault !== undefined) return refuse(ErrorCode.INVALID_REQUEST, fault)
  }
  const change = { leaderEpoch, startOffset, deliveryCompleteCount, batches }
  return { outcome: DONE, record: recordOf(known, change, context) }
}

function judgeRemoval(known: StoredShareState | undefined, { key }: Named): Judgement {
  return known === undefined ? { outcome: DONE } : { outcome: DONE, record: { kind: 'tombstone', key } }
}

/** An update; or a snapshot, when there were many. */
function recordOf(
  known: StoredShareState,
  change: Pick<Write, 'leaderEpoch' | 'startOffset' | 'deliveryCompleteCount' | 'batches'>,
  { nowMs, updatesPerSnapshot }: JudgeContext,
): ShareStateRecord {
  const leaderEpoch = change.leaderEpoch === UNCHECKED_EPOCH ? known.leaderEpoch : change.leaderEpoch
  const { deliveryCompleteCount } = change
  if (known.updateCount < updatesPerSnapshot) {
    const batches = mergeBatches([], change.batches, change.startOffset)
    const { key, snapshotEpoch } = known
    const { startOffset } = change
    return { kind: 'update', update: { key, snapshotEpoch, leaderEpoch, startOffset, deliveryCompleteCount, batches } }
  }
  const startOffset = change.startOffset === UNDECIDED_OFFSET ? known.startOffset : change.startOffset
  const batches = mergeBatches(known.batches, change.batches, startOffset)
  const times = { createTimestampMs: nowMs, writeTimestampMs: nowMs }
  const state = nextSnapshot(known, { leaderEpoch, startOffset, deliveryCompleteCount, batches, ...times })
  return { kind: 'snapshot', state }
}

function isBelow(epoch: number, highest: number): boolean {
  return epoch !== UNCHECKED_EPOCH && epoch < highest
}

function refuse(errorCode: number, errorMessage: string = errorOf(errorCode).message): Judgement {
  return { outcome: { errorCode, errorMessage } }
}
