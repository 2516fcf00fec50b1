/** Takes segments out of a folder: renamed at once, deleted later, so that reads that have begun can end. */
import type { Timer } from '@ottla/env'
import { removeIfPresent } from '../index/index-files.ts'
import { isMissing } from '../io-error.ts'
import type { LogState } from '../log-state.ts'
import { DELETED_SUFFIX } from './file-names.ts'
import type { Segment } from './segment.ts'

export class SegmentRemoval {
  readonly #state: LogState
  readonly #timers = new Set<Timer>()

  constructor(state: LogState) {
    this.#state = state
  }

  /** Producers that wrote only what goes are known by the snapshot of what stays, which may not be written yet. */
  async keepProducers(): Promise<void> {
    const { snapshotAtBase, snapshotPath } = this.#state.segments.first
    if (snapshotAtBase === null) return
    const { files, logger } = this.#state.resources.env
    try {
      await files.writeFile(snapshotPath, snapshotAtBase)
    } catch (error) {
      // On a full disk room is what is wanted most; the sealer writes it later.
      logger.warn('A producer snapshot could not be written yet', { log: this.#state.name, error: String(error) })
    }
  }

  /** Throws FileSystemError when a name cannot be changed. The folder needs a sync. */
  remove(segment: Segment): void {
    const { env, openFiles, indexes } = this.#state.resources
    segment.isRemoved = true
    openFiles.forget(segment.logPath)
    indexes.forget(segment.logPath)
    const renamed: string[] = []
    // The log file last: a folder that still has it still has its indexes, or rebuilds them.
    for (const path of [...segment.paths].reverse()) {
      if (renameIfPresent(env.files, path)) renamed.push(path + DELETED_SUFFIX)
    }
    if (renamed.length === 0) return
    const timer = env.timers.after(this.#state.config.fileDeleteDelayMs, () => {
      this.#timers.delete(timer)
      for (const path of renamed) void this.#unlink(path)
    })
    this.#timers.add(timer)
  }

  /** What was renamed stays; the next opening deletes it. */
  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  async #unlink(path: string): Promise<void> {
    const { env } = this.#state.resources
    try {
      await removeIfPresent(env.files, path)
    } catch (error) {
      env.logger.warn('A removed segment could not be deleted', { path, error: String(error) })
    }
  }
}

/** To its name with .deleted behind it. False when there is no such file. */
export function renameIfPresent(files: LogState['resources']['env']['files'], path: string): boolean {
  try {
    files.renameSync(path, path + DELETED_SUFFIX)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
