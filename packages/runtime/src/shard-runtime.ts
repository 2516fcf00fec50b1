/**
 * Runs one shard: decisions → records → replay at hand-over to the log → replies and messages when their offset commits
 * → back to what the log still holds when a write failed.
 *
 * ```
 *          committed                  end
 *   ───────────┼──────────┼────────────┤
 *              mark       mark            a mark of the state before each batch that is not committed yet
 *                    ╰ answers of the batch that ends here wait in the commit queue
 * ```
 *
 * Everything happens in the turn in which it is asked for; there is no queue in front of the decisions.
 */
import { AssertionError, assert, type SnapshotRegistry } from '@ottla/stdx'
import { CommitQueue } from './commit-queue.ts'
import type { RuntimeClock, RuntimeTimers, ShardWriter } from './ports.ts'
import type { Decide, Decision, Instant, Reply, ReplyToken, Shard } from './shard.ts'
import { TimerTable } from './timer-table.ts'

export interface ShardRuntimeOptions<S, R, M = never> {
  readonly shard: S
  /** The registry of all timeline collections of the shard. */
  readonly registry: SnapshotRegistry
  readonly writer: ShardWriter<R>
  readonly clock: RuntimeClock
  readonly timers: RuntimeTimers
  /** End offset of the log when the shard was created or loaded; all before it is committed. Default 0. */
  readonly endOffset?: number
  /** Gets the messages of committed decisions. */
  readonly onMessage?: (message: M) => void
  /** Hears why the decision of a timer could not be written; it is tried again by itself. */
  readonly onTimerError?: (error: unknown) => void
  /** How long an answer may wait for its commit before the request is rejected; the records stay. Default: for ever. */
  readonly commitTimeout?: { readonly afterMs: number; readonly error: () => Error }
}

/** Decisions of one shard that may wait for the log. */
const BACKLOG_MAX = 10_000

/** A request that has no answer yet. */
interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** End offset after the decision of the request: below it, the request itself can no longer be taken back. */
  endOffset: number
}

const NOTHING: readonly never[] = []

export class ShardRuntime<S extends Shard<R, E, T, M>, R, E = never, T = never, M = never> {
  readonly #shard: S
  readonly #registry: SnapshotRegistry
  readonly #writer: ShardWriter<R>
  readonly #clock: RuntimeClock
  readonly #onMessage: (message: M) => void
  readonly #timerTable: TimerTable<T>
  readonly #commitQueue: CommitQueue<M>
  readonly #waiting = new Map<number, Waiting>()
  /** Offsets of the marks that are live in the registry, ascending; empty when all is committed. */
  #marks: number[] = []
  #endOffset: number
  #committedOffset: number
  #lastTokenId = 0
  #isAppending = false
  /** The newest failure of a write; one during an append is about that append too. */
  #failedWith: Error | undefined
  #closedBy: Error | undefined

