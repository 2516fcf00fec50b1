/**
 * The shards of a node, by partition: which epoch loads or serves which. Leadership comes and goes in any order that the
 * metadata log has; what an older epoch says is ignored, and a loading that was overtaken is given up.
 *
 * ```
 *   absent ──load──► loading ──► active ──unload──► absent
 *                      │  └─ failed (stays until a newer epoch loads or unloads)
 *                      └──newer load: aborted and begun again
 * ```
 */

/** Something that serves a partition. */
export interface Unloadable {
  unload(error: Error): void
}

export type ShardState<H> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'loading'; readonly epoch: number }
  | { readonly kind: 'active'; readonly epoch: number; readonly host: H }
  | { readonly kind: 'failed'; readonly epoch: number; readonly error: unknown }

export interface ShardCounts {
  readonly loading: number
  readonly active: number
  readonly failed: number
}

type Entry<H> = Exclude<ShardState<H>, { kind: 'absent' }> & { readonly abort: AbortController }

export type LoadOutcome = 'active' | 'overtaken' | 'stale'

const ABSENT = { kind: 'absent' } as const

export class ShardTable<H extends Unloadable> {
  readonly #entries = new Map<number, Entry<H>>()
  /** The highest epoch seen of each partition, also after it was unloaded. */
  readonly #epochs = new Map<number, number>()

  /**
   * Opens the shard of a partition in the given epoch, which must be newer than any seen (else 'stale': nothing is done).
   * An older one is unloaded first. Rejects with what `open` threw; the partition is 'failed' then.
   */
  async load(
    partition: number,
    epoch: number,
    open: (signal: AbortSignal) => Promise<H>,
    left: () => Error,
  ): Promise<LoadOutcome> {
    if (epoch <= (this.#epochs.get(partition) ?? -1)) return 'stale'
    this.#end(partition, left())
    this.#epochs.set(partition, epoch)
    const abort = new AbortController()
    const loading: Entry<H> = { kind: 'loading', epoch, abort }
    this.#entries.set(partition, loading)
    try {
      const host = await open(abort.signal)
      if (this.#entries.get(partition) !== loading) {
        host.unload(left())
        return 'overtaken'
      }
      this.#entries.set(partition, { kind: 'active', epoch, host, abort })
      return 'active'
    } catch (error) {
      if (this.#entries.get(partition) !== loading) return 'overtaken'
      this.#entries.set(partition, { kind: 'failed', epoch, error, abort })
      throw error
    }
  }

  /** Ends the shard of a partition that has another leader since `epoch`, unless a newer epoch is there already. */
  unload(partition: number, epoch: number, error: Error): void {
    if (epoch < (this.#epochs.get(partition) ?? -1)) return
    this.#epochs.set(partition, epoch)
    this.#end(partition, error)
  }

  /** Ends the shard of a partition that is no more (its topic was deleted); its epochs begin anew. */
  forget(partition: number, error: Error): void {
    this.#epochs.delete(partition)
    this.#end(partition, error)
  }

  /** Ends all shards, for a shutdown. */
  forgetAll(error: Error): void {
    for (const partition of [...this.#entries.keys()]) this.forget(partition, error)
  }

  stateOf(partition: number): ShardState<H> {
    return this.#entries.get(partition) ?? ABSENT
  }

  /** The partitions that are served now. */
  *active(): IterableIterator<[partition: number, host: H]> {
    for (const [partition, entry] of this.#entries) if (entry.kind === 'active') yield [partition, entry.host]
  }

  get isLoading(): boolean {
    return this.counts().loading > 0
  }

  /** Partitions by state. */
  counts(): ShardCounts {
    const counts = { loading: 0, active: 0, failed: 0 }
    for (const { kind } of this.#entries.values()) counts[kind] += 1
    return counts
  }

  #end(partition: number, error: Error): void {
    const entry = this.#entries.get(partition)
    if (entry === undefined) return
    this.#entries.delete(partition)
    entry.abort.abort(error)
    if (entry.kind === 'active') entry.host.unload(error)
  }
}
