import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { INT64_MAX, INT64_MIN } from '@ottla/stdx'
import { ProtocolError } from '../wire/protocol-error.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { type CodecMode, codecOf, compileCodec, decodeMessage, encodeMessage } from './codec.ts'
import {
  array,
  bool,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  int64bits,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from './field.ts'
import { fromJson, toJson } from './json.ts'
import { data, type Init, type Schema, type Value } from './schema.ts'
import { unsupportedField } from './unsupported-field.ts'

const Everything = data({ name: 'Everything', versions: '0-3', flexible: '2+' }, () => ({
  flag: bool({ default: true }),
  tiny: int8({ default: -1 }),
  small: int16(),
  port: uint16(),
  middle: int32(),
  unsigned: uint32(),
  large: int64({ default: INT64_MAX }),
  bits: int64bits(),
  real: float64(),
  id: uuid(),
  name: string({ default: 'nobody' }),
  nickname: string({ versions: '1+', nullable: '2+', default: '' }),
  blob: bytes(),
  batches: records({ nullable: '0+' }),
  inner: struct({ x: int32(), y: int32({ versions: '1+' }) }, { nullable: '2+' }),
  numbers: array(int32(), { nullable: '1+' }),
  names: array(string()),
  structs: array(struct({ key: string(), values: array(int64()) })),
  extra: struct({ depth: int32({ default: 7 }) }, { versions: '2+', tag: 3 }),
  note: string({ versions: '2+', tag: 1, nullable: '2+', default: null, ignorable: true }),
  wasPlain: int32({ versions: '1+', tag: 0, tagged: '3+' }),
}))
type Everything = Value<typeof Everything>

const MODES: readonly CodecMode[] = ['source', 'closures']

function encodeWith(mode: CodecMode, version: number, value: Init<typeof Everything>): Buffer {
  const writer = new Writer()
  compileCodec(Everything, version, mode).encode(writer, value)
  return writer.toBuffer()
}

function decodeWith(mode: CodecMode, version: number, buffer: Buffer): Everything {
  return compileCodec(Everything, version, mode).decode(new Reader(buffer))
}

function checkBoth(check: (mode: CodecMode) => void): void {
  for (const mode of MODES) check(mode)
}

describe('a codec', () => {
  it('fills in the defaults of missing fields, on both sides', () =>
    checkBoth((mode) => {
      for (let version = 0; version <= 3; version++) {
        const value = decodeWith(mode, version, encodeWith(mode, version, {}))
        assert.equal(value.flag, true)
        assert.equal(value.tiny, -1)
        assert.equal(value.large, INT64_MAX)
        assert.equal(value.bits, 0n)
        assert.equal(value.name, 'nobody')
        assert.equal(value.note, null)
        assert.equal(value.extra.depth, 7)
        assert.deepEqual(value.names, [])
        assert.equal('unknownTags' in value, false)
      }
    }))

  it('gives all fields in one order, whatever the version has', () =>
    checkBoth((mode) => {
      const names = Object.keys(Everything.fields)
      for (let version = 0; version <= 3; version++) {
        assert.deepEqual(Object.keys(decodeWith(mode, version, encodeWith(mode, version, {}))), names)
      }
    }))

  it('leaves out what the version lacks', () =>
    checkBoth((mode) => {
      const value = { nickname: 'bo', inner: { x: 1, y: 2 }, note: 'n', extra: { depth: 1 }, wasPlain: 5 }
      const old = decodeWith(mode, 0, encodeWith(mode, 0, value))
      assert.equal(old.nickname, '')
      assert.equal(old.inner?.y, 0)
      assert.equal(old.note, null)
      assert.equal(old.wasPlain, 0)
      assert.equal(decodeWith(mode, 1, encodeWith(mode, 1, value)).wasPlain, 5)
      assert.equal(decodeWith(mode, 3, encodeWith(mode, 3, value)).wasPlain, 5)
    }))

  it('keeps the extremes of every kind of number', () =>
    checkBoth((mode) => {
      const low = {
        tiny: -128,
        small: -32768,
        port: 0,
        middle: -(2 ** 31),
        unsigned: 0,
        large: INT64_MIN,
        bits: -(2n ** 63n),
        real: -Number.MAX_VALUE,
      }
      const high = {
        tiny: 127,
        small: 32767,
        port: 65535,
        middle: 2 ** 31 - 1,
        unsigned: 2 ** 32 - 1,
        large: INT64_MAX,
        bits: 2n ** 63n - 1n,
        real: Infinity,
      }
      for (const value of [low, high]) {
        const decoded = decodeWith(mode, 3, encodeWith(mode, 3, value))
        for (const [name, number] of Object.entries(value))
          assert.equal(decoded[name as keyof Everything], number, name)
      }
      for (const large of [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, -1]) {
        assert.equal(decodeWith(mode, 0, encodeWith(mode, 0, { large })).large, large)
      }
    }))

  it('refuses numbers out of range, fractions and what is no number', () =>
    checkBoth((mode) => {
      const wrong: Init<typeof Everything>[] = [
        { tiny: 128 },
        { small: -32769 },
        { port: -1 },
        { middle: 2 ** 31 },
        { unsigned: 2 ** 32 },
        { middle: 0.5 },
        { middle: Number.NaN },
        { large: Number.NaN },
      ]
      for (const value of wrong) assert.throws(() => encodeWith(mode, 3, value), { code: 'INVALID_VALUE' })
    }))

  it('refuses null in a version that has none, and long strings and bad uuids in all', () =>
    checkBoth((mode) => {
      for (const value of [{ nickname: null }, { numbers: null }, { inner: null }]) {
        encodeWith(mode, 2, value)
        assert.throws(() => encodeWith(mode, 'numbers' in value ? 0 : 1, value), { code: 'INVALID_VALUE' })
      }
      for (const version of [0, 3]) {
        assert.throws(() => encodeWith(mode, version, { name: 'é'.repeat(20000) }), { code: 'INVALID_VALUE' })
        assert.throws(() => encodeWith(mode, version, { id: 'short' }), { code: 'INVALID_VALUE' })
        assert.throws(() => encodeWith(mode, version, { id: '!'.repeat(22) }), { code: 'INVALID_VALUE' })
      }
    }))

  it('refuses null on the wire where none may be', () =>
    checkBoth((mode) => {
      const Names = data({ name: 'Names', versions: '0-1', flexible: '1+' }, () => ({ list: array(string()) }))
      const decode = (version: number, hex: string) =>
        compileCodec(Names, version, mode).decode(new Reader(Buffer.from(hex, 'hex')))
      for (const hex of ['ffffffff', '00000001ffff', '80000000'])
        assert.throws(() => decode(0, hex), { code: 'MALFORMED' })
      for (const hex of ['0000', '020000']) assert.throws(() => decode(1, hex), { code: 'MALFORMED' })
      assert.deepEqual(decode(1, '02026100').list, ['a'])
    }))

  it('checks every count against the bytes that are left before it allocates', () =>
    checkBoth((mode) => {
      const Pairs = data({ name: 'Pairs', versions: '0-1', flexible: '1+' }, () => ({
        pairs: array(struct({ a: int32(), b: int32() })),
      }))
      const decode = (version: number, hex: string) =>
        compileCodec(Pairs, version, mode).decode(new Reader(Buffer.from(hex, 'hex')))
      // Two elements claimed, and bytes for one: the count alone is below the bytes left.
      assert.throws(() => decode(0, '000000020000000100000002'), { code: 'MALFORMED' })
      assert.throws(() => decode(0, '7fffffff'), { code: 'MALFORMED' })
      assert.throws(() => decode(1, 'ffffffff0f'), { code: 'MALFORMED' })
      assert.deepEqual(decode(0, '000000010000000100000002').pairs, [{ a: 1, b: 2 }])
    }))

  it('builds no more elements than the reader has budget for', () =>
    checkBoth((mode) => {
      const buffer = encodeWith(mode, 3, { names: ['a', 'b', 'c'] })
      const codec = compileCodec(Everything, 3, mode)
      const reader = new Reader(buffer)
      reader.elementBudget = 2
      assert.throws(() => codec.decode(reader), { code: 'MALFORMED' })
      const rich = new Reader(buffer)
      rich.elementBudget = 3
      assert.equal(codec.decode(rich).names.length, 3)
    }))

  it('never counts an element as less than a byte', () =>
    checkBoth((mode) => {
      const Hollow = data({ name: 'Hollow', versions: '0' }, () => ({
        list: array(struct({ later: int8({ versions: '1+' }) })),
      }))
      const decode = (hex: string) => compileCodec(Hollow, 0, mode).decode(new Reader(Buffer.from(hex, 'hex')))
      assert.throws(() => decode('7fffffff'), { code: 'MALFORMED' })
    }))
})

describe('tagged fields', () => {
  const Tagged = data({ name: 'Tagged', versions: '0', flexible: '0+' }, () => ({
    low: int8({ tag: 1 }),
    high: string({ tag: 10 }),
  }))
  const decode = (mode: CodecMode, hex: string) =>
    compileCodec(Tagged, 0, mode).decode(new Reader(Buffer.from(hex, 'hex')))

  it('are left out at their default', () =>
    checkBoth((mode) => {
      const writer = new Writer()
      compileCodec(Tagged, 0, mode).encode(writer, { low: 0, high: '' })
      assert.equal(writer.toBuffer().toString('hex'), '00')
    }))

  it('that are unknown are kept and written again between the known ones', () =>
    checkBoth((mode) => {
      const hex = ['05', '0001aa', '010105', '0202bbcc', '0a020262', '0b00'].join('')
      const value = decode(mode, hex)
      assert.deepEqual(
        value.unknownTags?.map(({ tag }) => tag),
        [0, 2, 11],
      )
      assert.equal(value.high, 'b')
      const writer = new Writer()
      compileCodec(Tagged, 0, mode).encode(writer, value)
      assert.equal(writer.toBuffer().toString('hex'), hex)
    }))

  it('that are unknown count against the budget of the reader', () =>
    checkBoth((mode) => {
      const reader = new Reader(Buffer.from('0302000300040000', 'hex'))
      reader.elementBudget = 2
      assert.throws(() => compileCodec(Tagged, 0, mode).decode(reader), { code: 'MALFORMED' })
    }))

  it('are refused out of order, twice, too many, or longer or shorter than their data', () =>
    checkBoth((mode) => {
      const wrong = [
        '020b000a00',
        '02010105010106',
        '7f',
        'ffffffff0f',
        '01010205ff',
        '01010005',
        '010105',
        '010a030261',
      ]
      for (const hex of wrong) assert.throws(() => decode(mode, hex), { code: 'MALFORMED' }, hex)
    }))

  it('of more than 127 bytes get their longer size', () =>
    checkBoth((mode) => {
      for (const length of [125, 126, 127, 128, 5000, 20000]) {
        const high = 'x'.repeat(length)
        const writer = new Writer()
        compileCodec(Tagged, 0, mode).encode(writer, { low: 1, high })
        const buffer = writer.toBuffer()
        assert.deepEqual(compileCodec(Tagged, 0, mode).decode(new Reader(buffer)), { low: 1, high })
      }
    }))
})

describe('bytes and records', () => {
  it('decode to views and are not copied when large', () =>
    checkBoth((mode) => {
      const batches = Buffer.alloc(100_000, 7)
      const writer = new Writer()
      compileCodec(Everything, 3, mode).encode(writer, { batches, names: ['after'] })
      const pieces = writer.finish()
      assert.ok(pieces.includes(batches))
      const whole = Buffer.concat(pieces)
      const value = decodeWith(mode, 3, whole)
      assert.equal(value.batches?.buffer, whole.buffer)
      assert.deepEqual(value.batches, batches)
      assert.deepEqual(value.names, ['after'])
    }))

  it('are written from several buffers as one', () =>
    checkBoth((mode) => {
      for (const version of [1, 3]) {
        const parts = [Buffer.from('ab'), Buffer.alloc(5000, 1), Buffer.from('c')]
        const joined = encodeWith(mode, version, { batches: parts })
        assert.deepEqual(joined, encodeWith(mode, version, { batches: Buffer.concat(parts) }))
      }
    }))
})

describe('codecOf', () => {
  it('makes the codec of a version once', () => {
    assert.equal(codecOf(Everything, 1), codecOf(Everything, 1))
    assert.notEqual(codecOf(Everything, 1), codecOf(Everything, 2))
  })

  it('refuses versions that the schema lacks', () => {
    for (const version of [-1, 4, 0.5, Number.NaN]) {
      assert.throws(() => codecOf(Everything, version), { code: 'UNSUPPORTED_VERSION' })
    }
  })

  it('works on whole buffers and refuses bytes behind the end', () => {
    const buffer = encodeMessage(Everything, 2, { name: 'ottla' })
    assert.equal(decodeMessage(Everything, 2, buffer).name, 'ottla')
    assert.throws(() => decodeMessage(Everything, 2, Buffer.concat([buffer, Buffer.alloc(1)])), ProtocolError)
  })
})

describe('a runtime that makes no code from text', () => {
  it('gets codecs of closures', () => {
    const program = `
      const { codecOf, encodeMessage, HeartbeatRequest } = await import(${JSON.stringify(new URL('../index.js', import.meta.url).href)})
      codecOf(HeartbeatRequest, 4)
      process.stdout.write(encodeMessage(HeartbeatRequest, 4, { groupId: 'g', generationId: 3, memberId: 'm' }).toString('hex'))`
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program]
    assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8' }), '026700000003026d0000')
  })
})

