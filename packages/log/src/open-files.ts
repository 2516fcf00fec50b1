/**
 * Open file handles, at most so many at a time: the least recently used one that nobody uses is closed for a new one.
 *
 * A file with unsynced writes is synced before its handle is closed, because an error of write-back is reported only to
 * handles that are open.
 */
import { type FileHandle, type FileSystem, FileSystemError, type OpenMode } from '@ottla/env'
import { assert } from '@ottla/stdx'

/** Told when the sync before a handle is closed failed. */
export interface FileOwner {
  fileSyncFailed(error: unknown): void
}

/** A handle that stays open until it is given back. */
export interface OpenFile {
  readonly handle: FileHandle
  /** Set by a writer, cleared by who synced. */
  unsyncedBy: FileOwner | null
}

interface Entry extends OpenFile {
  readonly handle: FileHandle
  readonly isWritable: boolean
  unsyncedBy: FileOwner | null
  users: number
  /** No longer found by its path: closed when the last user is done. */
  isForgotten: boolean
}

export class OpenFiles {
  readonly #files: FileSystem
  readonly #capacity: number
  /** In the order of use. */
  readonly #entries = new Map<string, Entry>()
  #opened = 0
  #closing = 0

  constructor(files: FileSystem, capacity: number) {
    assert(capacity > 0, 'some files may be open')
    this.#files = files
    this.#capacity = capacity
  }

  /** Handles open now, those that wait for their sync included. */
  get open(): number {
    return this.#entries.size + this.#closing
  }

  /** Times a file was opened. */
  get opened(): number {
    return this.#opened
  }

  /** The handle of the file, opened if needed. Give it back with `giveBack`. Throws FileSystemError. */
  take(path: string, mode: OpenMode): OpenFile {
    const found = this.#entries.get(path)
    if (found !== undefined && (found.isWritable || mode === 'r')) {
      this.#entries.delete(path)
      this.#entries.set(path, found)
      found.users++
      return found
    }
    if (found !== undefined) this.forget(path)
    this.#makeRoom(this.#capacity - 1)
    const entry: Entry = {
      handle: this.#openFile(path, mode),
      isWritable: mode !== 'r',
      unsyncedBy: null,
      users: 1,
      isForgotten: false,
    }
    this.#entries.set(path, entry)
    return entry
  }

  giveBack(file: OpenFile): void {
    const entry = file as Entry
    assert(entry.users > 0, 'a handle is given back once per use')
    entry.users--
    if (entry.users === 0 && entry.isForgotten) entry.handle.closeSync()
  }

  /** The file was removed, renamed, or its log closed: the next `take` opens anew. */
  forget(path: string): void {
    const entry = this.#entries.get(path)
    if (entry === undefined) return
    this.#entries.delete(path)
    entry.isForgotten = true
    if (entry.users === 0) entry.handle.closeSync()
  }

  #openFile(path: string, mode: OpenMode): FileHandle {
    this.#opened++
    try {
      return this.#files.openSync(path, mode)
    } catch (error) {
      const isFull = error instanceof FileSystemError && (error.code === 'EMFILE' || error.code === 'ENFILE')
      if (!isFull) throw error
      // Others in this process use descriptors too: give all of ours back that are idle, and try once more.
      this.#makeRoom(0)
      return this.#files.openSync(path, mode)
    }
  }

  #makeRoom(target: number): void {
    if (this.#entries.size <= target) return
    for (const [path, entry] of this.#entries) {
      if (entry.users > 0) continue
      if (entry.unsyncedBy === null) this.forget(path)
      else this.#syncAndClose(path, entry, entry.unsyncedBy)
      if (this.#entries.size <= target) return
    }
  }

  #syncAndClose(path: string, entry: Entry, owner: FileOwner): void {
    this.#entries.delete(path)
    this.#closing++
    entry.handle
      .dataSync()
      .catch((error: unknown) => owner.fileSyncFailed(error))
      .finally(() => {
        this.#closing--
        entry.handle.closeSync()
      })
  }
}
