import { assert } from './assert.ts'

const TWO_32 = 2 ** 32

/**
 * A seeded source of random numbers: xoshiro128** filled by splitmix32. The same seed gives the same sequence on every
 * machine and version. For simulation, tests and jitter; never for secrets.
 */
export class Prng {
  #a: number
  #b: number
  #c: number
  #d: number

  /** A number is taken modulo 2^32 with its upper part mixed in; text is hashed. */
  constructor(seed: number | string) {
    const next = splitmix32(typeof seed === 'string' ? hash(seed) : fold(seed))
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next() | 1
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0
    const t = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= t
    this.#d = rotateLeft(this.#d, 11)
    return scrambled
  }

  /** A whole number in [0, bound), without bias; 1 ≤ bound ≤ 2^32. */
  below(bound: number): number {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= TWO_32, 'bound between 1 and 2^32')
    const limit = TWO_32 - (TWO_32 % bound)
    for (;;) {
      const n = this.uint32()
      if (n < limit) return n % bound
    }
  }

  /** A whole number in [min, max]. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /** A number in [0, 1) with 53 random bits. */
  float(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53
  }

  /** True with the given probability (0 never, 1 always). */
  chance(probability: number): boolean {
    return this.float() < probability
  }

  /** One of the items; there is at least one. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  /** The items in random order, as a new array. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const item = shuffled[i] as T
      shuffled[i] = shuffled[j] as T
      shuffled[j] = item
    }
    return shuffled
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count)
    let i = 0
    for (; i + 4 <= count; i += 4) bytes.writeUInt32LE(this.uint32(), i)
    for (let rest = this.uint32(); i < count; i++, rest >>>= 8) bytes[i] = rest & 0xff
    return bytes
  }

  /** A new source that depends on this one's state and the label, so that draws from one do not shift the other. */
  fork(label: string): Prng {
    return new Prng(`${this.uint32()}/${label}`)
  }
}

function rotateLeft(n: number, by: number): number {
  return (n << by) | (n >>> (32 - by))
}

function fold(seed: number): number {
  assert(Number.isFinite(seed), 'seed is finite')
  return (Math.trunc(seed) ^ Math.imul(Math.trunc(seed / TWO_32), 0x9e3779b1)) >>> 0
}

/** FNV-1a over the UTF-16 units. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

function splitmix32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
}
