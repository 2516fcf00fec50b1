import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { INT64_MAX, INT64_MIN } from '@ottla/stdx'
import fc from 'fast-check'
import { ProtocolError } from './protocol-error.ts'
import { Reader } from './reader.ts'

function readerOf(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'))
}

function checkMalformed(hex: string, read: (reader: Reader) => unknown): void {
  assert.throws(() => read(readerOf(hex)), { name: 'ProtocolError', code: 'MALFORMED' }, hex)
}

const READS: Readonly<Record<string, (reader: Reader) => unknown>> = {
  bool: (r) => r.bool(),
  int8: (r) => r.int8(),
  int16: (r) => r.int16(),
  uint16: (r) => r.uint16(),
  int32: (r) => r.int32(),
  uint32: (r) => r.uint32(),
  int64: (r) => r.int64(),
  int64bits: (r) => r.int64bits(),
  float64: (r) => r.float64(),
  uvarint: (r) => r.uvarint(),
  varint: (r) => r.varint(),
  varlong: (r) => r.varlong(),
  uuid: (r) => r.uuid(),
  string: (r) => r.string(),
  nullableString: (r) => r.nullableString(),
  compactString: (r) => r.compactString(),
  compactNullableString: (r) => r.compactNullableString(),
  bytes: (r) => r.bytes(),
  nullableBytes: (r) => r.nullableBytes(),
  compactBytes: (r) => r.compactBytes(),
  compactNullableBytes: (r) => r.compactNullableBytes(),
  arrayCount: (r) => r.arrayCount(1),
  compactArrayCount: (r) => r.compactArrayCount(1),
  tagCount: (r) => r.tagCount(),
  tagEnd: (r) => r.tagEnd(),
}

describe('Reader', () => {
  it('reads big-endian numbers', () => {
    const reader = readerOf('fffffeffff80000000ffffffff0000000100000000')
    assert.equal(reader.int8(), -1)
    assert.equal(reader.int16(), -2)
    assert.equal(reader.uint16(), 0xffff)
    assert.equal(reader.int32(), -(2 ** 31))
    assert.equal(reader.uint32(), 2 ** 32 - 1)
    assert.equal(reader.int64(), 2 ** 32)
    assert.equal(reader.remaining, 0)
  })

  it('reads both sentinels of int64 exactly, and opaque bits as they are', () => {
    assert.equal(readerOf('7fffffffffffffff').int64(), INT64_MAX)
    assert.equal(readerOf('8000000000000000').int64(), INT64_MIN)
    assert.equal(readerOf('ffffffffffffffff').int64(), -1)
    assert.equal(readerOf('7ffffffffffffffe').int64bits(), 2n ** 63n - 2n)
  })

  it('reads strings and bytes in all four forms, null among them', () => {
    assert.equal(readerOf('0002c3a9').string(), 'é')
    assert.equal(readerOf('0000').string(), '')
    assert.equal(readerOf('ffff').nullableString(), null)
    assert.equal(readerOf('03c3a9').compactString(), 'é')
    assert.equal(readerOf('00').compactNullableString(), null)
    assert.deepEqual(readerOf('000000020102').bytes(), Buffer.from([1, 2]))
    assert.equal(readerOf('ffffffff').nullableBytes(), null)
    assert.deepEqual(readerOf('030102').compactBytes(), Buffer.from([1, 2]))
    assert.equal(readerOf('00').compactNullableBytes(), null)
    const long = 'a'.repeat(100)
    assert.equal(readerOf(`0064${Buffer.from(long).toString('hex')}`).string(), long)
  })

  it('refuses null where none may be', () => {
    checkMalformed('ffff', (r) => r.string())
    checkMalformed('00', (r) => r.compactString())
    checkMalformed('ffffffff', (r) => r.bytes())
    checkMalformed('00', (r) => r.compactBytes())
  })

  it('refuses lengths and counts beyond what is left', () => {
    checkMalformed('000361', (r) => r.string())
    checkMalformed('7fff61', (r) => r.string())
    checkMalformed('0361', (r) => r.compactString())
    checkMalformed('ffffffff0f61', (r) => r.compactString())
    checkMalformed('7fffffff61', (r) => r.bytes())
    checkMalformed('ffffffff0f61', (r) => r.compactBytes())
    checkMalformed('0000000261', (r) => r.arrayCount(1))
    checkMalformed('000000026161', (r) => r.arrayCount(2))
    checkMalformed('036161', (r) => r.compactArrayCount(2))
    checkMalformed('0261', (r) => r.tagCount())
    checkMalformed('0261', (r) => r.tagEnd())
    assert.equal(readerOf('0000000261616161').arrayCount(2), 2)
    assert.equal(readerOf('ffffffff').arrayCount(1), -1)
    assert.equal(readerOf('80000000').arrayCount(1), -1)
  })

  it('keeps to its range within a larger buffer', () => {
    const reader = new Reader(Buffer.from('00010203ff', 'hex'), 1, 4)
    assert.equal(reader.remaining, 3)
    assert.equal(reader.int16(), 0x0102)
    assert.throws(() => reader.int16(), ProtocolError)
    assert.equal(reader.int8(), 3)
    assert.throws(() => reader.int8(), ProtocolError)
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0, 6],
    ] as const) {
      assert.throws(() => new Reader(Buffer.alloc(5), start, end), RangeError)
    }
  })

  it('gives views of bytes, not copies', () => {
    const buffer = Buffer.from('000000020102', 'hex')
    const bytes = new Reader(buffer).bytes()
    buffer[4] = 9
    assert.equal(bytes[0], 9)
  })

  it('takes any bytes and throws nothing but ProtocolError, never moving past its end', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 24 }),
      fc.constantFrom(...Object.keys(READS)),
      (array, name) => {
        const reader = new Reader(Buffer.from(array))
        try {
          READS[name]!(reader)
        } catch (error) {
          assert.ok(error instanceof ProtocolError)
        }
        assert.ok(reader.position <= reader.end)
      },
    )
    fc.assert(property, { numRuns: 3000 })
  })
})
