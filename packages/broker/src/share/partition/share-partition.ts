/**
 * The state of one partition of a share group at the partition's leader (KIP-932): which records are in flight, who holds
 * them and until when, and which are done. Pure: events and the time go in; what is to be stored, and what has to be copied to the
 * dead-letter topic, come out.
 *
 *     available ──acquire──▶ acquired ──accept──▶ acknowledged
 *         ▲                    │ │ ▲ └─reject, gap, limit──▶ archived
 *         └──release, expiry───┘ └─┘ renew            └▶ archiving ──copied──▶ archived
 *
 * What a member decides counts when it was stored: it becomes a {@link Transition}, the records of which nobody else can touch, and
 * which `stored` ends in one way or the other. Locks that expire or go with their member make records available at once, and the store hears of it
 * with the next write: a state that is loaded without it says the same but for the count of deliveries. The state acquired is never stored.
 */
import { ErrorCode } from '@ottla/protocol'
import { type AcknowledgementBatch, AcknowledgeType, decisionsIn } from './acknowledgement.ts'
import { type AcquiredRecords, type AcquireRequest, acquire } from './acquire.ts'
import { InFlightWindow, type OffsetRange } from './in-flight-window.ts'
import {
  type ArchiveCause,
  DeliveryState,
  isFinal,
  lengthOf,
  NO_LOCK,
  newRun,
  newTransition,
  type Run,
  type Transition,
} from './run.ts'

/** What a group's settings say. They may change at any time. */
export interface ShareLimits {
  /** share.delivery.count.limit */
  readonly deliveryCountLimit: number
  /** share.partition.max.record.locks */
  readonly maxRecordLocks: number
  /** share.record.lock.duration.ms */
  readonly lockDurationMs: number
  /** The group has a dead-letter topic: what is archived by a member's refusal or the limit is copied there first. */
  readonly isDeadLettered: boolean
}

/** A part of the state as it is stored. */
export interface StoredBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryState: number
  readonly deliveryCount: number
}

/** State to store: all below `startOffset` is final. */
export interface StateToWrite {
  readonly startOffset: number
  readonly stateBatches: StoredBatch[]
  /** Final records at and above the start offset. */
  readonly deliveryCompleteCount: number
}

export interface LoadedState {
  readonly startOffset: number
  readonly stateBatches: readonly StoredBatch[]
}

/** Records that wait for their copy in the dead-letter topic. */
export interface DeadLetters {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
  readonly cause: ArchiveCause
}

export type Acknowledged =
  | { readonly kind: 'refused'; readonly error: number; readonly message: string }
  /** Null: there is nothing to store. */
  | { readonly kind: 'accepted'; readonly transition: Transition | null }

export class SharePartition {
  limits: ShareLimits
  readonly #window: InFlightWindow
  /** No lock ends before. */
  #lockedUntilMs = NO_LOCK
  /** Records below were deleted, perhaps while members held them. */
  #logStartOffset = 0
  /** No run outside is unwritten. */
  #unwritten: Extent = NOTHING
  /** Archiving runs that nobody was told of. */
  #newDeadLetters = false
  /** What is being written beside the transitions. */
  #writing: OffsetRange[] = []

  constructor(state: LoadedState, limits: ShareLimits) {
    this.limits = limits
    this.#window = new InFlightWindow(state.startOffset)
    for (const batch of state.stateBatches) this.#load(batch)
    this.#window.settleAll()
  }

  get startOffset(): number {
    return this.#window.startOffset
  }

  /** Exclusive: where reading goes on when nothing has come back. */
  get endOffset(): number {
    return this.#window.endOffset
  }

  get runs(): readonly Run[] {
    return this.#window.runs
  }

  get inFlight(): number {
    return this.#window.inFlight
  }

  /** Something became different of which the store does not know. */
  get hasUnwritten(): boolean {
    return this.#unwritten !== NOTHING
  }

  /** True while some member holds a lock or waits for its decision to be stored. */
  get isHeld(): boolean {
    return this.#window.runs.some(({ state, pending }) => state === DeliveryState.ACQUIRED || pending !== null)
  }

  /** Where the next read begins; null while the group holds as many records as it may and none of them came back. */
  nextOffset(): number | null {
    const window = this.#window
    const offset = window.firstAvailable()
    return offset < window.endOffset || window.inFlight < this.limits.maxRecordLocks ? offset : null
  }

