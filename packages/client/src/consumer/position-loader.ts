/** Finds where to begin: at the committed offset, else where the reset policy says. */
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { listOffsets, OffsetMark } from '../cluster/list-offsets.ts'
import { KafkaError, NoOffsetError } from '../errors.ts'
import type { ResolvedConsumerOptions } from './consumer-options.ts'
import { fetchCommitted } from './group-offsets.ts'
import type { PartitionState } from './partition-state.ts'

export class PositionLoader {
  readonly #cluster: Cluster
  readonly #options: ResolvedConsumerOptions
  #loading: Promise<void> | null = null

  constructor(cluster: Cluster, options: ResolvedConsumerOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Gives every partition without a position one. Rejects with NoOffsetError, BrokerError, TimeoutError. */
  load(partitions: Iterable<PartitionState>, context: CallContext): Promise<void> {
    const missing = [...partitions].filter(({ position }) => position === null)
    if (missing.length === 0) return Promise.resolve()
    this.#loading ??= this.#load(missing, context).finally(() => {
      this.#loading = null
    })
    return this.#loading
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
    const queries = partitions.map((state) => ({
      topic: state.topic,
      partition: state.partition,
      timestamp: this.#mark(state),
    }))
    const { isReadCommitted } = this.#options
    const found = await listOffsets(this.#cluster, queries, { ...context, isReadCommitted })
    for (const state of partitions) {
      const result = found.get(state.key)
      if (result instanceof KafkaError) throw result
      if (result !== undefined && isCurrent(state)) state.seek(Math.max(0, result.offset))
    }
  }

  #mark({ startPoint, topic, partition }: PartitionState): number {
    const policy = startPoint === 'earliest' || startPoint === 'latest' ? startPoint : this.#options.autoOffsetReset
    if (policy === 'none') {
      throw new NoOffsetError(`there is no committed offset for ${topic}-${partition}, and no policy for that case`, {
        topic,
        partition,
      })
    }
    return OffsetMark[policy]
  }
}
