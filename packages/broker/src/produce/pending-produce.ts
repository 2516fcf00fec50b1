/** A produce from its append until all partitions are acknowledged, or its timeout is over. */
import { ErrorCode } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import type { LeaderHint } from '../fetch/leader-hint.ts'
import type { BriefWait, Deadline, Deadlines } from '../purgatory/deadlines.ts'
import type { AckWaiter } from '../replica/ack-queue.ts'
import type { Replica } from '../replica/replica.ts'
import type { RecordError } from './check-produced.ts'

/** What the response says of one partition, in its form; `errorCode` changes when the acknowledgement fails. */
export interface ProduceOutcome {
  readonly index: number
  /** Not final yet; the response leaves it out. */
  isOpen: boolean
  errorCode: number
  errorMessage: string | null
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  recordErrors: readonly RecordError[]
  currentLeader: LeaderHint | undefined
}

export class PendingProduce implements AckWaiter, BriefWait {
  timeoutMs = 0
  deadline: Deadline | null = null
  readonly #outcomes: ProduceOutcome[]
  readonly #complete: () => void
  readonly #deadlines: Deadlines
  /** Outcomes that are not final. */
  #openCount = 0
  #isSealed = false

  /** `complete` is called once, when all of `outcomes` are final. */
  constructor(outcomes: ProduceOutcome[], deadlines: Deadlines, complete: () => void) {
    this.#outcomes = outcomes
    this.#deadlines = deadlines
    this.#complete = complete
  }

  /** All outcomes are final. */
  get isOver(): boolean {
    return this.#openCount === 0
  }

  /** The outcome at `index` is not final yet: it waits, or its append has not happened. */
  hold(index: number): void {
    const outcome = this.#outcomes[index]!
    if (outcome.isOpen) return
    outcome.isOpen = true
    this.#openCount += 1
  }

  /** Whether the outcome at `index` is still to be made: after the timeout nothing may be appended any more. */
  isOpen(index: number): boolean {
    return this.#outcomes[index]!.isOpen
  }

  /** Waits for the acknowledgement of what `index` appended, up to `endOffset`. True when it need not wait. */
  await(index: number, replica: Replica, wait: { endOffset: number; scope: 'local' | 'all' }): boolean {
    if (replica.isSafe(wait.endOffset, wait.scope)) return true
    this.hold(index)
    replica.awaitAck(wait.endOffset, wait.scope, { waiter: this, index })
    return false
  }

  /** All partitions were held or are final: completes at once, or when the last one is acknowledged or `timeoutMs` is over. */
  seal(timeoutMs: number): void {
    assert(!this.#isSealed, 'a produce is sealed once')
    this.#isSealed = true
    this.timeoutMs = Math.max(0, timeoutMs)
    if (this.#openCount === 0) this.#complete()
    else this.#deadlines.unlessSoon(this)
  }

  /** The outcome at `index` is final as it stands. */
  settle(index: number): void {
    this.acknowledged(index, ErrorCode.NONE)
  }

  acknowledged(index: number, error: number): void {
    const outcome = this.#outcomes[index]!
    if (!outcome.isOpen) return
    outcome.isOpen = false
    this.#openCount -= 1
    if (error !== ErrorCode.NONE) this.#fail(index, error)
    if (this.#openCount > 0 || !this.#isSealed) return
    if (this.deadline !== null) this.#deadlines.cancel(this.deadline)
    this.#complete()
  }

  /** The records stay; whether they were committed is not known to the producer, which asks again. */
  timedOut(): void {
    for (const [index, outcome] of this.#outcomes.entries()) {
      if (!outcome.isOpen) continue
      outcome.isOpen = false
      this.#fail(index, ErrorCode.REQUEST_TIMED_OUT)
    }
    this.#openCount = 0
    this.#complete()
  }

  #fail(index: number, error: number): void {
    const outcome = this.#outcomes[index]!
    outcome.errorCode = error
    outcome.baseOffset = -1
    outcome.logAppendTimeMs = -1
    outcome.logStartOffset = -1
  }
}
