import { type FileSystem, FileSystemError } from '@ottla/env'

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

/**
 * Makes the folder, and those above it that are missing, so that they are there after a loss of power too. One that is there
 * may have been made just before the process ended: its name is synced as well.
 */
export async function makeFolder(files: FileSystem, path: string): Promise<void> {
  const made: string[] = [path]
  for (let at = parentOf(path); at !== '' && (await files.stat(at)) === null; at = parentOf(at)) made.push(at)
  await files.makeDirectory(path)
  for (const folder of made.reverse()) await syncName(files, folder)
}

/** Syncs the names of the folder and of all above it: who made them may have ended before he could. */
export async function syncNames(files: FileSystem, path: string): Promise<void> {
  for (let at = path; at !== ''; at = parentOf(at)) await syncName(files, at)
}

async function syncName(files: FileSystem, folder: string): Promise<void> {
  try {
    await files.syncDirectory(parentOf(folder) || '/')
  } catch (error) {
    // Who may not read the folder above did not make this one.
    if (!(error instanceof FileSystemError) || (error.code !== 'EACCES' && error.code !== 'EPERM')) throw error
  }
}

/** '' for the root. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
