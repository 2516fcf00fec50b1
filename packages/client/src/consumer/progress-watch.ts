/**
 * Looks from time to time whether a consumer gets on, so that none stands still without a word. It samples what is there anyway: nothing
 * is paid per record.
 */
import type { Env, Timer } from '@ottla/env'
import type { TopicPartition } from '../topic-partition.ts'
import type { ConsumerEvents, Stall, StallKind } from './consumer-events.ts'
import type { PartitionState } from './partition-state.ts'

export interface ProgressWatchOptions {
  readonly env: Env
  readonly partitions: ReadonlyMap<string, PartitionState>
  readonly stallAfterMs: number
  readonly maxPollIntervalMs: number
  /** Monotonic time of the last answer of the coordinator; null when there is no group to hear of. */
  readonly heardAt: () => number | null
  /** Offset of the first record that a handler has not done; null when none is in hand. */
  readonly firstUndone: (state: PartitionState) => number | null
  /** There is room for more records of the partition. */
  readonly wants: (state: PartitionState) => boolean
  readonly lastError: () => { readonly error: Error; readonly at: number } | null
  readonly emit: <Name extends 'stalled' | 'recovered'>(name: Name, event: ConsumerEvents[Name]) => void
  /** Called while fetches stand still: the view of the cluster may be what is wrong. */
  readonly nudge: () => void
}

interface Standing {
  readonly at: number
  readonly partitions: readonly TopicPartition[]
}

/** A stall is noticed at most this part of its limit late. */
const LOOKS_PER_LIMIT = 10

export class ProgressWatch {
  readonly #parts: ProgressWatchOptions
  /** Stalls that were told, with the monotonic time since when. */
  readonly #told = new Map<StallKind, Standing>()
  /** The first record in hand of each partition, and since when. */
  readonly #inHand = new Map<PartitionState, { readonly offset: number; readonly at: number }>()
  #timer: Timer | null = null
  #isClosed = false

  constructor(parts: ProgressWatchOptions) {
    this.#parts = parts
  }

  /** There is something to watch now. */
  start(): void {
    if (this.#timer !== null || this.#isClosed) return
    const { env, stallAfterMs, maxPollIntervalMs } = this.#parts
    const everyMs = Math.max(1, Math.min(stallAfterMs, maxPollIntervalMs) / LOOKS_PER_LIMIT)
    this.#timer = env.timers.after(everyMs, () => {
      this.#timer = null
      this.#look()
      this.start()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  /** What stands still now. */
  get stalls(): Stall[] {
    return [...this.#told].map(([kind, standing]) => this.#stall(kind, standing))
  }

  /** The member has left its group because nobody polled since then. */
  pollStalled(at: number): void {
    this.#tell('poll', { at, partitions: [...this.#parts.partitions.values()].map(nameOf) })
  }

  /** The application asks for records. */
  polled(): void {
    if (this.#told.size > 0) this.#over('poll')
  }

  #look(): void {
    const { env, stallAfterMs, maxPollIntervalMs, heardAt, nudge } = this.#parts
    const now = env.clock.monotonic()
    const all = [...this.#parts.partitions.values()]
    // Who left the group for want of polls does not wait for the group.
    const heard = this.#told.has('poll') ? null : heardAt()
    const isUnheard = heard !== null && now - heard > stallAfterMs
    this.#judge('group', isUnheard ? { at: heard, partitions: all.map(nameOf) } : null)
    this.#judge('fetch', this.#unread(all, now - stallAfterMs))
    this.#judge('process', this.#unfinished(all, now - maxPollIntervalMs))
    if (this.#told.has('fetch')) nudge()
  }

  /** Partitions that were last read before `limit`, though more is wanted. */
  #unread(all: readonly PartitionState[], limit: number): Standing | null {
    const now = this.#parts.env.clock.monotonic()
    const standing: PartitionState[] = []
    for (const state of all) {
      const isWanted = !state.isPaused && (state.position === null || this.#parts.wants(state))
      if (!isWanted || state.fetchedAt === null) state.fetchedAt = now
      else if (state.fetchedAt < limit) standing.push(state)
    }
    if (standing.length === 0) return null
    return { at: Math.min(...standing.map(({ fetchedAt }) => fetchedAt!)), partitions: standing.map(nameOf) }
  }

  /** Partitions whose first record in hand is the same since `limit`. */
  #unfinished(all: readonly PartitionState[], limit: number): Standing | null {
    const now = this.#parts.env.clock.monotonic()
    const standing: PartitionState[] = []
    for (const state of all) {
      const offset = this.#parts.firstUndone(state)
      const known = this.#inHand.get(state)
      if (offset === null) this.#inHand.delete(state)
      else if (known?.offset !== offset) this.#inHand.set(state, { offset, at: now })
      else if (known.at < limit) standing.push(state)
    }
    const current = new Set(all)
    for (const state of this.#inHand.keys()) if (!current.has(state)) this.#inHand.delete(state)
    if (standing.length === 0) return null
    return { at: Math.min(...standing.map((state) => this.#inHand.get(state)!.at)), partitions: standing.map(nameOf) }
  }

  #judge(kind: StallKind, standing: Standing | null): void {
    if (standing === null) this.#over(kind)
    else this.#tell(kind, standing)
  }

  #tell(kind: StallKind, standing: Standing): void {
    const { env, emit } = this.#parts
    const isNews = !this.#told.has(kind)
    this.#told.set(kind, standing)
    if (!isNews) return
    const stall = this.#stall(kind, standing)
    const { sinceMs, cause } = stall
    const partitions = stall.partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(', ')
    env.logger.warn('the consumer stands still', {
      kind,
      sinceMs,
      partitions,
      ...(cause === null ? {} : { error: cause }),
    })
    emit('stalled', stall)
  }

  #over(kind: StallKind): void {
    const standing = this.#told.get(kind)
    if (standing === undefined) return
    this.#told.delete(kind)
    const { env, emit } = this.#parts
    const afterMs = Math.round(env.clock.monotonic() - standing.at)
    env.logger.warn('the consumer goes on', { kind, afterMs })
    emit('recovered', { kind, afterMs })
  }

  #stall(kind: StallKind, { at, partitions }: Standing): Stall {
    const { env, lastError } = this.#parts
    const last = lastError()
    const cause = last !== null && last.at >= at ? last.error : null
    return { kind, sinceMs: Math.round(env.clock.monotonic() - at), partitions, cause }
  }
}

function nameOf({ topic, partition }: PartitionState): TopicPartition {
  return { topic, partition }
}