  /** A member gets records of what was read. */
  acquire(request: Omit<AcquireRequest, 'lockUntilMs'>, nowMs: number): AcquiredRecords[] {
    const lockUntilMs = nowMs + this.limits.lockDurationMs
    // The start may have moved since the read began.
    const from = Math.max(request.from, this.#window.startOffset)
    if (from > this.#window.endOffset) return []
    const acquired = acquire(this.#window, { ...request, from, lockUntilMs }, this.limits)
    if (acquired.length > 0) this.#lockedUntilMs = Math.min(this.#lockedUntilMs, lockUntilMs)
    return acquired
  }

  /** A member decides about records: all that it says is accepted, or nothing. Nothing that is said of records below the log start is an error. */
  acknowledge(memberId: string, batches: readonly AcknowledgementBatch[], nowMs: number): Acknowledged {
    const problem = this.#problem(memberId, batches)
    if (problem !== null) return problem
    const transition = newTransition()
    const decisions = decisionsIn(batches, this.#window.startOffset)
    if (decisions.length > 0) {
      this.#window.cutEach(decisions, (run, { type }) => this.#decide(run, type, { transition, nowMs }))
      this.#window.settle(decisions[0]!.first, decisions.at(-1)!.last)
    }
    return { kind: 'accepted', transition: transition.runs.length === 0 ? null : transition }
  }

  /** A member is gone, or closes its session: what it holds was not delivered after all. True when something became available. */
  release(memberId: string): boolean {
    let isReleased = false
    for (const run of this.#window.runs) {
      if (run.memberId !== memberId || run.pending !== null) continue
      run.deliveryCount -= 1
      this.#makeAvailable(run)
      isReleased = true
    }
    if (isReleased) this.#window.settleAll()
    return isReleased
  }

  /** When `expire` is to be called, monotonic milliseconds; Infinity while nothing is locked. It may turn out to be early. */
  get nextExpiryMs(): number {
    return this.#lockedUntilMs
  }

  /** Ends the locks that are over. */
  expire(nowMs: number): { readonly expired: number; readonly transition: Transition | null } {
    const transition = newTransition()
    let expired = 0
    let changed = NOTHING
    this.#lockedUntilMs = NO_LOCK
    for (const run of this.#window.runs) {
      if (run.pending !== null || run.state !== DeliveryState.ACQUIRED) continue
      if (run.lockUntilMs > nowMs) {
        this.#lockedUntilMs = Math.min(this.#lockedUntilMs, run.lockUntilMs)
        continue
      }
      expired += lengthOf(run)
      changed = extended(changed, run)
      if (run.deliveryCount < this.limits.deliveryCountLimit) this.#makeAvailable(run)
      else this.#begin(transition, run, this.#archived(), 'delivery-limit')
    }
    if (changed !== NOTHING) this.#window.settle(changed.first, changed.last)
    return { expired, transition: transition.runs.length === 0 ? null : transition }
  }

  /** What a write of these transitions, and of all that the store does not know yet, consists of. Costs what has changed, not what is in flight. */
  toWrite(transitions: readonly Transition[]): StateToWrite {
    for (const transition of transitions) transition.isWriting = true
    const changed = this.#unwrittenRuns()
    this.#writing = changed.map(({ first, last }) => ({ first, last }))
    for (const { runs } of transitions) for (const run of runs) if (!run.isGone) changed.push(run)
    if (changed.length > 1) changed.sort(byOffset)
    const startOffset = this.#startOnceWritten()
    const stateBatches: StoredBatch[] = []
    let deliveryCompleteCount = this.#window.finalCount - (startOffset - this.#window.startOffset)
    for (const run of changed) {
      const state = stateOnceWritten(run)
      if (run.pending !== null && isFinal(state)) deliveryCompleteCount += lengthOf(run)
      run.isUnwritten = false
      if (run.first >= startOffset) addBatch(stateBatches, run, state)
    }
    this.#unwritten = NOTHING
    return { startOffset, stateBatches, deliveryCompleteCount }
  }

  /** The write of transitions succeeded. */
  stored(transitions: readonly Transition[]): void {
    for (const transition of transitions) {
      for (const run of transition.runs) {
        const { state, cause } = run.pending!
        run.pending = null
        run.memberId = ''
        run.lockUntilMs = NO_LOCK
        run.cause = cause
        if (state === DeliveryState.ARCHIVING) this.#newDeadLetters = true
        run.isHandedOut = false
        this.#window.become(run, state)
      }
    }
    this.#settleWritten(transitions)
  }

  /**
   * The write of transitions failed: all is as before. Locks that ended meanwhile end at `retryAtMs`, and so does what an ended
   * lock led to.
   */
  notStored(transitions: readonly Transition[], retryAtMs: number): void {
    for (const { first, last } of this.#writing) {
      for (const run of this.#window.overlapping(first, last)) if (!isFinal(run.state)) this.#noteUnwritten(run)
    }
    for (const transition of transitions) {
      transition.isWriting = false
      for (const run of transition.runs) {
        run.pending = null
        this.#noteUnwritten(run)
        if (run.state !== DeliveryState.ACQUIRED || run.isGone) continue
        run.lockUntilMs = Math.max(run.lockUntilMs, retryAtMs)
        this.#lockedUntilMs = Math.min(this.#lockedUntilMs, run.lockUntilMs)
      }
    }
    this.#settleWritten(transitions)
  }

  /** Records whose copying is to begin; each is told once. */
  takeDeadLetters(): DeadLetters[] {
    if (!this.#newDeadLetters) return []
    this.#newDeadLetters = false
    const letters: DeadLetters[] = []
    for (const run of this.#window.runs) {
      if (run.state !== DeliveryState.ARCHIVING || run.pending !== null || run.isHandedOut) continue
      run.isHandedOut = true
      const { first, last, deliveryCount } = run
      const cause = run.cause ?? (deliveryCount >= this.limits.deliveryCountLimit ? 'delivery-limit' : 'rejected')
      letters.push({ firstOffset: first, lastOffset: last, deliveryCount, cause })
    }
    return letters
  }

  /** Records were copied, or never can be: they are archived when that is stored. */
  archive(firstOffset: number, lastOffset: number): Transition | null {
    const transition = newTransition()
    for (const run of this.#cutInWindow(firstOffset, lastOffset)) {
      if (run.state !== DeliveryState.ARCHIVING || run.pending !== null) continue
      this.#begin(transition, run, DeliveryState.ARCHIVED, run.cause)
    }
    return transition.runs.length === 0 ? null : transition
  }

  /** The log start passed the start of the window: what lies below is gone, whoever held it. */
  logStartMoved(logStartOffset: number): boolean {
    this.#logStartOffset = Math.max(this.#logStartOffset, logStartOffset)
    if (logStartOffset <= this.#window.startOffset) return false
    this.#window.trimTo(logStartOffset)
    this.#window.settle(logStartOffset, logStartOffset)
    return true
  }

  /** Throws when the state contradicts itself. For tests. */
  check(): void {
    this.#window.check()
    for (const run of this.#window.runs) {
      if (run.pending === null && run.lockUntilMs < this.#lockedUntilMs) throw new Error('a lock is forgotten')
    }
  }

  #load({ firstOffset, lastOffset, deliveryState, deliveryCount }: StoredBatch): void {
    const window = this.#window
    const first = Math.max(firstOffset, window.endOffset)
    if (lastOffset < first) return
    // Between stored batches lies what was in flight and not decided, or is not there.
    window.appendAvailable(first)
    if (deliveryState === DeliveryState.ARCHIVING) this.#newDeadLetters = true
    window.append(newRun(first, lastOffset, deliveryState as DeliveryState, { deliveryCount }))
  }

  #problem(memberId: string, batches: readonly AcknowledgementBatch[]): Acknowledged | null {
    for (const { firstOffset, lastOffset } of batches) {
      const first = Math.max(firstOffset, this.#logStartOffset)
      if (first > lastOffset) continue
      if (first < this.#window.startOffset) {
        return refused(ErrorCode.INVALID_RECORD_STATE, `Offset ${first} is finished.`)
      }
      if (lastOffset >= this.#window.endOffset) {
        return refused(ErrorCode.INVALID_REQUEST, `Offset ${lastOffset} was not given to anybody.`)
      }
      for (const run of this.#window.overlapping(first, lastOffset)) {
        if (run.state !== DeliveryState.ACQUIRED || run.memberId !== memberId || run.pending !== null) {
          return refused(ErrorCode.INVALID_RECORD_STATE, `The member does not hold offset ${run.first}.`)
        }
      }
    }
    return null
  }

  #decide(run: Run, type: number, { transition, nowMs }: { transition: Transition; nowMs: number }): void {
    switch (type) {
      case AcknowledgeType.RENEW:
        run.lockUntilMs = nowMs + this.limits.lockDurationMs
        break
      case AcknowledgeType.ACCEPT:
        this.#begin(transition, run, DeliveryState.ACKNOWLEDGED, null)
        break
      case AcknowledgeType.RELEASE:
        if (run.deliveryCount < this.limits.deliveryCountLimit) {
          this.#begin(transition, run, DeliveryState.AVAILABLE, null)
        } else this.#begin(transition, run, this.#archived(), 'delivery-limit')
        break
      case AcknowledgeType.REJECT:
        this.#begin(transition, run, this.#archived(), 'rejected')
        break
      default:
        this.#begin(transition, run, DeliveryState.ARCHIVED, null)
    }
  }

  /** Where records end that nobody will get again. */
  #archived(): DeliveryState {
    return this.limits.isDeadLettered ? DeliveryState.ARCHIVING : DeliveryState.ARCHIVED
  }

  #begin(transition: Transition, run: Run, state: DeliveryState, cause: ArchiveCause | null): void {
    run.pending = { state, cause, transition }
    transition.runs.push(run)
  }

  #makeAvailable(run: Run): void {
    run.memberId = ''
    run.lockUntilMs = NO_LOCK
    this.#noteUnwritten(run)
    this.#window.become(run, DeliveryState.AVAILABLE)
  }

  #noteUnwritten(run: Run): void {
    run.isUnwritten = true
    this.#unwritten = extended(this.#unwritten, run)
  }

  /** Those of which no transition that is being written tells. */
  #unwrittenRuns(): Run[] {
    const { first, last } = this.#unwritten
    if (first > last) return []
    return this.#window
      .overlapping(first, last)
      .filter(({ isUnwritten, pending }) => isUnwritten && pending?.transition.isWriting !== true)
  }

  /** Where the window will begin when the transitions that are being written are stored. */
  #startOnceWritten(): number {
    for (const run of this.#window.runs) if (!isFinal(stateOnceWritten(run))) return run.first
    return this.#window.endOffset
  }

  #settleWritten(transitions: readonly Transition[]): void {
    for (const { first, last } of this.#writing) this.#window.settle(first, last)
    this.#writing = []
    for (const { runs } of transitions) {
      let changed = NOTHING
      for (const run of runs) changed = extended(changed, run)
      this.#window.settle(changed.first, changed.last)
    }
  }

  #cutInWindow(first: number, last: number): Run[] {
    const from = Math.max(first, this.#window.startOffset)
    const upTo = Math.min(last, this.#window.endOffset - 1)
    return from > upTo ? [] : this.#window.cut(from, upTo)
  }
}

/** All between two offsets, both inclusive; none where the first is above the last. */
type Extent = OffsetRange

const NOTHING: Extent = { first: Number.POSITIVE_INFINITY, last: -1 }

function extended({ first, last }: Extent, run: OffsetRange): Extent {
  return { first: Math.min(first, run.first), last: Math.max(last, run.last) }
}

/** The state of a run when the transitions that are being written are stored. */
function stateOnceWritten({ state, pending }: Run): DeliveryState {
  return pending?.transition.isWriting === true ? pending.state : state
}

function byOffset(left: Run, right: Run): number {
  return left.first - right.first
}

function refused(error: number, message: string): Acknowledged {
  return { kind: 'refused', error, message }
}

function addBatch(batches: StoredBatch[], { first, last, ...run }: Run, state: DeliveryState): void {
  // The lock of one who holds it is not stored, nor that it was delivered to him: both are over when the state is loaded.
  const isAcquired = state === DeliveryState.ACQUIRED
  const deliveryState = isAcquired ? DeliveryState.AVAILABLE : state
  const deliveryCount = isAcquired ? run.deliveryCount - 1 : run.deliveryCount
  const before = batches.at(-1)
  const isSame =
    before !== undefined &&
    before.lastOffset + 1 === first &&
    before.deliveryState === deliveryState &&
    before.deliveryCount === deliveryCount
  if (isSame) batches[batches.length - 1] = { ...before, lastOffset: last }
  else batches.push({ firstOffset: first, lastOffset: last, deliveryState, deliveryCount })
}
