/**
 * The newest offset of each key in the part of a log that is being cleaned. A flat table with open addressing in typed arrays: 24 bytes
 * per place, 16 of them the hash of the key; the keys themselves are not kept.
 */
import { assert } from '@ottla/stdx'
import { hashKey } from './key-hash.ts'

/** Bytes of one place: four words of hash, one offset. */
const MAP_PLACE_BYTES = 24

export interface OffsetMapOptions {
  /** Memory that the table may take. */
  readonly bytes: number
  /** Share of the places that is used before the map counts as full. */
  readonly loadFactor: number
  /** No more keys than this will come: a smaller table does. */
  readonly keysMax: number
  /** Differs from one cleaning to the next, so that keys whose hashes are the same cannot be made up beforehand. */
  readonly seed: number
}

export class OffsetMap {
  /** Everything up to here is in the map, -1 while nothing is. */
  latestOffset = -1
  readonly #places: number
  readonly #capacity: number
  readonly #hashes: Uint32Array
  /** One more than the offset; 0 in a free place. */
  readonly #offsets: Float64Array
  readonly #key: { readonly seed: number; words: Uint32Array }
  #size = 0

  constructor({ bytes, loadFactor, keysMax, seed }: OffsetMapOptions) {
    const affordable = Math.floor(bytes / MAP_PLACE_BYTES)
    const needed = Math.ceil(keysMax / loadFactor) + 1
    this.#places = primeUpTo(Math.max(3, Math.min(affordable, needed)))
    this.#capacity = Math.max(1, Math.floor(this.#places * Math.min(loadFactor, 0.95)))
    this.#hashes = new Uint32Array(this.#places * 4)
    this.#offsets = new Float64Array(this.#places)
    this.#key = { seed, words: new Uint32Array(4) }
  }

  get size(): number {
    return this.#size
  }

  get capacity(): number {
    return this.#capacity
  }

  /** Notes the key's newest offset. False when there is no room: nothing has changed then. */
  put(buf: Uint8Array, keyStart: number, keyLength: number, offset: number): boolean {
    const place = this.#find(buf, keyStart, keyLength)
    if (this.#offsets[place] === 0) {
      if (this.#size >= this.#capacity) return false
      this.#size++
      this.#hashes.set(this.#key.words, place * 4)
    }
    this.#offsets[place] = offset + 1
    return true
  }

  /** The newest offset of the key; -1 when it is not in the map. */
  offsetOf(buf: Uint8Array, keyStart: number, keyLength: number): number {
    return this.#offsets[this.#find(buf, keyStart, keyLength)]! - 1
  }

  /** The place that holds the key, or the free one where it belongs. */
  #find(buf: Uint8Array, keyStart: number, keyLength: number): number {
    hashKey(buf, keyStart, keyLength, this.#key)
    const [h1, h2, h3, h4] = this.#key.words as unknown as [number, number, number, number]
    const hashes = this.#hashes
    const places = this.#places
    let place = h1 % places
    // The number of places is prime, so every step visits all of them.
    const step = 1 + (h2 % (places - 1))
    for (let tries = 0; tries <= places; tries++) {
      if (this.#offsets[place] === 0) return place
      const at = place * 4
      if (hashes[at] === h1 && hashes[at + 1] === h2 && hashes[at + 2] === h3 && hashes[at + 3] === h4) return place
      place += step
      if (place >= places) place -= places
    }
    assert(false, 'an offset map keeps free places')
  }
}

function primeUpTo(number: number): number {
  for (let candidate = number; ; candidate--) if (isPrime(candidate)) return candidate
}

function isPrime(number: number): boolean {
  if (number % 2 === 0) return number === 2
  for (let divisor = 3; divisor * divisor <= number; divisor += 2) if (number % divisor === 0) return false
  return number > 1
}
