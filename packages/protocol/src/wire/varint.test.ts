import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { isExactInt64, parseInt64 } from '@ottla/stdx'
import fc from 'fast-check'
import { ProtocolError } from './protocol-error.ts'
import {
  readUvarint,
  readUvarlong,
  readVarint,
  readVarlong,
  sizeOfUvarint,
  sizeOfVarint,
  sizeOfVarlong,
  writeUvarint,
  writeUvarlong,
  writeVarint,
  writeVarlong,
} from './varint.ts'

interface GoldenLine {
  readonly kind: string
  readonly v: number | string
  readonly zigzagVarint: string
  readonly unsignedVarint: string
  readonly zigzagVarlong: string
}

type Read = typeof readVarint
type Write = typeof writeVarint

function encode(write: Write, value: number): Buffer {
  const buffer = Buffer.alloc(12)
  return buffer.subarray(0, write(buffer, 0, value))
}

function decode(read: Read, buffer: Buffer): number {
  const cursor = { buffer, position: 0, end: buffer.length }
  const value = read(cursor)
  assert.equal(cursor.position, buffer.length)
  return value
}

function checkRoundTrip(codec: { read: Read; write: Write; size?: (n: number) => number }, value: number): void {
  const bytes = encode(codec.write, value)
  assert.equal(decode(codec.read, bytes), value)
  if (codec.size) assert.equal(codec.size(value), bytes.length)
}

function checkHex(codec: { read: Read; write: Write }, value: number, hex: string): void {
  assert.equal(encode(codec.write, value).toString('hex'), hex)
  assert.equal(decode(codec.read, Buffer.from(hex, 'hex')), value)
}

const uvarint = { read: readUvarint, write: writeUvarint, size: sizeOfUvarint }
const varint = { read: readVarint, write: writeVarint, size: sizeOfVarint }
const varlong = { read: readVarlong, write: writeVarlong, size: sizeOfVarlong }
const uvarlong = { read: readUvarlong, write: writeUvarlong }

describe('varint', () => {
  it('has the known bytes', () => {
    checkHex(uvarint, 0, '00')
    checkHex(uvarint, 127, '7f')
    checkHex(uvarint, 128, '8001')
    checkHex(uvarint, 300, 'ac02')
    checkHex(uvarint, 2 ** 32 - 1, 'ffffffff0f')
    checkHex(varint, -1, '01')
    checkHex(varint, 1, '02')
    checkHex(varint, 2 ** 31 - 1, 'feffffff0f')
    checkHex(varint, -(2 ** 31), 'ffffffff0f')
    checkHex(varlong, -1, '01')
    checkHex(varlong, 2 ** 31, '8080808010')
    checkHex(varlong, 2 ** 53 - 1, 'feffffffffffff1f')
    checkHex(varlong, 2 ** 63, 'feffffffffffffffff01')
    checkHex(varlong, -(2 ** 63), 'ffffffffffffffffff01')
  })

  it('round-trips every number of its range, with the size foretold', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (n) => checkRoundTrip(uvarint, n)))
    fc.assert(fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (n) => checkRoundTrip(varint, n)))
    fc.assert(fc.property(fc.maxSafeInteger(), (n) => checkRoundTrip(varlong, n)))
    fc.assert(fc.property(fc.maxSafeNat(), (n) => checkRoundTrip(uvarlong, n)))
    for (let power = 0; power <= 63; power++) {
      const around =
        power < 53 ? [2 ** power - 1, 2 ** power, -(2 ** power), -(2 ** power) - 1] : [2 ** power, -(2 ** power)]
      for (const n of around) checkRoundTrip(varlong, n)
    }
  })

  it('reads the same with other bytes behind it', () => {
    const after = (write: Write, value: number) => Buffer.concat([encode(write, value), Buffer.alloc(10, 0xff)])
    const check = (read: Read, write: Write, value: number) => {
      const buffer = after(write, value)
      const cursor = { buffer, position: 0, end: buffer.length }
      assert.equal(read(cursor), value)
      assert.equal(cursor.position, buffer.length - 10)
    }
    for (let power = 0; power <= 31; power++) {
      for (const value of [2 ** power - 1, 2 ** power]) check(readUvarint, writeUvarint, value)
      for (const value of [2 ** power - 1, -(2 ** power), -(2 ** power) + 1]) check(readVarint, writeVarint, value)
    }
    for (let power = 0; power <= 52; power++) {
      for (const value of [2 ** power - 1, 2 ** power, -(2 ** power), 1 - 2 ** power])
        check(readVarlong, writeVarlong, value)
    }
    for (const hex of ['ffffffff1f00', 'ffffffffff0f', '80808080800000']) {
      assert.throws(() => readUvarint({ buffer: Buffer.from(hex, 'hex'), position: 0, end: 6 }), ProtocolError, hex)
    }
  })

  it('has the bytes of Kafka', () => {
    const lines = readFileSync(new URL('../../golden/hashes.jsonl', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n')
    let checked = 0
    for (const line of lines.map((text) => JSON.parse(text) as GoldenLine)) {
      if (line.kind === 'varint') {
        checkHex(varint, line.v as number, line.zigzagVarint)
        checkHex(uvarint, (line.v as number) >>> 0, line.unsignedVarint)
        checked++
      } else if (line.kind === 'varlong' && isExactInt64(parseInt64(line.v as string))) {
        checkHex(varlong, parseInt64(line.v as string), line.zigzagVarlong)
        checked++
      }
    }
    assert.ok(checked > 40, String(checked))
  })

  it('refuses what is cut short, too long or too large', () => {
    for (const hex of ['', '80', 'ffffffff', 'ffffffff1f', '808080808000', 'ffffffffff0f']) {
      for (const read of [readUvarint, readVarint]) {
        assert.throws(() => decode(read, Buffer.from(hex, 'hex')), ProtocolError, hex)
      }
    }
    for (const hex of ['', '80', 'ffffffffffffffffff', 'ffffffffffffffffff02', '8080808080808080808000']) {
      for (const read of [readVarlong, readUvarlong]) {
        assert.throws(() => decode(read, Buffer.from(hex, 'hex')), ProtocolError, hex)
      }
    }
  })

  it('never reads past its end', () => {
    const cursor = { buffer: Buffer.from('8001', 'hex'), position: 0, end: 1 }
    assert.throws(() => readUvarint(cursor), ProtocolError)
    assert.equal(cursor.position, 0)
  })
})