describe('the JSON form', () => {
  it('round-trips, with sentinels and opaque bits as text', () => {
    const value = decodeWith('source', 3, encodeWith('source', 3, { large: INT64_MIN, bits: 2n ** 60n, note: 'n' }))
    const json = toJson(Everything, 3, value)
    assert.equal(json['large'], '-9223372036854775808')
    assert.equal(json['bits'], '1152921504606846976')
    assert.equal('extra' in json, false)
    assert.deepEqual(fromJson(Everything, 3, JSON.parse(JSON.stringify(json))), value)
  })

  it('is refused with unknown fields, missing fields and wrong types', () => {
    const Small: Schema = data({ name: 'Small', versions: '0' }, () => ({ n: int64(), list: array(string()) }))
    for (const json of [
      { n: 1 },
      { n: 1, list: [], more: 1 },
      { n: '1.5', list: [] },
      { n: 1, list: [2] },
      { n: null, list: [] },
      { n: 1, list: {} },
    ]) {
      assert.throws(() => fromJson(Small, 0, json), { code: 'INVALID_VALUE' })
    }
    assert.deepEqual(fromJson(Small, 0, { n: '9223372036854775807', list: ['a'] }), { n: INT64_MAX, list: ['a'] })
  })
})

describe('unsupportedField', () => {
  it('names the first value that a version would lose', () => {
    assert.equal(unsupportedField(Everything, 0, { inner: { y: 3 } }), 'inner.y')
    assert.equal(unsupportedField(Everything, 0, { nickname: 'bo' }), 'nickname')
    assert.equal(unsupportedField(Everything, 1, { extra: { depth: 8 } }), 'extra')
  })

  it('passes over defaults, and over fields that may be dropped', () => {
    assert.equal(unsupportedField(Everything, 0, { nickname: '', extra: { depth: 7 }, note: 'dropped' }), null)
    assert.equal(unsupportedField(Everything, 3, { nickname: 'bo', extra: { depth: 8 }, note: 'kept' }), null)
  })
})

describe('the types of messages', () => {
  it('follow from the definition', () => {
    const value: Everything = decodeWith('source', 3, encodeWith('source', 3, {}))
    const nickname: string | null = value.nickname
    const name: string = value.name
    const numbers: readonly number[] | null = value.numbers
    const bits: bigint = value.bits
    assert.deepEqual([nickname, name, numbers, bits], ['', 'nobody', [], 0n])
    // @ts-expect-error: it may be null
    const never: string = value.nickname
    assert.equal(never, '')
    // @ts-expect-error: decoded values are not changed
    const change = () => (value.name = 'x')
    assert.equal(typeof change, 'function')
    // @ts-expect-error: no such field
    assert.throws(() => toJson(Everything, 3, { unheard: 1 }).unheard.of)
    // @ts-expect-error: a string is no number
    assert.throws(() => encodeWith('source', 3, { middle: 'one' }))
  })
})
