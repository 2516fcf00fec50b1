/**
 * Finite state entropy, the coder of zstd's sequences and Huffman weights: tables from symbol counts, the bit stream that is read
 * backwards, and the fixed tables and code ranges of sequences (RFC 8878, 4.1 and 3.1.1.3.2).
 */

import { malformedBytes } from '../compression-error.ts'

/** A decoding table: entry = symbol | bits << 8 | base of the next state << 16. */
export interface FseTable {
  readonly log: number
  readonly entries: Uint32Array
}

/** Symbol counts that add up to `1 << log`; -1 is a symbol rarer than one. */
export interface FseCounts {
  readonly log: number
  readonly counts: readonly number[]
}

/** Literal lengths: code to lowest value, and number of bits that follow. */
export const LITERAL_BASE = baseOf([...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 0)
/** Match lengths likewise; the shortest is 3. */
export const MATCH_BASE = baseOf(
  [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  3,
)

export const DEFAULT_LITERAL_COUNTS: FseCounts = {
  log: 6,
  counts: [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
  ],
}
export const DEFAULT_MATCH_COUNTS: FseCounts = {
  log: 6,
  counts: [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
  ],
}
export const DEFAULT_OFFSET_COUNTS: FseCounts = {
  log: 5,
  counts: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
}

interface CodeRange {
  readonly base: Int32Array
  readonly bits: Uint8Array
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0)
}

function baseOf(bits: readonly number[], first: number): CodeRange {
  const base = new Int32Array(bits.length)
  for (let code = 0, value = first; code < bits.length; code++) {
    base[code] = value
    value += 1 << bits[code]!
  }
  return { base, bits: Uint8Array.from(bits) }
}

/** The symbol of each state, spread over the table as the format says: rare ones at the end, the others in steps. */
export function spreadSymbols({ log, counts }: FseCounts): Uint8Array {
  const size = 1 << log
  const mask = size - 1
  const step = (size >>> 1) + (size >>> 3) + 3
  const symbols = new Uint8Array(size)
  let high = size
  for (let symbol = 0; symbol < counts.length; symbol++) if (counts[symbol] === -1) symbols[--high] = symbol
  let at = 0
  for (let symbol = 0; symbol < counts.length; symbol++) {
    for (let i = 0; i < counts[symbol]!; i++) {
      symbols[at] = symbol
      do at = (at + step) & mask
      while (at >= high && high > 0)
    }
  }
  return symbols
}

/** The decoding table for some counts. */
export function buildFseTable(counts: FseCounts): FseTable {
  const symbols = spreadSymbols(counts)
  const next = counts.counts.map((count) => (count === -1 ? 1 : count))
  const entries = new Uint32Array(symbols.length)
  for (let state = 0; state < symbols.length; state++) {
    const symbol = symbols[state]!
    const value = next[symbol]!
    next[symbol] = value + 1
    const bits = counts.log - (31 - Math.clz32(value))
    entries[state] = (symbol | (bits << 8) | (((value << bits) - symbols.length) << 16)) >>> 0
  }
  return { log: counts.log, entries }
}

/** A table that gives one symbol without reading bits. */
export function singleSymbolTable(symbol: number): FseTable {
  return { log: 0, entries: Uint32Array.of(symbol) }
}

/** Reads the counts that stand at `start`; gives them and the position after them. Throws MALFORMED. */
export function readFseCounts(
  input: Uint8Array,
  start: number,
  end: number,
  limits: { readonly log: number; readonly symbols: number },
): { counts: FseCounts; next: number } {
  const log = (byteAt(input, start, end) & 15) + 5
  if (log > limits.log) malformedBytes(`fse table of ${log} bits`)
  const counts: number[] = []
  let at = start * 8 + 4
  let left = (1 << log) + 1
  while (left > 1) {
    if (counts.length >= limits.symbols || at > end * 8) malformedBytes('fse counts do not add up')
    const bits = 32 - Math.clz32(left)
    const short = (1 << bits) - 1 - left
    const value = peekBits(input, at, end) & ((1 << bits) - 1)
    const low = value & ((1 << (bits - 1)) - 1)
    let count: number
    if (low < short) {
      count = low
      at += bits - 1
    } else {
      count = value >= 1 << (bits - 1) ? value - short : value
      at += bits
    }
    count--
    left -= Math.abs(count)
    counts.push(count)
    if (count !== 0) continue
    for (let repeat = 3; repeat === 3; ) {
      repeat = peekBits(input, at, end) & 3
      at += 2
      if (counts.length + repeat > limits.symbols) malformedBytes('fse counts do not add up')
      for (let i = 0; i < repeat; i++) counts.push(0)
    }
  }
  const next = (at + 7) >>> 3
  if (left !== 1 || next > end) malformedBytes('fse counts do not add up')
  return { counts: { log, counts }, next }
}

/** Bits from bit position `at` on, lowest first; at least 24 of them are valid, zeros beyond the end. */
function peekBits(input: Uint8Array, at: number, end: number): number {
  const index = at >>> 3
  let word = 0
  for (let i = 0; i < 4 && index + i < end; i++) word |= input[index + i]! << (8 * i)
  return word >>> (at & 7)
}

function byteAt(input: Uint8Array, at: number, end: number): number {
  if (at >= end) malformedBytes('zstd block is cut short')
  return input[at]!
}

/**
 * Reads a bit stream from its end to its beginning. The highest bit set in the last byte marks the end. Reading past the beginning
 * gives zeros and makes `left` negative, which the caller checks when he is done.
 */
export class BackwardBits {
  readonly #input: Uint8Array
  readonly #start: number
  readonly #end: number
  /** Bits not read yet. */
  left: number

  /** The stream in `input[start, end)`. Throws MALFORMED when it has no end mark. */
  constructor(input: Uint8Array, start: number, end: number) {
    if (start >= end || input[end - 1] === 0) malformedBytes('zstd bit stream without an end mark')
    this.#input = input
    this.#start = start
    this.#end = end
    this.left = (end - start) * 8 - 1 - (Math.clz32(input[end - 1]!) - 24)
  }

  /** The next `count` bits, 0 to 31. */
  read(count: number): number {
    if (count > 24) {
      const high = this.read(count - 16)
      return high * 65536 + this.read(16)
    }
    this.left -= count
    const left = this.left
    if (left < 0) return left + count <= 0 ? 0 : (this.#word(0) << -left) & ((1 << count) - 1)
    return (this.#word(left >>> 3) >>> (left & 7)) & ((1 << count) - 1)
  }

  /** The next `count` bits, at most 24, without moving. */
  peek(count: number): number {
    const left = this.left - count
    if (left < 0) return this.left <= 0 ? 0 : (this.#word(0) << -left) & ((1 << count) - 1)
    return (this.#word(left >>> 3) >>> (left & 7)) & ((1 << count) - 1)
  }

  #word(index: number): number {
    const at = this.#start + index
    const input = this.#input
    if (at + 4 <= this.#end) return input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)
    let word = 0
    for (let i = 0; at + i < this.#end; i++) word |= input[at + i]! << (8 * i)
    return word
  }
}
