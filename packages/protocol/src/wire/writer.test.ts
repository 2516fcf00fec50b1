import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { INT64_MAX, INT64_MIN } from '@ottla/stdx'
import fc from 'fast-check'
import { Reader } from './reader.ts'
import { REFERENCE_BYTES, Writer } from './writer.ts'

function hexOf(write: (writer: Writer) => void): string {
  const writer = new Writer()
  write(writer)
  return writer.toBuffer().toString('hex')
}

describe('Writer', () => {
  it('gives message after message from the same memory, each until the next is begun', () => {
    const writer = new Writer()
    writer.int32(7)
    const first = writer.take()
    assert.equal(first.toString('hex'), '00000007')
    const large = Buffer.alloc(REFERENCE_BYTES, 1)
    writer.bytes(large)
    writer.int8(2)
    const second = writer.take()
    assert.deepEqual(second.subarray(-1 - REFERENCE_BYTES), Buffer.concat([large, Buffer.from([2])]))
    writer.int32(9)
    assert.equal(writer.take().toString('hex'), '00000009')
    assert.equal(writer.length, 0)
    assert.equal(first.buffer, writer.buffer.buffer)
    writer.discard()
  })

  it('writes big-endian numbers', () => {
    assert.equal(
      hexOf((w) => w.int8(-128)),
      '80',
    )
    assert.equal(
      hexOf((w) => w.int16(-2)),
      'fffe',
    )
    assert.equal(
      hexOf((w) => w.uint32(2 ** 32 - 1)),
      'ffffffff',
    )
    assert.equal(
      hexOf((w) => w.int64(2 ** 32)),
      '0000000100000000',
    )
    assert.equal(
      hexOf((w) => w.int64(-1)),
      'ffffffffffffffff',
    )
    assert.equal(
      hexOf((w) => w.int64(INT64_MAX)),
      '7fffffffffffffff',
    )
    assert.equal(
      hexOf((w) => w.int64(INT64_MIN)),
      '8000000000000000',
    )
    assert.equal(
      hexOf((w) => w.float64(1)),
      '3ff0000000000000',
    )
  })

  it('reads back as it was written', () => {
    const property = fc.property(
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.option(fc.uint8Array({ maxLength: 5000 }).map((array) => Buffer.from(array))),
      (number, text, bytes) => {
        const writer = new Writer()
        writer.int64(number)
        writer.varlong(number)
        writer.string(text)
        writer.compactString(text)
        writer.nullableBytes(bytes)
        writer.compactNullableBytes(bytes)
        writer.int8(7)
        const { length } = writer
        const buffer = writer.toBuffer()
        assert.equal(buffer.length, length)
        const reader = new Reader(buffer)
        assert.equal(reader.int64(), number)
        assert.equal(reader.varlong(), number)
        assert.equal(reader.string(), text)
        assert.equal(reader.compactString(), text)
        assert.deepEqual(reader.nullableBytes(), bytes)
        assert.deepEqual(reader.compactNullableBytes(), bytes)
        assert.equal(reader.int8(), 7)
        assert.equal(reader.remaining, 0)
      },
    )
    fc.assert(property)
  })

  it('references large bytes and copies small ones', () => {
    const small = Buffer.alloc(REFERENCE_BYTES - 1, 1)
    const large = Buffer.alloc(REFERENCE_BYTES, 2)
    const writer = new Writer()
    writer.raw(small)
    writer.raw(large)
    writer.raw(large)
    writer.int8(3)
    const pieces = writer.finish()
    assert.equal(pieces.length, 4)
    assert.equal(pieces[1], large)
    assert.equal(pieces[2], large)
    assert.deepEqual(Buffer.concat(pieces), Buffer.concat([small, large, large, Buffer.from([3])]))
  })

  it('patches a length that was not known before', () => {
    const writer = new Writer()
    const at = writer.reserve(4)
    writer.raw(Buffer.alloc(50_000))
    writer.string('after')
    writer.patchInt32(at, writer.length - 4)
    const buffer = writer.toBuffer()
    assert.equal(buffer.readInt32BE(0), buffer.length - 4)
  })

  it('grows as far as it must', () => {
    const writer = new Writer()
    for (let index = 0; index < 100_000; index++) writer.int32(index)
    const reader = new Reader(writer.toBuffer())
    for (let index = 0; index < 100_000; index++) assert.equal(reader.int32(), index)
  })

  it('is used up once finished', () => {
    const writer = new Writer()
    writer.int8(1)
    writer.finish()
    assert.throws(() => writer.finish(), /used up/)
  })

  it('leaves finished messages alone when others are written', () => {
    const first = new Writer()
    const second = new Writer()
    first.string('first')
    second.string('second')
    const [one] = first.finish()
    const third = new Writer()
    third.string('third, and longer than the others')
    assert.deepEqual(second.toBuffer(), Buffer.from('\0\x06second'))
    third.discard()
    assert.deepEqual(one, Buffer.from('\0\x05first'))
  })

  it('refuses strings longer than their length field can say', () => {
    const longest = 'a'.repeat(32767)
    assert.equal(hexOf((w) => w.string(longest)).length, 2 * (2 + 32767))
    assert.throws(() => hexOf((w) => w.string(`${longest}a`)), { code: 'INVALID_VALUE' })
    assert.throws(() => hexOf((w) => w.compactString(`${longest}a`)), { code: 'INVALID_VALUE' })
  })
})
