import { assert } from './assert.ts'
import { SlabReserve } from './slab-reserve.ts'

/**
 * Pooled memory for bytes that live a short time and are shared: frames of requests, the tail of a log.
 *
 * A slab is one block from which slices are cut one behind the other. Each slice is counted; a slab is used again only when
 * none of its slices is held any more. So one slice that is kept for long keeps its whole slab: copy what must be kept.
 */
export interface SlabPoolOptions {
  /** Size of one slab; a request above a quarter of it gets a block of its own. Default 1 MiB. */
  readonly slabBytes?: number
  /** Free blocks beyond this are given back. Default 32 MiB. */
  readonly maxFreeBytes?: number
  /** Debug mode: a freed slice is filled with 0xDB, so that use after release shows. */
  readonly poison?: boolean
  /** Gives the memory of a block back at once, that nobody uses any more. Default: the garbage collector finds it. */
  readonly discard?: (block: Buffer) => void
  /** Runs something in a later turn of the loop: then blocks are given back a few at a time, and not all at once when a burst is over. */
  readonly later?: (run: () => void) => void
  /**
   * So many bytes of slabs are made at once and touched when they are needed, and it stays so many (see {@link SlabReserve}). For memory that
   * goes back to the system when it is discarded. Shared with siblings. Default 0.
   */
  readonly reserveBytes?: number
}

/**
 * The block that a slice was cut from. Who keeps many slices for long holds their slabs instead, once for each slice, and remembers where they
 * lie: that takes no object for each.
 */
export interface Slab {
  /** All of it, of which the holder reads what was his slice. */
  readonly bytes: Buffer
  /** One more holder, of whatever part. Only while somebody holds it or a slice of it. */
  retain(): void
  /** One holder less. */
  release(): void
}

/** A counted piece of memory. Its maker holds the first count. */
export interface SlabSlice {
  /** Where it was cut from, unless it is memory of its own. */
  readonly slab?: Slab
  /** Exactly the bytes that were asked for. Not to be touched after the last release. */
  readonly buffer: Buffer
  /** One more holder. Returns the slice itself. */
  retain(): SlabSlice
  /** One holder less; at zero the memory may be used again at once. */
  release(): void
}

export interface SlabPoolCounters {
  /** Slices handed out, ever. */
  readonly slices: number
  /** Blocks taken from the operating system, ever. */
  readonly blocksAllocated: number
  /** Times a block was used again. */
  readonly blocksReused: number
  /** Bytes of all blocks that some slice still holds. */
  readonly inUseBytes: number
  /** Bytes of blocks waiting to be used again. */
  readonly freeBytes: number
  /** Bytes of slabs that nobody has touched yet. */
  readonly readyBytes: number
}

const POISON = 0xdb
const ALIGNMENT = 8
const PAGE_BYTES = 4096
/** A free block may be this much larger than what is asked of it. */
const MAX_WASTE = 2
/** So many slabs may be free beyond what was in use at once: few enough to cost nothing, and who uses little may change what it asks for. */
const SPARE_SLABS = 4

/** What becomes of bytes that nobody holds any more. */
type WhenFreed = 'poison' | 'leave'

class Block implements Slab {
  readonly bytes: Buffer
  /** Where the next slice begins. */
  position = 0
  /** Slices that are held, and those who hold it as a whole. */
  live = 0
  /** Some hold it as a whole, or did since it was empty: of a slice that is freed nobody knows whether it is read on. */
  isShared = false
  readonly #emptied: (block: Block) => void

  constructor(bytes: Buffer, emptied: (block: Block) => void) {
    this.bytes = bytes
    this.#emptied = emptied
  }

  retain(): void {
    assert(this.live > 0, 'a free slab is not retained')
    this.live++
    this.isShared = true
  }

  release(): void {
    assert(this.live > 0, 'a slab is released once per holder')
    this.live--
    if (this.live === 0) this.#emptied(this)
  }
}

export class SlabPool {
  readonly #slabBytes: number
  readonly #maxFreeBytes: number
  readonly #whenFreed: WhenFreed
  readonly #reserve: SlabReserve
  /** In the order in which they became free: what stands in front has waited for the longest. */
  readonly #free: Block[] = []
  #current: Block
  #slices = 0
  #blocksAllocated = 0
  #blocksReused = 0
  #inUseBytes = 0
  #freeBytes = 0
  /** Most of `#inUseBytes` since the last trim, and between that and the one before. */
  #peakInUseBytes = 0
  #earlierPeakBytes = 0

  constructor(options: SlabPoolOptions = {}, reserve?: SlabReserve) {
    this.#slabBytes = options.slabBytes ?? 1024 * 1024
    this.#reserve =
      reserve ??
      new SlabReserve({
        slabBytes: this.#slabBytes,
        bytes: options.reserveBytes ?? 0,
        discard: options.discard ?? (() => {}),
        later: options.later,
      })
    this.#maxFreeBytes = options.maxFreeBytes ?? 32 * 1024 * 1024
    this.#whenFreed = options.poison === true ? 'poison' : 'leave'
    this.#current = new Block(Buffer.alloc(0), this.#emptied)
    this.#reserve.join(this.#lend)
  }

  get counters(): SlabPoolCounters {
    return {
      slices: this.#slices,
      blocksAllocated: this.#blocksAllocated,
      blocksReused: this.#blocksReused,
      inUseBytes: this.#inUseBytes,
      freeBytes: this.#freeBytes,
      readyBytes: this.#reserve.readyBytes,
    }
  }

