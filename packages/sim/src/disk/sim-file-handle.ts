import type { FileHandle, OpenMode } from '@ottla/env'
import { assert } from '@ottla/stdx'
import { AT_ONCE, type DiskCalls } from './disk-calls.ts'
import { type FileTarget, readFrom, syncUpTo, truncateTo, writeTo } from './file-access.ts'
import type { FileNode } from './file-node.ts'
import { failure } from './sim-disk.ts'

/** An open file of a simulated disk. */
export class SimFileHandle implements FileHandle {
  readonly path: string
  readonly #calls: DiskCalls
  readonly #file: FileNode
  readonly #mode: OpenMode
  #isClosed = false

  constructor(calls: DiskCalls, opened: { path: string; file: FileNode; mode: OpenMode }) {
    this.path = opened.path
    this.#calls = calls
    this.#file = opened.file
    this.#mode = opened.mode
    calls.openFiles++
  }

  sizeSync(): number {
    this.#checkOpen()
    this.#calls.process.checkAlive()
    return this.#file.current.size
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#checkOpen()
    const into = target.subarray(targetOffset, targetOffset + length)
    const { path } = this
    return this.#calls.sync({
      operation: 'read',
      path,
      span: AT_ONCE,
      effect: (fault) => readFrom(this.#target(), { into, position }, fault),
    })
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    this.#checkOpen()
    const into = target.subarray(targetOffset, targetOffset + length)
    const { path } = this
    return this.#calls.async({
      operation: 'read',
      path,
      span: this.#calls.disk.latency.read,
      effect: (fault) => readFrom(this.#target(), { into, position }, fault),
    })
  }

  writevSync(buffers: readonly Uint8Array[], position: number): number {
    this.#checkWritable()
    if (buffers.length === 0) return 0
    const { path } = this
    const data = Buffer.concat(buffers)
    return this.#calls.sync({
      operation: 'write',
      path,
      span: this.#calls.disk.latency.writeSync,
      bytes: data,
      effect: (fault) => writeTo(this.#target(), { data, position }, fault),
    })
  }

  async writev(buffers: readonly Uint8Array[], position: number): Promise<number> {
    this.#checkWritable()
    if (buffers.length === 0) return 0
    const { path } = this
    // The bytes are taken when the call takes effect: whoever changes a buffer before it came back will see it in the file.
    return this.#calls.async({
      operation: 'write',
      path,
      span: this.#calls.disk.latency.write,
      effect: (fault) => writeTo(this.#target(), { data: Buffer.concat(buffers), position }, fault),
    })
  }

  truncateSync(sizeBytes: number): void {
    this.#checkWritable()
    const { path } = this
    this.#calls.sync({
      operation: 'truncate',
      path,
      span: AT_ONCE,
      effect: (fault) => truncateTo(this.#target(), sizeBytes, fault),
    })
  }

  dataSync(): Promise<void> {
    this.#checkOpen()
    const { path } = this
    const { disk } = this.#calls
    const { sequence } = disk
    return this.#calls.async({
      operation: 'sync',
      path,
      span: disk.latency.sync,
      effect: (fault) => syncUpTo(this.#target(), sequence, fault),
    })
  }

  closeSync(): void {
    assert(!this.#isClosed, `${this.path} is closed once`)
    this.#isClosed = true
    this.#calls.openFiles--
  }

  #target(): FileTarget {
    const { disk, process } = this.#calls
    return { disk, file: this.#file, path: this.path, nowMs: process.host.wallMs(process.now) }
  }

  #checkOpen(): void {
    assert(!this.#isClosed, `${this.path} is open`)
  }

  #checkWritable(): void {
    this.#checkOpen()
    if (this.#mode === 'r') throw failure('EBADF', this.path)
  }
}
