/** Finds where to begin: at the committed offset, else where the reset policy says. */
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { listOffsets, OffsetMark } from '../cluster/list-offsets.ts'
import { KafkaError, NoOffsetError } from '../errors.ts'
import { abortable } from '../time/delay.ts'
import type { ResolvedConsumerOptions } from './consumer-options.ts'
import { fetchCommitted } from './group-offsets.ts'
import type { PartitionState } from './partition-state.ts'

export class PositionLoader {
  readonly #cluster: Cluster
  readonly #options: ResolvedConsumerOptions
  readonly #closed: AbortSignal
  #loading: Promise<void> | null = null

  /** `closed` ends what is under way. */
  constructor(cluster: Cluster, options: ResolvedConsumerOptions, closed: AbortSignal) {
    this.#cluster = cluster
    this.#options = options
    this.#closed = closed
  }

  /** Gives every partition without a position one. Rejects with NoOffsetError, BrokerError, TimeoutError. */
  load(partitions: Iterable<PartitionState>, context: CallContext): Promise<void> {
    const missing = [...partitions].filter(({ position }) => position === null)
    if (missing.length === 0) return Promise.resolve()
    // Several may wait for the same: one that gives up does not end it for the others.
    const { deadline } = context
    this.#loading ??= this.#load(missing, { deadline, signal: this.#closed }).finally(() => {
      this.#loading = null
    })
    return abortable(this.#loading, context.signal)
  }

  async #load(partitions: readonly PartitionState[], context: CallContext): Promise<void> {
    const seeks = new Map(partitions.map((state) => [state, state.seeks]))
    const isCurrent = (state: PartitionState) => state.position === null && state.seeks === seeks.get(state)
    const wantCommitted = partitions.filter(({ startPoint }) => startPoint === 'committed')
    const wantReset = partitions.filter(({ startPoint }) => startPoint !== 'committed')
    if (wantCommitted.length > 0) {
      const query = { group: this.#options.groupId!, partitions: wantCommitted, requireStable: true }
      const committed = await fetchCommitted(this.#cluster, query, context)
      for (const state of wantCommitted) {
        const found = committed.get(state.key)
        if (found === undefined) wantReset.push(state)
        else if (isCurrent(state)) state.seek(found.offset)
      }
    }
    await this.#reset(wantReset, isCurrent, context)
  }

  async #reset(
    partitions: readonly PartitionState[],
    isCurrent: (state: PartitionState) => boolean,
    context: CallContext,
  ): Promise<void> {
    if (partitions.length === 0) return
    const marks = new Map(partitions.map((state) => [state, this.#mark(state)]))
    await this.#locate(marks, isCurrent, context)
    // Where no record is that new, the next one is.
    const atEnd = partitions.filter((state) => isCurrent(state) && marks.get(state)! >= 0)
    if (atEnd.length > 0)
      await this.#locate(new Map(atEnd.map((state) => [state, OffsetMark.latest])), isCurrent, context)
  }

  async #locate(
    marks: ReadonlyMap<PartitionState, number>,
    isCurrent: (state: PartitionState) => boolean,
    context: CallContext,
  ): Promise<void> {
    const queries = [...marks].map(([{ topic, partition }, timestamp]) => ({ topic, partition, timestamp }))
    const { isReadCommitted } = this.#options
    const found = await listOffsets(this.#cluster, queries, { ...context, isReadCommitted })
    for (const [state, mark] of marks) {
      const result = found.get(state.key)
      if (result instanceof KafkaError) throw result
      if (result === undefined || !isCurrent(state)) continue
      if (result.offset >= 0 || mark < 0) state.seek(Math.max(0, result.offset))
    }
  }

  /** A mark of ListOffsets, or a timestamp. */
  #mark({ startPoint, topic, partition }: PartitionState): number {
    if (typeof startPoint === 'object') return Math.max(0, startPoint.timestamp)
    const { autoOffsetReset: policy } = this.#options
    const kind = startPoint === 'earliest' || startPoint === 'latest' ? startPoint : policy.kind
    switch (kind) {
      case 'none': {
        const message = `there is no committed offset for ${topic}-${partition}, and no policy for that case`
        throw new NoOffsetError(message, { topic, partition })
      }
      case 'by-duration':
        return Math.max(0, this.#cluster.env.clock.now() - (policy as { readonly durationMs: number }).durationMs)
      default:
        return OffsetMark[kind]
    }
  }
}
