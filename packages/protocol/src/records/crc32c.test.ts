import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { crc32c, crc32cInTypeScript, loadNativeCrc32c } from './crc32c.ts'

/** Bit by bit, as the definition has it. */
function slow(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

const part = fc.uint8Array({ maxLength: 1500 }).chain((bytes) =>
  fc.tuple(fc.nat(bytes.length), fc.nat(bytes.length)).map(([a, b]) => ({
    bytes: Buffer.from(bytes),
    start: Math.min(a, b),
    end: Math.max(a, b),
  })),
)

describe('crc32c', () => {
  it('gives the published check value, and 0 for nothing', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
    assert.equal(crc32c(Buffer.alloc(0)), 0)
  })

  for (const mode of ['tables', 'native where it is installed']) {
    it(`is that of the definition for any part of any buffer (${mode})`, () => {
      if (mode !== 'tables') loadNativeCrc32c()
      fc.assert(
        fc.property(part, ({ bytes, start, end }) => {
          const expected = slow(bytes.subarray(start, end))
          assert.equal(crc32c(bytes, start, end), expected)
          assert.equal(crc32cInTypeScript(bytes, start, end), expected)
        }),
        { numRuns: 60 },
      )
    })

    it(`goes on from a checksum (${mode})`, () => {
      const bytes = Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7) ^ (i >> 3)))
      for (const cut of [0, 1, 15, 16, 400, 1000, 1999, 2000]) {
        assert.equal(crc32c(bytes, cut, 2000, crc32c(bytes, 0, cut)), slow(bytes))
        assert.equal(crc32cInTypeScript(bytes, cut, 2000, crc32cInTypeScript(bytes, 0, cut)), slow(bytes))
      }
    })
  }

  it('a range outside of the buffer is refused, even where other bytes lie', () => {
    loadNativeCrc32c()
    const bytes = Buffer.alloc(2000).subarray(20, 1500)
    for (const [start, end] of [
      [-1, 10],
      [1400, 1481],
      [-1, 1000],
      [0, 1481],
    ] as const) {
      assert.throws(() => crc32c(bytes, start, end), RangeError)
    }
  })
})
