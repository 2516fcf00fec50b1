import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { xxh3 } from './xxh3.ts'

/** Byte i of the input of n bytes. The hashes below were made by another implementation over the same bytes. */
function input(n: number): Buffer {
  return Buffer.from(Array.from({ length: n }, (_, i) => (i * 31 + n * 7) ^ (i >> 2)))
}

/** One length on each side of every boundary at which the algorithm changes. */
const EXPECTED: readonly (readonly [number, string])[] = [
  [0, '2d06800538d394c2'],
  [1, '4c5cca45d0f4811f'],
  [3, '49a740f94f19d203'],
  [4, 'b9426fda54883cff'],
  [8, '794235a8e635a1e5'],
  [9, '9c0da280498ee49c'],
  [16, '9d91f8ede9bc7067'],
  [17, '35197aeca47d5a3d'],
  [32, '0ad6406e0d1b3d69'],
  [33, '194515957ba8bf66'],
  [64, '9080348a1e246076'],
  [65, '3e06a0a33af16fab'],
  [96, 'dd1ccb7da51d51ba'],
  [97, 'edb9a194d737f7dc'],
  [128, '975ce42b3c8f7ff7'],
  [129, '7ab8bcdbe3e7326a'],
  [144, '4a0a9c1873960787'],
  [240, '82a77dfe22b41031'],
  [241, '3ebcdc6a3228de6e'],
  [1024, '0880f0a5a4dc8ec9'],
  [1025, '1452ebeaa6536935'],
  [1088, '397cfc8d54b920ea'],
  [3000, 'ddd1df2ddef55d87'],
]

describe('xxh3', () => {
  it('agrees with other implementations on both sides of every length at which it works differently', () => {
    for (const [length, hex] of EXPECTED) {
      assert.equal(
        BigInt.asUintN(64, xxh3(input(length)))
          .toString(16)
          .padStart(16, '0'),
        hex,
        `${length} bytes`,
      )
    }
  })
})
