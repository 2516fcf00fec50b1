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

/** Makes the folder and those above it that are missing, so that they are there after a loss of power too. */
export async function makeFolder(files: FileSystem, path: string): Promise<void> {
  const missing: string[] = []
  for (let at = path; at !== '' && (await files.stat(at)) === null; at = parentOf(at)) missing.push(at)
  if (missing.length === 0) return
  await files.makeDirectory(path)
  for (const made of missing.reverse()) await files.syncDirectory(parentOf(made) || '/')
}

/** '' for the root. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
