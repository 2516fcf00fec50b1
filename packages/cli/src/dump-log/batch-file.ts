/** The batches of a segment or snapshot, read one after the other out of its file. */
import { resolve } from 'node:path'
import type { FileHandle } from '@ottla/env'
import { HEADER_BYTES, LENGTH_PREFIX_BYTES, sizeInBytes } from '@ottla/protocol'
import type { Io } from '../io.ts'
import { FileError, ToolError } from '../options/usage-error.ts'

const WINDOW_BYTES = 1 << 20
/** What any message format has at least behind the length. */
const MIN_LENGTH = 14
/** Leader epoch and magic follow the length. */
const MAGIC_BYTES = 5

export interface FileBatch {
  /** Begins with the batch; whole, unless only headers were asked for. */
  readonly bytes: Buffer
  readonly position: number
  readonly sizeBytes: number
}

export interface BatchRange {
  readonly from?: number
  /** Batches that reach beyond it are left out. Default: the end of the file. */
  readonly to?: number
}

export class BatchFile {
  readonly sizeBytes: number
  readonly #handle: FileHandle
  #window: Buffer = Buffer.alloc(0)
  #windowAt = 0

  /** Throws ToolError when the file cannot be opened. */
  constructor(path: string, io: Io) {
    const absolute = resolve(io.workingDirectory, path)
    if (io.env.files.statSync(absolute) === null) throw new FileError(path, 'there is no such file')
    this.#handle = io.env.files.openSync(absolute, 'r')
    this.sizeBytes = this.#handle.sizeSync()
  }

  [Symbol.dispose](): void {
    this.#handle.closeSync()
  }

  /** Whole batches, until one is cut off or is none. */
  *batches(range: BatchRange = {}): Generator<FileBatch> {
    yield* this.#walk(range, (sizeBytes) => sizeBytes)
  }

  /** Of each batch only the header. */
  *headers(range: BatchRange = {}): Generator<FileBatch> {
    yield* this.#walk(range, () => HEADER_BYTES)
  }

  *#walk(range: BatchRange, wantedOf: (sizeBytes: number) => number): Generator<FileBatch> {
    const end = Math.min(range.to ?? this.sizeBytes, this.sizeBytes)
    let position = range.from ?? 0
    while (position + LENGTH_PREFIX_BYTES < end - MAGIC_BYTES) {
      const sizeBytes = sizeInBytes(this.#read(position, LENGTH_PREFIX_BYTES), 0)
      const length = sizeBytes - LENGTH_PREFIX_BYTES
      if (length < MIN_LENGTH) {
        const limit = `smaller than minimum record overhead (${MIN_LENGTH})`
        throw new ToolError(`Found record size ${length} ${limit} in file ${this.#handle.path}.`)
      }
      if (sizeBytes < HEADER_BYTES || position + sizeBytes > end) return
      yield { bytes: this.#read(position, wantedOf(sizeBytes)), position, sizeBytes }
      position += sizeBytes
    }
  }

  #read(position: number, length: number): Buffer {
    const offset = position - this.#windowAt
    if (offset >= 0 && offset + length <= this.#window.length) return this.#window.subarray(offset, offset + length)
    const window = Buffer.allocUnsafe(Math.max(length, Math.min(WINDOW_BYTES, this.sizeBytes - position)))
    let filled = 0
    while (filled < window.length) {
      const got = this.#handle.readSync(window, filled, window.length - filled, position + filled)
      if (got === 0) break
      filled += got
    }
    if (filled < length) throw new ToolError(`${this.#handle.path} became shorter while it was read`)
    this.#window = window.subarray(0, filled)
    this.#windowAt = position
    return this.#window.subarray(0, length)
  }
}
