import fs from 'node:fs'
import { assert } from '@ottla/stdx'
import type { FileHandle } from '../file-system.ts'
import { async, sync } from './file-system-error.ts'

/** An open file descriptor. */
export class NodeFileHandle implements FileHandle {
  readonly path: string
  readonly #descriptor: number
  /** Calls under way in the thread pool. The descriptor is closed after them: its number could be another file's by then. */
  #pending = 0
  #isClosed = false

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  sizeSync(): number {
    return sync(this.path, () => fs.fstatSync(this.#open()).size)
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    return sync(this.path, () => fs.readSync(this.#open(), target, targetOffset, length, position))
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    return this.#async((descriptor, done) => fs.read(descriptor, target, targetOffset, length, position, done))
  }

  writevSync(buffers: readonly Uint8Array[], position: number): number {
    const descriptor = this.#open()
    return sync(this.path, () => {
      if (buffers.length === 1) return fs.writeSync(descriptor, buffers[0] as Uint8Array, 0, null, position)
      return buffers.length === 0 ? 0 : fs.writevSync(descriptor, buffers, position)
    })
  }

  writev(buffers: readonly Uint8Array[], position: number): Promise<number> {
    if (buffers.length === 0) return Promise.resolve(0)
    return this.#async((descriptor, done) => fs.writev(descriptor, buffers, position, done))
  }

  truncateSync(sizeBytes: number): void {
    sync(this.path, () => fs.ftruncateSync(this.#open(), sizeBytes))
  }

  dataSync(): Promise<void> {
    return this.#async((descriptor, done) => fs.fdatasync(descriptor, done))
  }

  closeSync(): void {
    assert(!this.#isClosed, `${this.path} is closed once`)
    this.#isClosed = true
    if (this.#pending === 0) sync(this.path, () => fs.closeSync(this.#descriptor))
  }

  async #async<T>(call: (descriptor: number, done: (error: Error | null, value?: T) => void) => void): Promise<T> {
    const descriptor = this.#open()
    this.#pending++
    try {
      return await async<T>(this.path, (done) => call(descriptor, done))
    } finally {
      this.#pending--
      if (this.#isClosed && this.#pending === 0) fs.close(descriptor, () => {})
    }
  }

  #open(): number {
    assert(!this.#isClosed, `${this.path} is open`)
    return this.#descriptor
  }
}
