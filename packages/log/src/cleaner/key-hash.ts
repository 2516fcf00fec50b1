/**
 * MurmurHash3 (x86, 128 bits) of a key. Two keys with one hash would be taken for one, and the older record dropped: with 128 bits
 * that does not happen by chance.
 */

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/** Writes the hash of `buf[start, start + length)` into the four words of `into`. */
export function hashKey(
  buf: Uint8Array,
  start: number,
  length: number,
  into: { readonly seed: number; words: Uint32Array },
): void {
  const { seed, words } = into
  let h1 = seed | 0
  let h2 = seed | 0
  let h3 = seed | 0
  let h4 = seed | 0
  const blocksEnd = start + (length & ~15)
  for (let at = start; at < blocksEnd; at += 16) {
    h1 ^= mix1(wordAt(buf, at))
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0
    h2 ^= mix2(wordAt(buf, at + 4))
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0
    h3 ^= mix3(wordAt(buf, at + 8))
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0
    h4 ^= mix4(wordAt(buf, at + 12))
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0
  }
  const left = length & 15
  if (left > 12) h4 ^= mix4(partAt(buf, blocksEnd + 12, left - 12))
  if (left > 8) h3 ^= mix3(partAt(buf, blocksEnd + 8, Math.min(4, left - 8)))
  if (left > 4) h2 ^= mix2(partAt(buf, blocksEnd + 4, Math.min(4, left - 4)))
  if (left > 0) h1 ^= mix1(partAt(buf, blocksEnd, Math.min(4, left)))
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = avalanche(h1)
  h2 = avalanche(h2)
  h3 = avalanche(h3)
  h4 = avalanche(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  words[0] = h1
  words[1] = h2 + h1
  words[2] = h3 + h1
  words[3] = h4 + h1
}

function wordAt(buf: Uint8Array, at: number): number {
  return buf[at]! | (buf[at + 1]! << 8) | (buf[at + 2]! << 16) | (buf[at + 3]! << 24)
}

/** The last bytes of a key, fewer than a word or one. */
function partAt(buf: Uint8Array, at: number, bytes: number): number {
  let word = 0
  for (let i = bytes - 1; i >= 0; i--) word = (word << 8) | buf[at + i]!
  return word
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function mix1(word: number): number {
  return Math.imul(rotate(Math.imul(word, C1), 15), C2)
}

function mix2(word: number): number {
  return Math.imul(rotate(Math.imul(word, C2), 16), C3)
}

function mix3(word: number): number {
  return Math.imul(rotate(Math.imul(word, C3), 17), C4)
}

function mix4(word: number): number {
  return Math.imul(rotate(Math.imul(word, C4), 18), C1)
}

function avalanche(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