  /** A pool of the same kind for slices of another lifetime: one that lives long beside many that do not keeps a whole slab from being used again. */
  sibling(options: { readonly maxFreeBytes: number }): SlabPool {
    const [slabBytes, poison] = [this.#slabBytes, this.#whenFreed === 'poison']
    return new SlabPool({ slabBytes, poison, maxFreeBytes: options.maxFreeBytes }, this.#reserve)
  }

  /** A slice of `bytes` bytes with one holder. Its content is whatever was there before. */
  allocate(bytes: number): SlabSlice {
    assert(Number.isInteger(bytes) && bytes >= 0, 'slice size is a whole number')
    const block = bytes > this.#slabBytes / 4 ? this.#takeLarge(bytes) : this.#slabFor(bytes)
    if (block.live === 0) this.#used(block)
    block.live++
    this.#slices++
    const start = block.position
    block.position = start + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    return new Slice(block, block.bytes.subarray(start, start + bytes), this.#whenFreed)
  }

  /** Gives free blocks back, but for as much as was in use since the call before and is not now. To be called now and then. */
  trim(): void {
    this.#shrinkFree(this.#peakInUseBytes - this.#inUseBytes)
    this.#earlierPeakBytes = this.#peakInUseBytes
    this.#peakInUseBytes = this.#inUseBytes
  }

  #used(block: Block): void {
    this.#inUseBytes += block.bytes.length
    if (this.#inUseBytes > this.#peakInUseBytes) this.#peakInUseBytes = this.#inUseBytes
  }

  /** Called by a block whose last holder let go. */
  readonly #emptied = (block: Block): void => {
    if (this.#whenFreed === 'poison' && block.isShared) block.bytes.fill(POISON, 0, block.position)
    this.#inUseBytes -= block.bytes.length
    block.position = 0
    block.isShared = false
    if (block !== this.#current) this.#keepFree(block)
  }

  #slabFor(bytes: number): Block {
    const current = this.#current
    if (current.position + bytes <= current.bytes.length) return current
    // The old slab frees itself with its last slice; it has one, or its position would be 0.
    this.#current = this.#freeSlab() ?? this.#newBlock(this.#slabBytes)
    return this.#current
  }

  /** The block that became free last: the processor may still have some of it. One that a large request left does as well. */
  #freeSlab(): Block | undefined {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      if (this.#sizeOfFree(i) <= this.#slabBytes * MAX_WASTE) return this.#reuse(i)
    }
    return undefined
  }

  #takeLarge(bytes: number): Block {
    let best = -1
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const size = this.#sizeOfFree(i)
      if (size >= bytes && size <= bytes * MAX_WASTE && (best < 0 || size < this.#sizeOfFree(best))) best = i
    }
    return best < 0 ? this.#newBlock(classOf(bytes)) : this.#reuse(best)
  }

  #sizeOfFree(index: number): number {
    return (this.#free[index] as Block).bytes.length
  }

  /** What is free and does not fit makes room: what is in use and what is free are together hardly more than what was in use at once. */
  #newBlock(size: number): Block {
    const most = Math.max(this.#peakInUseBytes, this.#earlierPeakBytes) + SPARE_SLABS * this.#slabBytes
    this.#shrinkFree(Math.max(0, most - this.#inUseBytes - size))
    this.#blocksAllocated++
    return new Block(this.#reserve.take(size), this.#emptied)
  }

  #reuse(index: number): Block {
    const block = this.#free.splice(index, 1)[0] as Block
    this.#blocksReused++
    this.#freeBytes -= block.bytes.length
    return block
  }

  /** A slab of those that wait to be used again. */
  readonly #lend = (): Buffer | undefined => {
    const index = this.#free.findIndex(({ bytes }) => bytes.length === this.#slabBytes)
    if (index < 0) return undefined
    this.#freeBytes -= this.#slabBytes
    return this.#free.splice(index, 1)[0]!.bytes
  }

  /** The new one stays, and those leave that nobody wanted for the longest: what is asked for now is like what was freed now. */
  #keepFree(block: Block): void {
    const size = block.bytes.length
    if (size > this.#maxFreeBytes) {
      this.#reserve.giveBack(block.bytes)
      return
    }
    this.#shrinkFree(this.#maxFreeBytes - size)
    this.#freeBytes += size
    this.#free.push(block)
  }

  /** Gives back the blocks that have waited for the longest, as long as more than `bytesMax` are free; not more than that needs. */
  #shrinkFree(bytesMax: number): void {
    let count = 0
    while (this.#freeBytes > bytesMax && count < this.#free.length) {
      const { bytes } = this.#free[count++] as Block
      this.#freeBytes -= bytes.length
      this.#reserve.giveBack(bytes)
    }
    if (count > 0) this.#free.splice(0, count)
  }
}

/** Sizes of large blocks: four between a power of two and the next, so that one of nearly the same size finds a block again. */
function classOf(bytes: number): number {
  const step = Math.max(PAGE_BYTES, 2 ** (Math.floor(Math.log2(bytes)) - 2))
  return Math.ceil(bytes / step) * step
}

class Slice implements SlabSlice {
  readonly buffer: Buffer
  readonly #block: Block
  readonly #whenFreed: WhenFreed
  #holders = 1

  constructor(block: Block, buffer: Buffer, whenFreed: WhenFreed) {
    this.buffer = buffer
    this.#block = block
    this.#whenFreed = whenFreed
  }

  get slab(): Slab {
    return this.#block
  }

  retain(): SlabSlice {
    assert(this.#holders > 0, 'a freed slice is not retained')
    this.#holders++
    return this
  }

  release(): void {
    assert(this.#holders > 0, 'a slice is released once per holder')
    this.#holders--
    if (this.#holders > 0) return
    if (this.#whenFreed === 'poison' && !this.#block.isShared) this.buffer.fill(POISON)
    this.#block.release()
  }
}
