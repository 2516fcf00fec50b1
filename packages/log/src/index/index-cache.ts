import { Lru } from '@ottla/stdx'
import type { SegmentIndexes } from './segment-indexes.ts'

/** Indexes of closed segments, loaded when they are needed, at most so many bytes for the whole process. */
export class IndexCache {
  readonly #loaded: Lru<string, SegmentIndexes>
  readonly #loading = new Map<string, Promise<SegmentIndexes>>()

  constructor(capacityBytes: number) {
    this.#loaded = new Lru({ capacity: capacityBytes, weigh: (indexes) => indexes.capacityBytes })
  }

  get usedBytes(): number {
    return this.#loaded.weight
  }

  /** The indexes of the segment whose log file is `path`, if they are in memory. */
  get(path: string): SegmentIndexes | undefined {
    return this.#loaded.get(path)
  }

  set(path: string, indexes: SegmentIndexes): void {
    this.#loaded.set(path, indexes)
  }

  /** Loads them with `load` when they are not there; calls for one segment share one load. */
  async load(path: string, load: () => Promise<SegmentIndexes>): Promise<SegmentIndexes> {
    const found = this.#loaded.get(path)
    if (found !== undefined) return found
    const running = this.#loading.get(path)
    if (running !== undefined) return running
    const started = load()
    this.#loading.set(path, started)
    try {
      const indexes = await started
      // A segment that was removed meanwhile is not kept.
      if (this.#loading.get(path) === started) this.set(path, indexes)
      return indexes
    } finally {
      if (this.#loading.get(path) === started) this.#loading.delete(path)
    }
  }

  /** The segment was removed or cut. */
  forget(path: string): void {
    this.#loaded.delete(path)
    this.#loading.delete(path)
  }
}
