/**
 * Files, as a log needs them. Paths are absolute. Failures are {@link FileSystemError}; the code is errno's name.
 *
 * Synchronous calls exist beside asynchronous ones because a small write into the page cache costs less than a trip to
 * the thread pool; which one to use is the caller's decision. Nothing here is durable until `dataSync`
 * (contents) and `syncDirectory` (names) have returned.
 */
export interface FileSystem {
  /** Opens a file. 'r': must exist, read only. 'r+': must exist. 'create': read and write, created when missing, never truncated. */
  openSync(path: string, mode: OpenMode): FileHandle
  readFile(path: string): Promise<Buffer>
  readFileSync(path: string): Buffer
  /** Writes the whole file (created or truncated). Not synced, not atomic: see `writeFileAtomic` in this package. */
  writeFile(path: string, data: Buffer): Promise<void>
  rename(from: string, to: string): Promise<void>
  renameSync(from: string, to: string): void
  unlink(path: string): Promise<void>
  /** Names in the directory, sorted, with what they are. */
  list(path: string): Promise<DirectoryEntry[]>
  listSync(path: string): DirectoryEntry[]
  /** Creates the directory and its missing parents; no error when it exists. */
  makeDirectory(path: string): Promise<void>
  makeDirectorySync(path: string): void
  /** Removes the directory with all it holds; no error when it is missing. */
  removeDirectory(path: string): Promise<void>
  /** fsync of the directory: makes creations, renames and removals in it durable. */
  syncDirectory(path: string): Promise<void>
  stat(path: string): Promise<FileStat | null>
  statSync(path: string): FileStat | null
  /** Bytes of the volume that holds `path`. */
  volume(path: string): Promise<{ totalBytes: number; usableBytes: number }>
  /** Takes the lock of a data folder for this process; throws code 'ELOCKED' when another process holds it. Freed by `release` and by the process's end, kill -9 included. */
  lockDirectory(path: string): Promise<{ release(): Promise<void> }>
}

export type OpenMode = 'r' | 'r+' | 'create'

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface FileStat {
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly isDirectory: boolean
}

export interface FileHandle {
  readonly path: string
  sizeSync(): number
  /** Reads up to `length` bytes at `position` into `target`; returns the number read (0 at the end). */
  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number
  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number>
  /** Writes the buffers one after the other at `position`; returns the number of bytes written, which may be short. */
  writevSync(buffers: readonly Uint8Array[], position: number): number
  writev(buffers: readonly Uint8Array[], position: number): Promise<number>
  truncateSync(sizeBytes: number): void
  /** fdatasync. After a failure the contents of unsynced pages are unknown: never retry, take the log offline. */
  dataSync(): Promise<void>
  closeSync(): void
}

/** An operation of the file system failed. `code` is errno's name ('ENOSPC', 'EIO', 'ENOENT', 'ELOCKED', …). */
export class FileSystemError extends Error {
  override readonly name = 'FileSystemError'
  readonly code: string
  readonly path: string
  constructor(code: string, path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.path = path
  }
}
