/** Properties over all messages: what is written is read back, and bytes from a stranger do no harm. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { INT64_MAX, INT64_MIN } from '@ottla/stdx'
import fc from 'fast-check'
import * as messages from '../messages/index.ts'
import { ProtocolError } from '../wire/protocol-error.ts'
import { Reader } from '../wire/reader.ts'
import { uuidFromBytes } from '../wire/uuid.ts'
import { Writer } from '../wire/writer.ts'
import { type Codec, type CodecMode, compileCodec } from './codec.ts'
import { fromJson, toJson } from './json.ts'
import { planMessage, type StructPlan, type TypePlan } from './plan.ts'
import type { Schema } from './schema.ts'

type AnyCodec = Codec<Readonly<Record<string, unknown>>, object>

const schemas = Object.values(messages as unknown as Record<string, Schema>)
const cases = schemas.flatMap((schema) => {
  const { min, max } = schema.versions
  return Array.from({ length: max - min + 1 }, (_, index) => ({ schema, version: min + index }))
})

function codecFor({ schema, version }: { schema: Schema; version: number }, mode: CodecMode): AnyCodec {
  return compileCodec(schema, version, mode) as unknown as AnyCodec
}

function encode(codec: AnyCodec, value: object): Buffer {
  const writer = new Writer()
  codec.encode(writer, value)
  return writer.toBuffer()
}

// Any value of any message

const TEXT = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ minLength: 40, maxLength: 200 }))
const BUFFER = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const INT64 = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(INT64_MIN, INT64_MAX, 0, -1))

function anyValue(type: TypePlan): fc.Arbitrary<unknown> {
  const present = anyPresent(type)
  return type.nullable ? fc.option(present, { nil: null, freq: 4 }) : present
}

function anyPresent(type: TypePlan): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32768, max: 32767 })
    case 'uint16':
      return fc.integer({ min: 0, max: 65535 })
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    case 'int64':
      return INT64
    case 'int64bits':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float64':
      // JSON has neither infinities nor −0.
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0)
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes)
    case 'string':
      return TEXT
    case 'bytes':
    case 'records':
      return BUFFER
    case 'array':
      return fc.array(anyValue(type.element!), { maxLength: 3 })
    case 'struct':
      return anyStruct(type.struct!)
  }
}

function anyStruct(plan: StructPlan): fc.Arbitrary<object> {
  const fields = Object.fromEntries(
    plan.fields.map((field) => [field.name, field.present ? anyValue(field.type) : fc.constant(field.defaultValue)]),
  )
  return fc.record(fields, { noNullPrototype: true })
}

describe('every message', () => {
  it('reads back what it wrote, the same in both modes', () => {
    for (const what of cases) {
      const source = codecFor(what, 'source')
      const closures = codecFor(what, 'closures')
      const property = fc.property(anyStruct(planMessage(what.schema, what.version).root), (value) => {
        const bytes = encode(source, value)
        assert.deepEqual(encode(closures, value), bytes)
        assert.deepEqual(source.decode(new Reader(bytes)), value)
        assert.deepEqual(closures.decode(new Reader(bytes)), value)
      })
      fc.assert(property, { numRuns: 6 })
    }
  })

  it('goes through JSON text unharmed', () => {
    for (const { schema, version } of cases.filter(({ version, schema }) => version === schema.versions.max)) {
      const property = fc.property(anyStruct(planMessage(schema, version).root), (value) => {
        const text = JSON.stringify(toJson(schema, version, value))
        assert.deepEqual(fromJson(schema, version, JSON.parse(text)), value)
      })
      fc.assert(property, { numRuns: 4 })
    }
  })
})

// Bytes from a stranger

interface Line {
  readonly name: string
  readonly version: number
  readonly variant: string
  readonly group: string
  readonly hex: string
}

const lines = readFileSync(new URL('../../golden/messages.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)
const byName = new Map(schemas.map((schema) => [schema.name, schema]))
/** The fullest message of the lowest and of the highest version of each schema. */
const filled = lines.filter((line) => {
  const versions = byName.get(line.name)?.versions
  return line.variant === 'filled' && (line.version === versions?.min || line.version === versions?.max)
})

/** Elements and bytes that a decoded value holds. */
function sizeOf(value: unknown): number {
  if (Buffer.isBuffer(value)) return value.length
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce((total: number, element) => total + 1 + sizeOf(element), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((total: number, field) => total + sizeOf(field), 0)
}

/** Decodes; a ProtocolError is fine, anything else is not, nor is a value that holds more than its bytes could. */
function checkHarmless(codec: AnyCodec, bytes: Buffer): void {
  let value: unknown
  try {
    value = codec.decode(new Reader(bytes))
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error))
    assert.equal(error.code, 'MALFORMED')
    return
  }
  // A string takes no more characters than bytes, but a uuid shows its 16 bytes in 22, and defaults cost none.
  assert.ok(sizeOf(value) <= bytes.length * 2 + 1000)
}

describe('bytes from a stranger', () => {
  for (const mode of ['source', 'closures'] as const) {
    it(`with any one byte changed give an error or a value, codec of ${mode}`, () => {
      const { stackTraceLimit } = Error
      Error.stackTraceLimit = 0
      for (const line of filled) {
        const codec = codecFor({ schema: byName.get(line.name)!, version: line.version }, mode)
        const bytes = Buffer.from(line.hex, 'hex')
        for (let index = 0; index < bytes.length; index++) {
          const old = bytes[index]!
          for (const changed of [0xff, 0x7f, old + 1]) {
            bytes[index] = changed
            checkHarmless(codec, bytes)
          }
          bytes[index] = old
        }
      }
      Error.stackTraceLimit = stackTraceLimit
    })

    it(`of any kind give an error or a value, codec of ${mode}`, () => {
      for (const what of cases) {
        const codec = codecFor(what, mode)
        const property = fc.property(fc.uint8Array({ maxLength: 64 }), (array) =>
          checkHarmless(codec, Buffer.from(array)),
        )
        fc.assert(property, { numRuns: 10 })
      }
    })
  }
})
