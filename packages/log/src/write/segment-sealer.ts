/**
 * Finishes segments that were rolled: once all of one is written, its indexes and the producer snapshot at its end go to
 * their files, are synced with its data, and leave memory. Until then recovery would begin at that segment.
 */
import { writeIndexes } from '../index/index-files.ts'
import { isPassing } from '../io-error.ts'
import type { LogState } from '../log-state.ts'
import type { Segment } from '../segment/segment.ts'
import type { LogSyncer } from './log-syncer.ts'

export class SegmentSealer {
  readonly #state: LogState
  readonly #syncer: LogSyncer
  readonly #failed: (error: unknown) => void
  #running: Promise<void> | null = null

  constructor(state: LogState, syncer: LogSyncer, failed: (error: unknown) => void) {
    this.#state = state
    this.#syncer = syncer
    this.#failed = failed
  }

  /** Starts on the rolled segments that are complete. Called when the written end moved or the log was rolled. */
  proceed(): void {
    if (this.#running !== null || this.#nextReady() === undefined) return
    this.#running = this.#sealAll()
  }

  /** Every complete segment is sealed, or sealing has failed. */
  async idle(): Promise<void> {
    this.proceed()
    while (this.#running !== null) await this.#running
  }

  /** The first rolled segment that is written whole and whose successor begins at or below the written end. */
  #nextReady(): Segment | undefined {
    const { segments, writtenEnd, failure, isClosed } = this.#state
    if (failure !== null || isClosed) return undefined
    let i = segments.count - 1
    while (i > 0 && (segments.at(i - 1).state === 'rolled' || segments.at(i - 1).state === 'sealed')) i--
    for (; i < segments.count - 1; i++) {
      const segment = segments.at(i)
      if (segment.state !== 'rolled') continue
      const isWhole = segment.writtenBytes === segment.assignedBytes
      return isWhole && segments.at(i + 1).baseOffset <= writtenEnd ? segment : undefined
    }
    return undefined
  }

  async #sealAll(): Promise<void> {
    try {
      for (let segment = this.#nextReady(); segment !== undefined; segment = this.#nextReady()) {
        await this.#seal(segment)
      }
    } catch (error) {
      // Without room the indexes stay in memory; the next roll or close tries again.
      if (isPassing(error)) this.#warn(error)
      else this.#failed(error)
    } finally {
      this.#running = null
    }
  }

  async #seal(segment: Segment): Promise<void> {
    const { env, openFiles } = this.#state.resources
    const next = this.#state.segments.after(segment)
    segment.finishTimeIndex()
    const paths = [...(await writeIndexes(env.files, segment, segment.indexes!))]
    const snapshot = next?.snapshotAtBase ?? null
    if (next !== undefined && snapshot !== null) {
      await env.files.writeFile(next.snapshotPath, snapshot)
      paths.push(next.snapshotPath)
      next.snapshotAtBase = null
    }
    if (segment.isRemoved || segment.state !== 'rolled') return
    segment.state = 'sealed'
    let left = paths.length
    for (const path of paths) {
      this.#syncer.noteFile(path, () => {
        openFiles.forget(path)
        left--
        if (left === 0) this.#close(segment)
      })
    }
    this.#syncer.noteFolder(this.#state.path)
    this.#syncer.syncFiles()
  }

  /** Everything of the segment is synced. */
  #close(segment: Segment): void {
    if (segment.state !== 'sealed' || segment.isRemoved || segment.indexes === null) return
    segment.state = 'closed'
    this.#state.resources.indexes.set(segment.logPath, segment.indexes)
    segment.indexes = null
  }

  #warn(error: unknown): void {
    this.#state.resources.env.logger.warn('A segment could not be sealed yet', {
      log: this.#state.name,
      error: String(error),
    })
  }
}
