/**
 * Where LZ4 blocks are packed and unpacked: the memory of a WebAssembly module. Input is copied in block by block, output grows behind it
 * and is copied out when its size is known. What becomes too large for that goes to a buffer of its own.
 */

import { assert } from '@ottla/stdx'
import { LZ4_MODULE } from './lz4-module.ts'
import {
  HISTORY_BYTES,
  INPUT,
  MAX_BLOCK_BYTES,
  MAX_OUTPUT_BYTES,
  MAX_PACKED_BLOCK_BYTES,
  MAX_PAGES,
  PAGE_BYTES,
  SLACK_BYTES,
} from './lz4-wasm/layout.ts'
import type { ResultMemory } from './output.ts'

/** Most bytes by which packing makes a block larger; then it is stored as it is, but that is seen too late. */
const MAX_GROWTH_BYTES = 16 + MAX_PACKED_BLOCK_BYTES / 255
/** In the size of a block: it is as it was. */
export const STORED = 2 ** 31
const SIZE_BYTES = 4

interface Lz4Module {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  compress(bytes: number, out: number): number
  decompress(pos: number, end: number, to: number, limit: number, floor: number): number
}

/** TypeScript knows it from the library of browsers alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** Bytes that lie in a row. */
export interface Extent {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** A block to unpack. */
export interface PackedBlock {
  readonly bytes: Uint8Array
  /** Most bytes that it may unpack to. */
  readonly maxBytes: number
  /** It may copy from what was written last, so many bytes. */
  readonly historyBytes: number
}

let kept: Lz4Memory | undefined

/** The one of this thread: all that uses it is synchronous. Made on first use. */
export function lz4Memory(): Lz4Memory {
  return (kept ??= new Lz4Memory())
}

export class Lz4Memory {
  readonly #module: Lz4Module
  /** The whole memory; another when it has grown. */
  #bytes: Buffer
  /** Where the output begins, and where its next byte goes. */
  #start = 0
  #next = 0
  /** What stands before is in the large buffer, and here only for copies. */
  #moved = 0
  #large: Buffer | null = null
  #largeBytes = 0

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(LZ4_MODULE, 'base64'))
    this.#module = new WebAssembly.Instance(module).exports as Lz4Module
    this.#bytes = Buffer.from(this.#module.memory.buffer)
  }

  /** Begins an output, the one before being done with. Blocks of the input have at most `maxBlockBytes` (4 MB). */
  begin(maxBlockBytes: number): void {
    assert(maxBlockBytes <= MAX_BLOCK_BYTES, 'a block has at most 4 MB')
    this.#start = this.#next = this.#moved = INPUT + Math.ceil(maxBlockBytes / SLACK_BYTES + 1) * SLACK_BYTES
    this.#largeBytes = 0
  }

  /** Bytes written since it began. */
  get length(): number {
    return this.#largeBytes + this.#next - this.#moved
  }

  /** Appends bytes as they are, at most 4 MB. */
  append(source: Uint8Array): void {
    this.#reserve(source.length)
    this.#bytes.set(source, this.#next)
    this.#next += source.length
  }

  /** Appends a block with its size in front: packed, or as it is where that is not larger. Of at most MAX_PACKED_BLOCK_BYTES. */
  pack(source: Uint8Array): void {
    this.#reserve(SIZE_BYTES + source.length + MAX_GROWTH_BYTES)
    this.#bytes.set(source, INPUT)
    const start = this.#next + SIZE_BYTES
    const end = this.#module.compress(source.length, start)
    if (end - start < source.length) {
      this.#bytes.writeInt32LE(end - start, this.#next)
      this.#next = end
    } else {
      this.#bytes.writeUInt32LE(source.length + STORED, this.#next)
      this.#bytes.set(source, start)
      this.#next = start + source.length
    }
  }

  /** Appends what a block unpacks to. Gives 0, or OVER_LIMIT, CUT_SHORT, WRONG_DISTANCE, when nothing is appended. */
  unpack({ bytes, maxBytes, historyBytes }: PackedBlock): number {
    this.#reserve(maxBytes)
    this.#bytes.set(bytes, INPUT)
    const to = this.#next
    const floor = Math.max(this.#start, to - historyBytes)
    const end = this.#module.decompress(INPUT, INPUT + bytes.length, to, to + maxBytes, floor)
    if (end < 0) return end
    this.#next = end
    return 0
  }

  /** All that was written, until more is. */
  written(): Extent {
    if (this.#large === null) return { buffer: this.#bytes, start: this.#start, end: this.#next }
    this.#move()
    return { buffer: this.#large, start: 0, end: this.#largeBytes }
  }

  /** A copy of all that was written, behind `headroom` bytes for the caller; or its large buffer, when most of that is used. */
  finish(headroom: number, memory: ResultMemory = Buffer.allocUnsafe): Buffer {
    const { buffer, start, end } = this.written()
    if (headroom === 0 && start === 0 && end * 2 >= buffer.length) return buffer.subarray(0, end)
    const copy = memory(headroom + end - start)
    buffer.copy(copy, headroom, start, end)
    return copy
  }

  /** Lets go of what was written. */
  clear(): void {
    this.#large = null
  }

  /** Makes room for so many bytes, and for what is written beyond them. */
  #reserve(bytes: number): void {
    if (this.#next + bytes - this.#start > MAX_OUTPUT_BYTES) this.#move()
    const needed = this.#next + bytes + SLACK_BYTES
    const present = this.#bytes.length
    if (needed <= present) return
    const pages = Math.min(Math.max(Math.ceil(needed / PAGE_BYTES), (2 * present) / PAGE_BYTES), MAX_PAGES)
    this.#module.memory.grow(pages - present / PAGE_BYTES)
    this.#bytes = Buffer.from(this.#module.memory.buffer)
  }

  /** Moves what was written to the large buffer; what copies may reach stays here as well. */
  #move(): void {
    const bytes = this.#next - this.#moved
    const needed = this.#largeBytes + bytes
    if (this.#large === null || this.#large.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * MAX_OUTPUT_BYTES, 2 * this.#largeBytes))
      this.#large?.copy(larger, 0, 0, this.#largeBytes)
      this.#large = larger
    }
    this.#bytes.copy(this.#large, this.#largeBytes, this.#moved, this.#next)
    this.#largeBytes = needed
    const history = Math.min(HISTORY_BYTES, this.#next - this.#start)
    this.#bytes.copyWithin(this.#start, this.#next - history, this.#next)
    this.#next = this.#moved = this.#start + history
  }
}
