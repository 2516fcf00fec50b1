/**
 * What a shard is: a state machine whose decisions are pure and whose state changes in `replay` alone.
 *
 * A decision reads the newest state, and returns data: records to write, soft changes, replies, timers, messages. The
 * {@link ShardRuntime} appends the records, replays them, and lets replies and messages go when the offset commits.
 */

/** The time of a decision. Deadlines are counted on `monotonicMs`, time stamps that people or other nodes see on `wallMs`. */
export interface Instant {
  /** Milliseconds since 1970-01-01 UTC; may jump in both directions. */
  readonly wallMs: number
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: number
}

/**
 * A state machine over records of type `R`.
 *
 * `E` are soft changes (state that is not worth a record, such as who waits for what), `T` timers, `M` messages. All
 * state that decisions read lives in collections of one `SnapshotRegistry`, so that the runtime can take it back.
 */
export interface Shard<R, E = never, T = never, M = never> {
  /** Applies one record; the same code runs live and when a log is loaded. Must not fail. */
  replay(record: R, offset: number): void
  /** Applies a soft change. Runs after the records of the same decision were replayed. Taken back with them, never loaded. */
  apply?(change: E): void
  /** A timer that some decision had set is due. */
  fire?(timer: T, now: Instant): Decision<R, E, T, M>
  /** The log was loaded and the shard is about to serve: the place to set the timers of what was loaded. */
  loaded?(now: Instant): Decision<R, E, T, M>
}

/** What a decision wants to happen. Nothing of it happens when the records cannot be appended. */
export interface Decision<R, E = never, T = never, M = never> {
  /** Written as one atomic batch, in this order. Empty: nothing is written. */
  readonly records: readonly R[]
  /** Soft changes, applied after the records. */
  readonly changes?: readonly E[]
  /** Answers to this or earlier requests. They leave when all that this decision saw is committed. */
  readonly replies?: readonly Reply[]
  readonly timers?: readonly TimerOp<T>[]
  /** Handed to `onMessage` when this decision is committed, in order. */
  readonly messages?: readonly M[]
}

/**
 * Stands for a request that waits for its answer. A decision answers its own token, or keeps it in the state for a later
 * decision to answer. Answering a token twice, or one whose request was already rejected, has no effect.
 */
export interface ReplyToken {
  /** Grows by one with each request of the runtime. */
  readonly id: number
}

export type Reply =
  | { readonly token: ReplyToken; readonly value: unknown }
  | { readonly token: ReplyToken; readonly error: Error }

/**
 * Timers are data, part of the state of the shard: known by key, at most one per key, taken back with the state.
 * They start at once and not at the commit: a timer has no effect outside but to bring about another decision.
 */
export type TimerOp<T> =
  | { readonly kind: 'set'; readonly key: string; readonly atMonotonicMs: number; readonly timer: T }
  | { readonly kind: 'cancel'; readonly key: string }

/** A decision about one request: reads the newest state of the shard, changes nothing. Throws to reject the request. */
export type Decide<S, R, E = never, T = never, M = never> = (
  shard: S,
  token: ReplyToken,
  now: Instant,
) => Decision<R, E, T, M>
