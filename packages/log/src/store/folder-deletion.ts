/** Partitions' folders that are no longer wanted: renamed at once, removed later. */
import type { Timer } from '@ottla/env'
import type { LogResources } from '../log-resources.ts'
import type { TopicPartition } from '../types.ts'
import { folderName, renamedFolder } from './partition-folder.ts'

export class FolderDeletion {
  readonly #resources: LogResources
  readonly #timers = new Set<Timer>()

  constructor(resources: LogResources) {
    this.#resources = resources
  }

  /** Returns the new path; null when there was no folder. */
  async rename(directory: string, topicPartition: TopicPartition, kind: 'delete' | 'stray'): Promise<string | null> {
    const { env, folders } = this.#resources
    const from = `${directory}/${folderName(topicPartition)}`
    if ((await env.files.stat(from)) === null) return null
    const to = `${directory}/${renamedFolder(topicPartition, kind, env.random.bytes(16))}`
    await env.files.rename(from, to)
    await folders.sync(directory)
    return to
  }

  /** Removes the folder after the delay. Until then a restart finds it by its name. */
  schedule(path: string, delayMs: number): void {
    const { env } = this.#resources
    const timer = env.timers.after(delayMs, () => {
      this.#timers.delete(timer)
      env.files.removeDirectory(path).catch((error: unknown) => {
        env.logger.warn('A deleted partition could not be removed', { path, error: String(error) })
      })
    })
    this.#timers.add(timer)
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
