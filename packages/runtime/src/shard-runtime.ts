/**
 * Runs one shard: decisions → records → replay at hand-over to the log → replies and messages when their offset commits
 * → back to what the log still holds when a write failed.
 */
import type { RuntimeClock, RuntimeTimers, ShardWriter, Snapshots } from './ports.ts'
import type { Decide, Shard } from './shard.ts'

export interface ShardRuntimeOptions<S, R, M = never> {
  readonly shard: S
  /** The registry of all timeline collections of the shard. */
  readonly registry: Snapshots
  readonly writer: ShardWriter<R>
  readonly clock: RuntimeClock
  readonly timers: RuntimeTimers
  /** End offset of the log when the shard was created or loaded; all before it is committed. Default 0. */
  readonly endOffset?: number
  /** Gets the messages of committed decisions. */
  readonly onMessage?: (message: M) => void
  /** How long an answer may wait for its commit before the request is rejected; the records stay. Default: for ever. */
  readonly commitTimeout?: { readonly afterMs: number; readonly error: () => Error }
}

export class ShardRuntime<S extends Shard<R, E, T, M>, R, E = never, T = never, M = never> {
  constructor(options: ShardRuntimeOptions<S, R, M>) {
    void options
  }

  /** End offset after the newest decision. */
  get endOffset(): number {
    throw new Error('not yet')
  }

  /** All below it is committed. */
  get committedOffset(): number {
    throw new Error('not yet')
  }

  /**
   * Decides, appends and replays at once. Resolves when some decision (this one or a later one) has replied to the
   * token and all that it saw is committed. Rejects with what `decide` or the writer threw, with the error given to
   * `failed` when the decision was taken back, with the error given to `unload`.
   */
  submit<V>(decide: Decide<S, R, E, T, M>): Promise<V> {
    void decide
    throw new Error('not yet')
  }

  /** Reads the committed state: pass `committedOffset` on to `getAt` and `entriesAt` of the timeline collections. Throws when unloaded. */
  query<V>(read: (shard: S, committedOffset: number) => V): V {
    void read
    throw new Error('not yet')
  }

  /** Everything below `offset` will never be taken back: answers leave. Offsets never go back; lower ones are ignored. */
  committed(offset: number): void {
    void offset
  }

  /**
   * A write failed, and the log now ends at `endOffset` (default: the committed offset). All that was decided above
   * is taken back. Requests that came in above are rejected with `error`; those that waited since before wait on.
   */
  failed(error: Error, endOffset?: number): void {
    void error
    void endOffset
  }

  /** Ends the shard (leadership lost, shutdown): rejects every waiting request, cancels the timers. Later calls of `submit` reject with `error` too. */
  unload(error: Error): void {
    void error
  }
}
