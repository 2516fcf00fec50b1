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
import { type AcknowledgementBatch, AcknowledgeType, typeAt } from './acknowledgement.ts'
import { type AcquiredRecords, type AcquireRequest, acquire } from './acquire.ts'
import { InFlightWindow } from './in-flight-window.ts'
import {
  type ArchiveCause,
  DeliveryState,
  isFinal,
  lengthOf,
  NO_LOCK,
  newRun,
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
  readonly stateBatches: readonly StoredBatch[]
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
  #hasUnwritten = false
  /** Archiving runs that nobody was told of. */
  #newDeadLetters = false
  /** Runs whose news, beside the transitions, are being written. */
  #writing: Run[] = []

  constructor(state: LoadedState, limits: ShareLimits) {
    this.limits = limits
    this.#window = new InFlightWindow(state.startOffset)
    for (const batch of state.stateBatches) this.#load(batch)
    this.#window.settle()
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
    return this.#hasUnwritten
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
    const transition: Transition = { runs: [] }
    for (const batch of batches) this.#acknowledge(batch, transition, nowMs)
    this.#window.settle()
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
    if (isReleased) this.#window.settle()
    return isReleased
  }

  /** When `expire` is to be called, monotonic milliseconds; Infinity while nothing is locked. It may turn out to be early. */
  get nextExpiryMs(): number {
    return this.#lockedUntilMs
  }

  /** Ends the locks that are over. */
  expire(nowMs: number): { readonly expired: number; readonly transition: Transition | null } {
    const transition: Transition = { runs: [] }
    let expired = 0
    this.#lockedUntilMs = NO_LOCK
    for (const run of this.#window.runs) {
      if (run.pending !== null || run.state !== DeliveryState.ACQUIRED) continue
      if (run.lockUntilMs > nowMs) {
        this.#lockedUntilMs = Math.min(this.#lockedUntilMs, run.lockUntilMs)
        continue
      }
      expired += lengthOf(run)
      if (run.deliveryCount < this.limits.deliveryCountLimit) this.#makeAvailable(run)
      else this.#begin(transition, run, this.#archived(), 'delivery-limit')
    }
    this.#window.settle()
    return { expired, transition: transition.runs.length === 0 ? null : transition }
  }

  /** What a write of these transitions, and of all that the store does not know yet, consists of. */
  toWrite(transitions: readonly Transition[]): StateToWrite {
    const stateBatches: StoredBatch[] = []
    let startOffset = -1
    let deliveryCompleteCount = 0
    const written = new Set(transitions)
    this.#writing = []
    for (const run of this.#window.runs) {
      const isDecided = run.pending !== null && written.has(run.pending.transition)
      const state = isDecided ? run.pending!.state : run.state
      if (isFinal(state) && startOffset < 0) continue
      if (startOffset < 0) startOffset = run.first
      if (isFinal(state)) deliveryCompleteCount += lengthOf(run)
      if (!isDecided && !run.isUnwritten) continue
      addBatch(stateBatches, run, state)
      if (!isDecided) this.#writing.push(run)
      run.isUnwritten = false
    }
    this.#hasUnwritten = false
    return { startOffset: startOffset < 0 ? this.#window.endOffset : startOffset, stateBatches, deliveryCompleteCount }
  }

  /** The write of transitions succeeded. */
  stored(transitions: readonly Transition[]): void {
    for (const { runs } of transitions) {
      for (const run of runs) {
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
    this.#window.settle()
  }

  /**
   * The write of transitions failed: all is as before. Locks that ended meanwhile end at `retryAtMs`, and so does what an ended
   * lock led to.
   */
  notStored(transitions: readonly Transition[], retryAtMs: number): void {
    for (const run of this.#writing) {
      run.isUnwritten = !isFinal(run.state)
      this.#hasUnwritten = true
    }
    for (const { runs } of transitions) {
      for (const run of runs) {
        run.pending = null
        run.isUnwritten = true
        this.#hasUnwritten = true
        if (run.state !== DeliveryState.ACQUIRED || run.isGone) continue
        run.lockUntilMs = Math.max(run.lockUntilMs, retryAtMs)
        this.#lockedUntilMs = Math.min(this.#lockedUntilMs, run.lockUntilMs)
      }
    }
    this.#window.settle()
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
    const transition: Transition = { runs: [] }
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
    this.#window.settle()
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

  #acknowledge(batch: AcknowledgementBatch, transition: Transition, nowMs: number): void {
    const { firstOffset, lastOffset, acknowledgeTypes } = batch
    if (acknowledgeTypes.length === 1) {
      this.#decide({ first: firstOffset, last: lastOffset, type: acknowledgeTypes[0]! }, transition, nowMs)
      return
    }
    let first = firstOffset
    while (first <= lastOffset) {
      const type = typeAt(batch, first - firstOffset)
      let last = first
      while (last < lastOffset && typeAt(batch, last + 1 - firstOffset) === type) last += 1
      this.#decide({ first, last, type }, transition, nowMs)
      first = last + 1
    }
  }

  #decide({ first, last, type }: Decision, transition: Transition, nowMs: number): void {
    for (const run of this.#cutInWindow(first, last)) {
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
    run.isUnwritten = true
    this.#hasUnwritten = true
    this.#window.become(run, DeliveryState.AVAILABLE)
  }

  #cutInWindow(first: number, last: number): Run[] {
    const from = Math.max(first, this.#window.startOffset)
    const upTo = Math.min(last, this.#window.endOffset - 1)
    return from > upTo ? [] : this.#window.cut(from, upTo)
  }
}

interface Decision {
  readonly first: number
  readonly last: number
  readonly type: number
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
