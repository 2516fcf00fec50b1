import type { FileSystem } from '@ottla/env'

/** Syncs of folders, each at most once at a time: who asks while one runs shares the next. */
export class FolderSyncs {
  readonly #files: FileSystem
  readonly #running = new Map<string, { current: Promise<void>; next: Promise<void> | null }>()

  constructor(files: FileSystem) {
    this.#files = files
  }

  /** All names that were made, changed or removed before this call are durable when it resolves. */
  sync(path: string): Promise<void> {
    const running = this.#running.get(path)
    if (running === undefined) return this.#start(path)
    running.next ??= running.current.then(
      () => this.#start(path),
      () => this.#start(path),
    )
    return running.next
  }

  #start(path: string): Promise<void> {
    const state = { current: this.#files.syncDirectory(path), next: null as Promise<void> | null }
    this.#running.set(path, state)
    const done = (): void => {
      if (state.next === null) this.#running.delete(path)
    }
    state.current.then(done, done)
    return state.current
  }
}