  constructor(options: ShardRuntimeOptions<S, R, M>) {
    this.#shard = options.shard
    this.#registry = options.registry
    this.#writer = options.writer
    this.#clock = options.clock
    this.#endOffset = options.endOffset ?? 0
    this.#committedOffset = this.#endOffset
    this.#onMessage = options.onMessage ?? (() => assert(false, 'messages have a receiver'))
    this.#timerTable = new TimerTable({
      registry: options.registry,
      clock: options.clock,
      timers: options.timers,
      onDue: (key, timer) => this.#fire(key, timer),
      onError: options.onTimerError ?? (() => {}),
    })
    this.#commitQueue = new CommitQueue({
      clock: options.clock,
      timers: options.timers,
      timeout: options.commitTimeout,
      onTimeout: (token, error) => this.#settle({ token, error }),
    })
  }

  /** End offset after the newest decision. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** All below it is committed. */
  get committedOffset(): number {
    return this.#committedOffset
  }

  /** Requests that have no answer yet. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Decisions whose answers wait for their commit: how far the log is behind. */
  get backlog(): number {
    return this.#commitQueue.size
  }

  /** The log does not keep up: whoever came now would wait behind too many others, and give up before the answer. */
  get isBehind(): boolean {
    return this.backlog >= BACKLOG_MAX
  }

  /** Key and due time (on the monotonic clock) of each timer, for tests and diagnostics. */
  pendingTimers(): Iterable<[key: string, atMonotonicMs: number]> {
    return this.#timerTable.pending()
  }

  get isClosed(): boolean {
    return this.#closedBy !== undefined
  }

  /** Lets the shard make its first decision (`loaded`). Call it once, before the first request. */
  start(): void {
    const decision = this.#shard.loaded?.(this.#instant())
    if (decision !== undefined) this.#carryOut(decision)
  }

  /**
   * Decides, appends and replays at once. Resolves when some decision (this one or a later one) has replied to the
   * token and all that it saw is committed. Rejects with what `decide` or the writer threw, with the error given to
   * `failed` when the decision was taken back, with the error given to `unload`. Throws AssertionError in place.
   */
  submit<V>(decide: Decide<S, R, E, T, M>): Promise<V> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy)
    const token: ReplyToken = { id: ++this.#lastTokenId }
    let waiting: Waiting | undefined
    const answer = new Promise<V>((resolve, reject) => {
      waiting = { resolve: resolve as (value: unknown) => void, reject, endOffset: this.#endOffset }
    })
    this.#waiting.set(token.id, waiting as Waiting)
    try {
      this.#carryOut(decide(this.#shard, token, this.#instant()), waiting)
    } catch (error) {
      if (error instanceof AssertionError) throw error
      this.#settle({ token, error: error as Error })
    }
    return answer
  }

  /**
   * Reads the committed state: `read` passes `committedOffset` on to `getAt` and `entriesAt` of the timeline collections.
   * Throws the error of `unload` when unloaded.
   */
  query<V>(read: (shard: S, committedOffset: number) => V): V {
    if (this.#closedBy !== undefined) throw this.#closedBy
    return read(this.#shard, this.#committedOffset)
  }

  /** Everything below `offset` will never be taken back: answers leave. Offsets never go back; lower ones are ignored. */
  committed(offset: number): void {
    if (this.#closedBy !== undefined || offset <= this.#committedOffset) return
    this.#committedOffset = offset
    if (!this.#isAppending) this.#release()
  }

  /**
   * A write failed, and the log now ends at `endOffset` (default: the committed offset). All that was decided above
   * is taken back. Requests that came in above are rejected with `error`; those that waited since before wait on.
   */
  failed(error: Error, endOffset = this.#committedOffset): void {
    if (this.#closedBy !== undefined) return
    assert(endOffset >= this.#committedOffset, 'what is committed is not taken back')
    this.#failedWith = error
    if (endOffset >= this.#endOffset) return
    while (this.#marks.length > 1 && (this.#marks.at(-1) as number) > endOffset) this.#marks.pop()
    const mark = this.#marks.pop()
    assert(mark !== undefined && mark <= endOffset, 'there is a mark before each batch that is not committed')
    this.#registry.revertTo(mark)
    this.#endOffset = mark
    this.#commitQueue.dropAbove(mark)
    this.#timerTable.resume()
    for (const [id, waiting] of this.#waiting) {
      if (waiting.endOffset <= mark) continue
      this.#waiting.delete(id)
      waiting.reject(error)
    }
    this.#release()
  }

  /** Ends the shard (leadership lost, shutdown): rejects every waiting request, stops the timers. Later requests are rejected with `error` too. */
  unload(error: Error): void {
    if (this.#closedBy !== undefined) return
    this.#closedBy = error
    this.#timerTable.stop()
    this.#commitQueue.stop()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(error)
  }

  #carryOut(decision: Decision<R, E, T, M>, waiting?: Waiting): void {
    if (decision.records.length > 0) this.#append(decision.records)
    if (waiting !== undefined) waiting.endOffset = this.#endOffset
    this.#change(decision)
    for (const op of decision.timers ?? []) this.#timerTable.run(op)
    const { replies = NOTHING, messages = NOTHING } = decision
    if (replies.length > 0 || messages.length > 0)
      this.#commitQueue.push({ offset: this.#endOffset, replies, messages })
    this.#release()
  }

  #append(records: readonly R[]): void {
    this.#isAppending = true
    this.#failedWith = undefined
    let end: number
    try {
      end = this.#writer.append(records)
    } finally {
      this.#isAppending = false
    }
    const refusal = this.#closedBy ?? this.#failedWith
    if (refusal !== undefined) throw refusal
    assert(end - records.length >= this.#endOffset, 'the log gives offsets at its end')
    if (this.#committedOffset < end) {
      this.#registry.snapshot(this.#endOffset)
      this.#marks.push(this.#endOffset)
    }
    this.#endOffset = end
    const start = end - records.length
    unfailing('replay', () => {
      for (let index = 0; index < records.length; index++) this.#shard.replay(records[index]!, start + index)
    })
  }

  #change(decision: Decision<R, E, T, M>): void {
    for (const change of decision.changes ?? []) unfailing('apply', () => this.#shard.apply?.(change))
  }

  #release(): void {
    if (this.#closedBy !== undefined) return
    this.#dropMarks()
    for (;;) {
      const released = this.#commitQueue.pop(this.#committedOffset)
      if (released === undefined) return
      for (const reply of released.replies) this.#settle(reply)
      for (const message of released.messages) this.#onMessage(message)
    }
  }

  /** Keeps the mark of the committed state, while there is something above it, and those above. */
  #dropMarks(): void {
    const marks = this.#marks
    if (this.#committedOffset >= this.#endOffset) {
      if (this.#registry.latest !== undefined) this.#registry.release(Number.POSITIVE_INFINITY)
      this.#marks = []
      return
    }
    let first = 0
    while (first + 1 < marks.length && (marks[first + 1] as number) <= this.#committedOffset) first += 1
    if (first === 0) return
    marks.splice(0, first)
    this.#registry.release(marks[0] as number)
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.token.id)
    if (waiting === undefined) return
    this.#waiting.delete(reply.token.id)
    if ('error' in reply) waiting.reject(reply.error)
    else waiting.resolve(reply.value)
  }

  /** Throws what the writer threw: the timer table tries again later. */
  #fire(key: string, timer: T): void {
    const fire = this.#shard.fire?.bind(this.#shard)
    assert(fire !== undefined, 'a shard that sets timers has `fire`')
    const decision = fire(timer, this.#instant())
    this.#carryOut({ ...decision, timers: [{ kind: 'cancel', key }, ...(decision.timers ?? [])] })
  }

  #instant(): Instant {
    return { wallMs: this.#clock.now(), monotonicMs: this.#clock.monotonic() }
  }
}

/** State that was changed halfway is a broken invariant, whatever was thrown. */
function unfailing(what: string, change: () => void): void {
  try {
    change()
  } catch (cause) {
    if (cause instanceof AssertionError) throw cause
    const error = new AssertionError(`${what} does not fail: ${String(cause)}`)
    error.cause = cause
    throw error
  }
}
